package dev.sluice.sinks.postgresql.apply;

/** What one statement does to rows of one table. */
enum StepKind {
    /** Full rows: insert, or overwrite an older version. */
    UPSERT,
    /** As {@link #UPSERT}, but a row that has these values already stays as it is, its sequence too. */
    UPSERT_CHANGED,
    /** Partial rows: overwrite an older version; a row that is not there stays away. */
    UPDATE,
    DELETE,
    /** Overwrites older versions by taking all of them out and putting them back, so that the new versions never meet the old ones. Rows that are not there stay away. */
    MOVE,
    /** Takes rows that are to be deleted out of a cycle of foreign keys: their nullable references that close it become NULL. */
    DETACH,
    /** Gives rows that were written without their references that close a cycle those references. */
    ATTACH,
    /** Every row older than the event. */
    TRUNCATE;

    /** Whether it writes full rows. */
    boolean upserts() {
        return this == UPSERT || this == UPSERT_CHANGED;
    }
}
