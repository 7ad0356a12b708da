package dev.sluice.cli.config;

/** How a pipeline's tables are spread over lanes. */
public enum LaneMode {
    /** One lane with one order over all tables. */
    MAIN,
    /** One lane per group of tables that foreign keys connect; each goes on when another one stops. */
    BY_FOREIGN_KEY
}
