package dev.sluice.verification;

/** What is compared. */
public enum Mode {
    /** Every value of every row. */
    FULL,
    /** Every value of some rows. */
    SAMPLE,
    /** How many rows there are, which proves little. */
    COUNTS
}
