package dev.sluice.producers.api;

import dev.sluice.schemas.Position;
import java.time.Instant;
import java.util.List;

/**
 * What stood under the keys that were asked for, at one position of the tail.
 *
 * @param position the tail up to here must be published before the records are; the end of a transaction, and not before the tail's own position
 * @param readAt when it was read, for the records' commit time
 * @param records by key: the row (op {@code READ}, or a refused record) or, where there is none, a delete; where several source rows have one target key,
 *     all of them
 * @param answered how many of the keys, from the first; at least one, fewer than asked for where rows are large
 */
public record KeyedRead(Position position, Instant readAt, List<SourceRecord> records, int answered) {
    public KeyedRead {
        records = List.copyOf(records);
        if (answered < 1) {
            throw new IllegalArgumentException("a read by key answers at least one key, not " + answered);
        }
    }
}
