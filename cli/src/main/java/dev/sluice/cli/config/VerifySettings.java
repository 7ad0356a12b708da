package dev.sluice.cli.config;

import java.time.Duration;

/**
 * How {@code sluice verify} compares.
 *
 * @param chunkRows rows of a table that are held in memory at once, on either side
 * @param parallelism tables that are compared at once
 * @param maxRowsPerSecond rows of the source that are read in a second at most, all tables together; 0 for as many as it gives
 * @param maxLag nothing further is read while a lane's lag is larger; zero for never
 * @param every how often {@code --continuous} begins anew
 */
public record VerifySettings(int chunkRows, int parallelism, int maxRowsPerSecond, Duration maxLag, Duration every) {
    /** A round trip below 50 ms at usual row sizes, two tables for two cores, and no more load on top of a backlog. */
    public static final VerifySettings DEFAULT =
            new VerifySettings(2_000, 2, 0, Duration.ofSeconds(30), Duration.ofMinutes(5));

    static VerifySettings from(Section section) {
        VerifySettings settings = new VerifySettings(
                section.integer("chunk-rows", DEFAULT.chunkRows, 1, 100_000),
                section.integer("parallelism", DEFAULT.parallelism, 1, 16),
                section.integer("max-rows-per-second", 0, 0, Integer.MAX_VALUE),
                section.duration("max-lag", DEFAULT.maxLag, Duration.ZERO, Duration.ofHours(24)),
                section.duration("every", DEFAULT.every, Duration.ofSeconds(1), Duration.ofDays(7)));
        section.refuseOtherKeys();
        return settings;
    }
}
