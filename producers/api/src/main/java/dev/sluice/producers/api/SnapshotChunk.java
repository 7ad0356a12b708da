package dev.sluice.producers.api;

import dev.sluice.schemas.Position;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Consecutive rows of a table in the source's key order, as they stood at one position of the tail.
 *
 * @param position the tail up to here must be published before the records are; the end of a transaction, and not before the tail's own position
 * @param readAt when it was read, for the records' commit time
 * @param records rows (op {@code READ}) and refused records; may be empty
 * @param gone deletes of rows that are not selected any more, where earlier ones were selected otherwise; they go with the records and are no rows of the table
 * @param read how many rows of the source it took, those that stay behind among them
 * @param cursor where the next chunk begins; null when the table has no further rows
 */
@SuppressWarnings("ArrayRecordComponent")
public record SnapshotChunk(
        Position position,
        Instant readAt,
        List<SourceRecord> records,
        List<SourceRecord> gone,
        int read,
        byte @Nullable [] cursor) {
    public SnapshotChunk {
        records = List.copyOf(records);
        gone = List.copyOf(gone);
    }

    /** Nothing is gone, and nothing stays behind. */
    public SnapshotChunk(Position position, Instant readAt, List<SourceRecord> records, byte @Nullable [] cursor) {
        this(position, readAt, records, List.of(), records.size(), cursor);
    }

    public boolean isLast() {
        return cursor == null;
    }
}
