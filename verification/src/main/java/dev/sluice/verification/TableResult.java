package dev.sluice.verification;

import dev.sluice.schemas.relational.TableId;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What comparing one table found. Every key that was looked at is matched or has one verdict, so {@code compared = matched + all counts}.
 *
 * @param verification the comparison that this was, in {@code sluice.verifications}
 * @param done whether the whole table has been compared
 * @param compared keys that were looked at, on either side
 * @param matched keys with rows that are equal on both sides, repaired ones among them
 * @param sourceRows rows of the source, with those that it could not convert
 * @param counts how many keys have which verdict at present; a verdict that no key has is absent
 * @param repaired keys that differed when they were compared and were found equal since
 * @param sourceChecksum over the columns that travel, of the rows of the source as they were read
 * @param targetChecksum likewise of the rows of the target
 * @param quiet whether nothing was written to the source from the first row to the last, so that each checksum is of one moment
 * @param sequence the newest applied sequence of the table's lane when it was begun: everything up to there was compared
 * @param active time spent on the table, of all runs that it took
 * @param note what could not be looked at, and why
 */
public record TableResult(
        TableId table,
        long verification,
        boolean done,
        long compared,
        long matched,
        long sourceRows,
        long targetRows,
        Map<Verdict, Long> counts,
        long repaired,
        Checksum sourceChecksum,
        Checksum targetChecksum,
        boolean quiet,
        long sequence,
        Duration active,
        @Nullable Instant endedAt,
        @Nullable String note) {
    public TableResult {
        counts = Map.copyOf(counts);
    }

    public long count(Verdict verdict) {
        return counts.getOrDefault(verdict, 0L);
    }

    public long count(Verdict.Kind kind) {
        return counts.entrySet().stream()
                .filter(count -> count.getKey().kind() == kind)
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    /** Whether every row that was compared is equal on both sides, without exception; where rows were only counted, whether there are as many. */
    public boolean equal() {
        return done && counts.isEmpty() && sourceRows == targetRows;
    }

    /** Whether nothing but the number of rows differs, which is all that is known where rows were only counted. */
    boolean isUnequalInNumber() {
        return done && counts.isEmpty() && sourceRows != targetRows;
    }

    /** Keys per second of the time spent; 0 for none. */
    public double rowsPerSecond() {
        return active.isZero() ? 0 : compared * 1e3 / active.toMillis();
    }
}
