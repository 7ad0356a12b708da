package dev.sluice.sinks.postgresql.apply;

/** What one statement does to rows of one table. */
enum StepKind {
    /** Full rows: insert, or overwrite an older version. */
    UPSERT,
    /** Partial rows: overwrite an older version; a row that is not there stays away. */
    UPDATE,
    DELETE,
    /** Every row older than the event. */
    TRUNCATE
}
