package dev.sluice.cli.verify;

import dev.sluice.producers.api.ChangeSource;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.verification.CheckResult;
import dev.sluice.verification.Difference;
import dev.sluice.verification.Findings;
import dev.sluice.verification.Mode;
import dev.sluice.verification.Passage;
import dev.sluice.verification.Result;
import dev.sluice.verification.TableTask;
import dev.sluice.verification.TargetSessions;
import dev.sluice.verification.Verification;
import dev.sluice.verification.VerificationListener;
import dev.sluice.verification.VerificationSettings;
import dev.sluice.verification.checks.CheckSettings;
import dev.sluice.verification.checks.Checks;
import dev.sluice.verification.checks.SqlCheck;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** What compares; {@link Verification} but in tests. */
interface Engine {
    /** Keys that are held in memory at once. */
    int PAGE = 1_000;

    Result run(Mode mode, double samplePercent, List<TableTask> tables, boolean fresh, VerificationListener listener);

    Result recheck(List<TableTask> tables, VerificationListener listener);

    Result repair(List<TableTask> tables, VerificationListener listener);

    /** @throws SluiceException when one of these checks in SQL cannot be asked; as {@link Checks#require} */
    void requireChecks(List<SqlCheck> checks);

    /**
     * Runs checks in SQL, and keeps their outcomes with a comparison.
     *
     * @param lanes one table of each lane
     * @param masked names of columns whose values are not shown
     */
    List<CheckResult> check(long id, List<SqlCheck> checks, List<TableId> lanes, Set<String> masked);

    /** As {@link Findings#page}. */
    List<Difference> page(long id, TableId table, String after, int limit);

    /** Made for one comparison. */
    interface Factory {
        Engine open(
                String pipeline,
                Supplier<ChangeSource> sources,
                TargetSessions target,
                Passage passage,
                VerificationSettings settings,
                InstantSource clock);
    }

    /**
     * Gives the keys of a table that are not equal at present, page by page.
     *
     * @param each false when it wants no more
     */
    default void forEachWhile(long id, TableId table, Predicate<Difference> each) {
        String after = "";
        boolean more = true;
        while (more) {
            List<Difference> page = page(id, table, after, PAGE);
            for (int i = 0; i < page.size() && more; i++) {
                more = each.test(page.get(i));
            }
            more &= page.size() == PAGE;
            after = page.isEmpty() ? after : page.get(page.size() - 1).key();
        }
    }

    static Engine ofVerification(
            String pipeline,
            Supplier<ChangeSource> sources,
            TargetSessions target,
            Passage passage,
            VerificationSettings settings,
            InstantSource clock) {
        Verification verification = Verification.of(pipeline, sources, target, passage, settings, clock);
        Findings findings = new Findings(target, pipeline);
        return new Engine() {
            @Override
            public Result run(
                    Mode mode,
                    double samplePercent,
                    List<TableTask> tables,
                    boolean fresh,
                    VerificationListener listener) {
                return verification.run(mode, samplePercent, tables, fresh, listener);
            }

            @Override
            public Result recheck(List<TableTask> tables, VerificationListener listener) {
                return verification.recheck(tables, listener);
            }

            @Override
            public Result repair(List<TableTask> tables, VerificationListener listener) {
                return verification.repair(tables, listener);
            }

            @Override
            public void requireChecks(List<SqlCheck> checks) {
                try (ChangeSource source = sources.get()) {
                    checks.forEach(Checks.of(source, target, passage, CheckSettings.DEFAULT)::require);
                }
            }

            @Override
            public List<CheckResult> check(long id, List<SqlCheck> checks, List<TableId> lanes, Set<String> masked) {
                CheckSettings shown = CheckSettings.DEFAULT
                        .withShowValues(settings.showValues())
                        .withMasked(masked);
                try (ChangeSource source = sources.get()) {
                    return Checks.of(source, target, passage, shown).runAll(pipeline, id, checks, lanes);
                }
            }

            @Override
            public List<Difference> page(long id, TableId table, String after, int limit) {
                return findings.page(id, table, after, limit);
            }
        };
    }
}
