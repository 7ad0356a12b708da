package dev.sluice.producers.sqlite;

/** A stored value that cannot become a value of its column; it never holds the value. Cheap to throw: no stack trace. */
final class Refusal extends Exception {
    private static final long serialVersionUID = 1L;

    /** Of a number beyond what the column holds, on either side. */
    static final String OUT_OF_RANGE = "out-of-range";

    private final String reason;

    private Refusal(String reason, String message) {
        super(message, null, false, false);
        this.reason = reason;
    }

    /**
     * @param reason stable code, lower-case-with-dashes
     * @param message what was expected and what was found, without the value
     */
    static Refusal of(String reason, String message) {
        return new Refusal(reason, message);
    }

    static Refusal found(String reason, String expected, Object stored) {
        return new Refusal(reason, expected + " was expected, " + StoredValue.storageClass(stored) + " was found");
    }

    String reason() {
        return reason;
    }

    String text() {
        return String.valueOf(getMessage());
    }
}
