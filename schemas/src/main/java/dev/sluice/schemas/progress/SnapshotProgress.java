package dev.sluice.schemas.progress;

import dev.sluice.schemas.relational.TableId;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * How far a table's snapshot has come.
 *
 * @param capture the source's name of the capture that the snapshot began under; under another one it is read again from its beginning
 * @param cursor the source's own bytes for "go on behind this key"; null before the first chunk
 * @param rows rows read so far, rejected ones included
 * @param rejected how many of them were rejected
 * @param done whether every row has been published
 */
@SuppressWarnings("ArrayRecordComponent") // equals compares the content
public record SnapshotProgress(
        TableId table, String capture, byte @Nullable [] cursor, long rows, long rejected, boolean done) {
    public static SnapshotProgress begin(TableId table, String capture) {
        return new SnapshotProgress(table, capture, null, 0, 0, false);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SnapshotProgress that
                && table.equals(that.table)
                && capture.equals(that.capture)
                && Arrays.equals(cursor, that.cursor)
                && rows == that.rows
                && rejected == that.rejected
                && done == that.done;
    }

    @Override
    public int hashCode() {
        return table.hashCode() * 31 + Long.hashCode(rows);
    }
}
