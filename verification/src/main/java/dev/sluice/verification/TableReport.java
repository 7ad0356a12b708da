package dev.sluice.verification;

import dev.sluice.schemas.relational.TableId;
import java.util.List;
import java.util.Map;

/**
 * The outcome of comparing one table. Every row of the source is matched, missing, different, waiting or a dead letter.
 *
 * @param sourceRows rows read from the source, with those that it could not convert
 * @param targetRows rows that PostgreSQL counts
 * @param matched rows equal on both sides
 * @param counts how many keys have which verdict, without limit; a verdict that no key has is absent
 * @param sourceChecksum of the converted rows of the source
 * @param targetChecksum of the rows of the target
 * @param listed the first keys with a verdict, up to {@link ComparisonOptions#listedKeys}
 */
public record TableReport(
        TableId table,
        long sourceRows,
        long targetRows,
        long matched,
        Map<Verdict, Long> counts,
        Checksum sourceChecksum,
        Checksum targetChecksum,
        List<Difference> listed) {
    public TableReport {
        counts = Map.copyOf(counts);
        listed = List.copyOf(listed);
    }

    public long count(Verdict verdict) {
        return counts.getOrDefault(verdict, 0L);
    }

    /** Whether nothing is unequal but what the pipeline itself explains (waiting rows and dead letters). */
    public boolean explained() {
        return counts.keySet().stream().allMatch(Verdict::explained);
    }

    /** Whether every row is equal on both sides, without exception. */
    public boolean equal() {
        return counts.isEmpty()
                && sourceRows == matched
                && targetRows == matched
                && sourceChecksum.equals(targetChecksum);
    }
}
