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
 * @param cursor where the next chunk begins; null when the table has no further rows
 */
@SuppressWarnings("ArrayRecordComponent")
public record SnapshotChunk(Position position, Instant readAt, List<SourceRecord> records, byte @Nullable [] cursor) {
    public SnapshotChunk {
        records = List.copyOf(records);
    }

    public boolean isLast() {
        return cursor == null;
    }
}
