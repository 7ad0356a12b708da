package dev.sluice.schemas.event;

/** What happened to a row, with Debezium's letters. */
public enum Op {
    CREATE('c'),
    UPDATE('u'),
    DELETE('d'),
    /** Read in a snapshot or refresh. */
    READ('r'),
    /** The whole table was emptied; the event has no row. */
    TRUNCATE('t');

    /** {@code values()} copies, and every event is read through here. */
    private static final Op[] OPS = values();

    private final String code;

    Op(char code) {
        this.code = String.valueOf(code);
    }

    public String code() {
        return code;
    }

    public static Op ofCode(CharSequence code) {
        for (Op op : OPS) {
            if (op.code.contentEquals(code)) {
                return op;
            }
        }
        throw new IllegalArgumentException("unknown op '" + code + "'");
    }
}
