package dev.sluice.schemas.event;

import dev.sluice.schemas.relational.TableId;
import org.jspecify.annotations.Nullable;

/**
 * A source record that could not be decoded or converted. It holds a place in the order and becomes a dead letter in the target.
 *
 * @param key {@link KeyText} of the row where the key could be converted, else the source's spelling of it
 * @param column the column that could not be converted, where it was one
 * @param reason stable code, lower-case-with-dashes, e.g. {@code nul-character}
 * @param message what was expected and what was found, without the value
 * @param raw the record as the source held it, in the source's own notation (described by {@code rawFormat})
 * @param rawFormat e.g. {@code sqlite-json/1}
 */
@SuppressWarnings("ArrayRecordComponent") // raw bytes; never compared
public record Rejected(
        TableId table,
        Op op,
        String key,
        @Nullable String column,
        String reason,
        String message,
        byte[] raw,
        String rawFormat,
        Source source,
        Transaction transaction,
        long publishedMillis)
        implements Event {
    /** Names the record without its values. */
    @Override
    public String toString() {
        return "rejected " + op + " of " + table + " at sequence " + source.sequence() + ": " + reason;
    }
}
