package dev.sluice.producers.api;

/**
 * What becomes of a column's values that PostgreSQL would not accept. {@code reject} makes a dead letter of the row; everything else changes the value on
 * its way, is counted, and loses what the source holds. A source that has the same value again gives the same result again, so source and target compare equal.
 */
public record ValueRules(OnNull onNull, OnTooLong onTooLong, OnNul onNul, OnOutOfRange onOutOfRange) {
    /** Nothing is lost unless somebody says so; a NULL says less than the default that the target declares. */
    public static final ValueRules DEFAULT =
            new ValueRules(OnNull.DEFAULT, OnTooLong.REJECT, OnNul.REJECT, OnOutOfRange.REJECT);

    /** NULL where the target has NOT NULL and a default. The sink's business: PostgreSQL evaluates the default. */
    public enum OnNull {
        DEFAULT,
        REJECT
    }

    /** More characters than {@code varchar(n)} or {@code char(n)} holds. */
    public enum OnTooLong {
        REJECT,
        TRUNCATE
    }

    /** The character NUL in text and JSON. */
    public enum OnNul {
        REJECT,
        REMOVE
    }

    /** Numbers outside {@code smallint}, {@code integer}, {@code bigint}, {@code numeric(p,s)} and {@code real}. */
    public enum OnOutOfRange {
        REJECT,
        CLAMP,
        NULL
    }

    /** Whether values can be changed before they reach the sink. */
    boolean convert() {
        return onTooLong != OnTooLong.REJECT || onNul != OnNul.REJECT || onOutOfRange != OnOutOfRange.REJECT;
    }
}
