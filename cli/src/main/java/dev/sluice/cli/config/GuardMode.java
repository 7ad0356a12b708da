package dev.sluice.cli.config;

/** What keeps an event from being applied to a row that is newer. */
public enum GuardMode {
    /** A column of Sluice's own in the target table, beside the cursor. */
    COLUMN,
    /** The cursor alone; the table's shape is left alone. */
    NONE
}
