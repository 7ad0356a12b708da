package dev.sluice.embedded;

/** What a PostgreSQL does with a commit. */
public enum Durability {
    /** A commit survives a power cut. */
    DURABLE,
    /** A commit survives the end of Sluice but not a crash of the machine; only for tests, where it saves most of the time. */
    TEST
}
