package dev.sluice.producers.sqlite;

/** A stored value that cannot become a value of its column; it never holds the value. Cheap to throw: no stack trace. */
final class Refusal extends Exception {
    private static final long serialVersionUID = 1L;

    private final Kind kind;
    private final String reason;

    /** Which rule of a column can say what to take instead. */
    enum Kind {
        /** No value of the column's type. */
        INVALID,
        /** A number beyond what the column holds, on either side. */
        OUT_OF_RANGE,
        /** A number or time with more digits than the column holds. */
        NOT_EXACT,
        /** None: the rule that speaks of it rejected it. */
        OTHER
    }

    private Refusal(Kind kind, String reason, String message) {
        super(message, null, false, false);
        this.kind = kind;
        this.reason = reason;
    }

    /**
     * No value of the column's type.
     *
     * @param reason stable code, lower-case-with-dashes
     * @param message what was expected and what was found, without the value
     */
    static Refusal of(String reason, String message) {
        return new Refusal(Kind.INVALID, reason, message);
    }

    static Refusal found(String reason, String expected, Object stored) {
        return of(reason, expected + " was expected, " + StoredValue.storageClass(stored) + " was found");
    }

    static Refusal outOfRange(String message) {
        return new Refusal(Kind.OUT_OF_RANGE, "out-of-range", message);
    }

    static Refusal notExact(String message) {
        return notExact("not-exact", message);
    }

    static Refusal notExact(String reason, String message) {
        return new Refusal(Kind.NOT_EXACT, reason, message);
    }

    static Refusal other(String reason, String message) {
        return new Refusal(Kind.OTHER, reason, message);
    }

    Kind kind() {
        return kind;
    }

    String reason() {
        return reason;
    }

    String text() {
        return String.valueOf(getMessage());
    }
}
