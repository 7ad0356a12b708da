package dev.sluice.cli.config;

/** What other consumers get besides the lanes' own topics. */
public enum PublishMode {
    NONE,
    /** Reconciled changes in one topic per table too. */
    PER_TABLE
}
