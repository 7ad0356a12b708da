package dev.sluice.verification;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A comparison as it stands in schema {@code sluice}.
 *
 * @param id names it in {@code sluice.verifications}; the newest one, where tables were compared at different times
 * @param samplePercent of the keys; 100 but for samples
 * @param live whether the pipeline was running: otherwise changes that are not applied yet count as differences
 * @param endedAt null while it is not done
 * @param recheckedAt when the keys that were not equal were looked at again, perhaps after a repair; null where that was not done just now. The others were not compared again
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
        List<CheckResult> checks,
        @Nullable Instant recheckedAt) {
    /** Nothing was looked at again. */
    public Result(
            String pipeline,
            long id,
            Mode mode,
            double samplePercent,
            boolean live,
            Instant startedAt,
            @Nullable Instant endedAt,
            List<TableResult> tables,
            List<CheckResult> checks) {
        this(pipeline, id, mode, samplePercent, live, startedAt, endedAt, tables, checks, null);
    }

    public Result {
        tables = List.copyOf(tables);
        checks = List.copyOf(checks);
    }

    /** The same comparison, of these tables. */
    Result with(List<TableResult> other) {
        return new Result(pipeline, id, mode, samplePercent, live, startedAt, endedAt, other, checks, recheckedAt);
    }

    /** The same, after its unequal keys were looked at again. Its old checks say nothing any more. */
    Result rechecked(Instant at, boolean nowLive) {
        return new Result(
                pipeline, id, mode, samplePercent, live && nowLive, startedAt, endedAt, tables, List.of(), at);
    }

    /** The same comparison, with these checks. */
    public Result withChecks(List<CheckResult> other) {
        return new Result(pipeline, id, mode, samplePercent, live, startedAt, endedAt, tables, other, recheckedAt);
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
                || tables.stream().anyMatch(table -> table.isUnequalInNumber() && table.quiet())
                || checks.stream().anyMatch(check -> check.outcome() == CheckResult.Outcome.DIFFERENT);
    }

    /** Whether something could not be told. */
    public boolean unsettled() {
        return count(Verdict.Kind.UNKNOWN) > 0
                || tables.stream().anyMatch(table -> !table.done() || (table.isUnequalInNumber() && !table.quiet()))
                || checks.stream().anyMatch(check -> check.outcome() == CheckResult.Outcome.UNSETTLED);
    }
}
