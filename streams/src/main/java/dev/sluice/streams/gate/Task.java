package dev.sluice.streams.gate;

/** Work that one call may leave to the next, most urgent first. */
enum Task {
    /** A source transaction is over: look at what was left until then. */
    END(0),
    /** A row's keys are free: look at what it has pending. */
    RETRY(1),
    /** A key was given up: rows wait for that. */
    RELEASED(2),
    /** A key is in the target: rows wait for it. */
    ARRIVED(3),
    /** A table was truncated: walk through its rows. */
    SWEEP(4),
    /** A key is to leave: rows that refer to it lose their reference or leave too. */
    ORPHAN(5),
    /** No row of a table is pending any more: deletes of its parents wait for that. */
    SETTLED(6),
    /** A table was loaded: rows that wait for parents in it are orphans now. */
    LOADED(7),
    /** A pending row would bring a key: evicted rows that wait for it may complete a circle. */
    CLAIMED(8);

    private static final Task[] BY_CODE = values();

    private final int code;

    Task(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static Task ofCode(int code) {
        return BY_CODE[code];
    }
}
