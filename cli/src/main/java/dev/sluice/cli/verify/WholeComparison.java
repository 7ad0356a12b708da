package dev.sluice.cli.verify;

import dev.sluice.cli.Sources;
import dev.sluice.cli.config.Configuration;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.verification.Difference;
import dev.sluice.verification.Mode;
import dev.sluice.verification.Result;
import dev.sluice.verification.TableResult;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What {@code sluice verify} finds without any option, for callers inside this program.
 *
 * @param first by table, some of the keys that are not equal
 */
public record WholeComparison(Result result, Map<TableId, List<Difference>> first) {
    public WholeComparison {
        first = Map.copyOf(first);
    }

    /** Compares everything that a pipeline captures, beside it while it runs, and shows nothing of it. */
    public static WholeComparison of(
            Configuration configuration, Path dataDirectory, int keysOfEachVerdict, InstantSource clock) {
        Ask ask = new Ask(
                List.of(),
                Mode.FULL,
                100,
                true,
                Ask.What.COMPARE,
                configuration.verify(),
                false,
                false,
                Optional.empty(),
                Optional.empty(),
                false,
                false);
        VerifyRun run = new VerifyRun(
                configuration,
                dataDirectory,
                Sources.of(configuration),
                ask,
                "sluice verify",
                Engine::ofVerification,
                clock,
                Passages.RESTART);
        AtomicReference<@Nullable WholeComparison> found = new AtomicReference<>();
        int unused = run.run(VerifyView::quiet, report -> {
            found.set(of(report, keysOfEachVerdict));
            return report.exitCode();
        });
        return Objects.requireNonNull(found.get(), "a comparison is told before it ends");
    }

    private static WholeComparison of(Report report, int keysOfEachVerdict) {
        Map<TableId, List<Difference>> first = new HashMap<>();
        for (TableResult table : report.result().tables()) {
            first.put(
                    table.table(),
                    report.examples(table, keysOfEachVerdict).values().stream()
                            .flatMap(List::stream)
                            .toList());
        }
        return new WholeComparison(report.result(), first);
    }
}
