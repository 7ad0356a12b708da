package dev.sluice.producers.api;

/**
 * What a kind of source can promise; the contract suite asks for exactly that.
 *
 * @param transactions what a transaction part's boundaries mean
 * @param rewind whether the tail can be read again from an earlier position
 * @param truncate whether emptying a table arrives as one truncate
 * @param keyedRead whether rows can be read again by key
 * @param conditionalSnapshot whether a table's snapshot can be limited by a condition in the source's own language
 * @param sql whether the source answers queries in SQL
 */
public record Capabilities(
        Transactions transactions,
        Rewind rewind,
        boolean truncate,
        boolean keyedRead,
        boolean conditionalSnapshot,
        boolean sql) {
    /** Without SQL. */
    public Capabilities(
            Transactions transactions,
            Rewind rewind,
            boolean truncate,
            boolean keyedRead,
            boolean conditionalSnapshot) {
        this(transactions, rewind, truncate, keyedRead, conditionalSnapshot, false);
    }

    /** Without conditions. */
    public Capabilities(Transactions transactions, Rewind rewind, boolean truncate, boolean keyedRead) {
        this(transactions, rewind, truncate, keyedRead, false);
    }

    /** What a boundary between transactions means. */
    public enum Transactions {
        /** Each one is a transaction of the source. */
        EXACT,
        /** Each one is a commit version, which may hold several transactions of the source. */
        VERSION,
        /** Each one is the difference between two consistent cuts. */
        CUT
    }

    /** How far back the tail can be read. */
    public enum Rewind {
        /** Every position not yet passed to {@link ChangeSource#committed}. */
        RETAINED,
        /** Only the present. */
        NONE
    }
}
