package dev.sluice.verification;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A comparison as it stands in schema {@code sluice}.
 *
 * @param id names it in {@code sluice.verifications}
 * @param samplePercent of the keys; 100 but for samples
 * @param live whether the pipeline was running: otherwise changes that are not applied yet count as differences
 * @param endedAt null while it is not done
 */
public record Result(
        String pipeline,
        long id,
        Mode mode,
        double samplePercent,
        boolean live,
        Instant startedAt,
        @Nullable Instant endedAt,
        List<TableResult> tables,
        List<CheckResult> checks) {
    public Result {
        tables = List.copyOf(tables);
        checks = List.copyOf(checks);
    }

    /** Whether everything that was compared is equal, without exception. */
    public boolean equal() {
        return tables.stream().allMatch(TableResult::equal)
                && checks.stream().allMatch(check -> check.outcome() == CheckResult.Outcome.EQUAL);
    }

    /** Keys of this kind, in all tables. */
    public long count(Verdict.Kind kind) {
        return tables.stream().mapToLong(table -> table.count(kind)).sum();
    }

    /** Whether something certainly differs that nothing explains. */
    public boolean differs() {
        return count(Verdict.Kind.UNEQUAL) > 0
                || checks.stream().anyMatch(check -> check.outcome() == CheckResult.Outcome.DIFFERENT);
    }

    /** Whether something could not be told. */
    public boolean unsettled() {
        return count(Verdict.Kind.UNKNOWN) > 0
                || tables.stream().anyMatch(table -> !table.done())
                || checks.stream().anyMatch(check -> check.outcome() == CheckResult.Outcome.UNSETTLED);
    }
}
