package dev.sluice.verification;

import java.time.Duration;

/**
 * How to compare.
 *
 * @param chunkRows rows held in memory at once, per table that is being compared and side
 * @param parallelism tables that are compared at once
 * @param maxRowsPerSecond rows of the source that are read in a second at most, all tables together; 0 for as many as there are
 * @param maxLag no further rows are read while a lane's lag is larger; zero for never
 * @param showValues whether unequal values are kept, but for masked ones
 */
public record VerificationSettings(
        int chunkRows, int parallelism, int maxRowsPerSecond, Duration maxLag, boolean showValues) {
    /** 2,000 rows keep a round trip below 50 ms at usual row sizes; two tables keep two cores busy; a lag of a backlog is no time for more load. */
    public static final VerificationSettings DEFAULT =
            new VerificationSettings(2_000, 2, 0, Duration.ofSeconds(30), false);

    public VerificationSettings {
        if (chunkRows < 1 || parallelism < 1 || maxRowsPerSecond < 0 || maxLag.isNegative()) {
            throw new IllegalArgumentException("chunks of " + chunkRows + " rows, " + parallelism + " tables at once, "
                    + maxRowsPerSecond + " rows per second and a lag of " + maxLag + " make no comparison");
        }
    }
}
