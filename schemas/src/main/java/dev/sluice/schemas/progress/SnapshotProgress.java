package dev.sluice.schemas.progress;

import dev.sluice.schemas.relational.TableId;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How far a table's snapshot has come.
 *
 * @param capture the source's name of the capture that the snapshot began under; under another one it is read again from its beginning
 * @param cursor the source's own bytes for "go on behind this key"; null before the first chunk
 * @param rows rows read so far, rejected ones included
 * @param rejected how many of them were rejected
 * @param done whether every row has been published
 * @param backfill why it is read again; null for a table's first snapshot
 */
@SuppressWarnings("ArrayRecordComponent") // equals compares the content
public record SnapshotProgress(
        TableId table,
        String capture,
        byte @Nullable [] cursor,
        long rows,
        long rejected,
        boolean done,
        @Nullable Backfill backfill) {
    /** Of a first snapshot. */
    public SnapshotProgress(
            TableId table, String capture, byte @Nullable [] cursor, long rows, long rejected, boolean done) {
        this(table, capture, cursor, rows, rejected, done, null);
    }

    public static SnapshotProgress begin(TableId table, String capture) {
        return begin(table, capture, null);
    }

    public static SnapshotProgress begin(TableId table, String capture, @Nullable Backfill backfill) {
        return new SnapshotProgress(table, capture, null, 0, 0, false, backfill);
    }

    /** Further rows are published. */
    public SnapshotProgress read(byte @Nullable [] next, long more, long moreRejected, boolean last) {
        return new SnapshotProgress(table, capture, next, rows + more, rejected + moreRejected, last, backfill);
    }

    /** Whether it is read for this signal and has not come to its end. */
    public boolean isUnderWayFor(String signal) {
        return !done && backfill != null && backfill.signal().equals(signal);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SnapshotProgress that
                && table.equals(that.table)
                && capture.equals(that.capture)
                && Arrays.equals(cursor, that.cursor)
                && rows == that.rows
                && rejected == that.rejected
                && done == that.done
                && Objects.equals(backfill, that.backfill);
    }

    @Override
    public int hashCode() {
        return table.hashCode() * 31 + Long.hashCode(rows);
    }
}
