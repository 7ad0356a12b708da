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
 *     {@code SNAPSHOT_BEGIN} is about how many there are; {@code refused} of an answer says why it is none; {@code compared} of {@code COMPARE} is what {@link Compared} reads;
 *     {@code last} of it is {@code true} on the last event that answers its signal, a refused one included
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

    public static final String COMPARED = "compared";

    public static final String LAST = "last";

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
        /**
         * Answers a compare signal, perhaps with several events: what the source holds under some of its keys here, in order with the table's changes. Nothing is written to the table; the sink notes what the target holds under them when
         * everything up to here is applied, and nothing behind.
         */
        COMPARE
    }

    public Control {
        attributes = Map.copyOf(attributes);
    }

    /** Why it is no answer to its signal; null where it is one, or nobody asked. */
    public @Nullable String refused() {
        return attributes.get(REFUSED);
    }

    /** Whether it is the last event that answers a compare signal. */
    public boolean isLast() {
        return Boolean.parseBoolean(attributes.get(LAST));
    }
}
