package dev.sluice.cli.config;

import java.time.Duration;

/**
 * How the sink applies.
 *
 * @param batchRows how many rows go into one PostgreSQL transaction at most, unless one source transaction alone has more
 * @param batchBytes bounds memory when rows are wide
 * @param batchTime how long a batch is collected while rows keep coming
 * @param retryFor how long the target may be away before Sluice gives up
 * @param parallelism connections that load rows at once while tables are backfilled
 * @param deferIndexes whether indexes that nothing needs meanwhile are dropped while an empty table is loaded, and made again behind it
 * @param maxRowsPerSecond rows of backfills that are applied in a second at most; 0 for as many as the target takes
 * @param maxReplicaLag backfills are held back while a standby of the target is further behind; zero for never
 * @param maxActiveSessions backfills are held back while more sessions of others are active in the target's database; 0 for never
 * @param triggers whether user triggers of captured target tables fire
 */
public record ApplySettings(
        int batchRows,
        DataSize batchBytes,
        Duration batchTime,
        Duration retryFor,
        int parallelism,
        boolean deferIndexes,
        int maxRowsPerSecond,
        Duration maxReplicaLag,
        int maxActiveSessions,
        TriggerMode triggers) {
    public static final ApplySettings DEFAULT = new ApplySettings(
            5_000,
            DataSize.mebibytes(16),
            Duration.ofMillis(200),
            Duration.ofMinutes(10),
            2,
            false,
            0,
            Duration.ofSeconds(30),
            0,
            TriggerMode.OFF);

    static ApplySettings from(Section section) {
        ApplySettings settings = new ApplySettings(
                section.integer("batch-rows", DEFAULT.batchRows, 1, 100_000),
                section.size("batch-bytes", DEFAULT.batchBytes, DataSize.parse("64KiB"), DataSize.mebibytes(64)),
                section.duration("batch-time", DEFAULT.batchTime, Duration.ofMillis(1), Duration.ofSeconds(10)),
                section.duration("retry-for", DEFAULT.retryFor, Duration.ofSeconds(1), Duration.ofDays(7)),
                section.integer("parallelism", DEFAULT.parallelism, 1, 16),
                section.flag("defer-indexes", DEFAULT.deferIndexes),
                section.integer("max-rows-per-second", 0, 0, Integer.MAX_VALUE),
                section.duration("max-replica-lag", DEFAULT.maxReplicaLag, Duration.ZERO, Duration.ofHours(24)),
                section.integer("max-active-sessions", 0, 0, Integer.MAX_VALUE),
                section.choice("triggers", TriggerMode.class).orElse(DEFAULT.triggers));
        section.refuseOtherKeys();
        return settings;
    }
}
