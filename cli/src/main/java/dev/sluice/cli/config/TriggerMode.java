package dev.sluice.cli.config;

/** What becomes of the user triggers of captured target tables while Sluice writes to them. */
public enum TriggerMode {
    /** They are disabled, so that migrated values stay as they are; their states are restored when the pipeline is removed. */
    OFF,
    /** They fire, and may change or refuse what Sluice writes. */
    ON
}
