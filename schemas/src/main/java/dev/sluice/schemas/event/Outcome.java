package dev.sluice.schemas.event;

/** What the topology decided for an event. */
public enum Outcome {
    /** The sink writes it. */
    APPLY(1),
    /** No version of the row is in the target: a parent is missing. */
    WAIT(2),
    /** The target keeps an older version: the newer one's parent is missing. */
    STALE(3),
    /** Deleted in the source, still referred to. */
    HOLD(4),
    /** A waiting version is dropped: the source deleted it. */
    FORGET(5),
    /** Not a row: a control event or a rejected record. */
    CONTROL(6),
    /** The sink writes it, with references to missing parents as NULL, and notes the row as stale until they come. */
    SET_NULL(7),
    /** A parent is missing and the foreign key asks for a dead letter: the event becomes one, the target keeps what it has. */
    QUARANTINE(8),
    /** The row leaves the target, whatever the event is, and waits until its parent comes: the cascade of a source that has none. */
    EVICT(9);

    private final int code;

    Outcome(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static Outcome ofCode(int code) {
        for (Outcome outcome : values()) {
            if (outcome.code == code) {
                return outcome;
            }
        }
        throw new EventFormatException(
                "unknown outcome " + code + " in a record of an ordered topic: a newer version of Sluice wrote it");
    }
}
