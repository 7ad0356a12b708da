package dev.sluice.streams.gate;

/** What becomes of a row whose parent is missing, and of rows whose parent is deleted. */
public enum OnOrphan {
    /** The row waits for its parent; a parent is held while rows refer to it. */
    WAIT,
    /** The row is written with NULL in the foreign key's nullable columns until the parent is there. */
    SET_NULL,
    /** The event becomes a dead letter; a parent is held while rows refer to it. */
    QUARANTINE,
    /** The row leaves the target and is read again when the parent is there: the cascade of a source that has none. */
    EVICT
}
