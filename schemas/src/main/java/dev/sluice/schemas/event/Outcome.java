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
    CONTROL(6);

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
