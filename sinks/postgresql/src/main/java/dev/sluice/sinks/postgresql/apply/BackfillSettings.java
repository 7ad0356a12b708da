package dev.sluice.sinks.postgresql.apply;

import java.time.Duration;

/**
 * How rows of a snapshot are applied, while a table is loaded. Changes of the tail are never held back by themselves; they wait for rows before them.
 *
 * @param parallelism connections that load rows at once
 * @param deferIndexes whether indexes that nothing needs meanwhile are dropped while an empty table is loaded, and made again behind it
 * @param maxRowsPerSecond 0: as many as the target takes
 * @param maxReplicaLag rows are held back while a standby of the target is further behind; zero: never
 * @param maxActiveSessions rows are held back while more sessions of others are active in the target's database; 0: never
 */
public record BackfillSettings(
        int parallelism, boolean deferIndexes, int maxRowsPerSecond, Duration maxReplicaLag, int maxActiveSessions) {
    /** Two, because a COPY keeps one of the server's processors busy; more gain little before the disk is the limit. */
    public static final int DEFAULT_PARALLELISM = 2;

    public static final BackfillSettings DEFAULT =
            new BackfillSettings(DEFAULT_PARALLELISM, false, 0, Duration.ofSeconds(30), 0);

    public BackfillSettings {
        if (parallelism < 1 || maxRowsPerSecond < 0 || maxActiveSessions < 0 || maxReplicaLag.isNegative()) {
            throw new IllegalArgumentException("a backfill needs a connection, and limits that are not negative");
        }
    }
}
