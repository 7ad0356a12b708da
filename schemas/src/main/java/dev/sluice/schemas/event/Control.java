package dev.sluice.schemas.event;

import dev.sluice.schemas.relational.TableId;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An event of the pipeline itself, in order with the changes.
 *
 * @param signal the signal it answers
 * @param table the table it is about
 * @param attributes by kind: {@code rows} of {@code SNAPSHOT_END} is the number of rows read, rejected ones included; {@code estimated} of
 *     {@code SNAPSHOT_BEGIN} is about how many there are; {@code refused} of an answer says why it is none
 */
public record Control(
        Kind kind,
        @Nullable String signal,
        @Nullable TableId table,
        Map<String, String> attributes,
        Source source,
        Transaction transaction,
        long publishedMillis)
        implements Event {
    public static final String ROWS = "rows";

    public static final String ESTIMATED = "estimated";

    public static final String REFUSED = "refused";

    /** What a control event says. */
    public enum Kind {
        /** Everything that the source committed before {@code source.commitMillis} stands before it. */
        HEARTBEAT,
        /** A table's snapshot begins, the first or a later one. */
        SNAPSHOT_BEGIN,
        /** Every row of a table's snapshot stands before it. */
        SNAPSHOT_END,
        /** Answer to a drain signal: everything that the source held then stands before it. */
        DRAIN,
        /** Answer to a refresh or a backfill signal: everything that was asked for stands before it, of a backfill in every lane. */
        REFRESHED,
        /** Asks the sink to compare keys. */
        COMPARE
    }

    public Control {
        attributes = Map.copyOf(attributes);
    }
}
