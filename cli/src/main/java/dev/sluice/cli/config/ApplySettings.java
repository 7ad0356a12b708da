package dev.sluice.cli.config;

import java.time.Duration;

/**
 * How the sink applies.
 *
 * @param batchRows how many rows go into one PostgreSQL transaction at most, unless one source transaction alone has more
 * @param batchBytes bounds memory when rows are wide
 * @param batchTime how long a batch is collected while rows keep coming
 * @param retryFor how long the target may be away before Sluice gives up
 */
public record ApplySettings(int batchRows, DataSize batchBytes, Duration batchTime, Duration retryFor) {
    public static final ApplySettings DEFAULT =
            new ApplySettings(5_000, DataSize.mebibytes(16), Duration.ofMillis(200), Duration.ofMinutes(10));

    static ApplySettings from(Section section) {
        ApplySettings settings = new ApplySettings(
                section.integer("batch-rows", DEFAULT.batchRows, 1, 100_000),
                section.size("batch-bytes", DEFAULT.batchBytes, DataSize.parse("64KiB"), DataSize.mebibytes(64)),
                section.duration("batch-time", DEFAULT.batchTime, Duration.ofMillis(1), Duration.ofSeconds(10)),
                section.duration("retry-for", DEFAULT.retryFor, Duration.ofSeconds(1), Duration.ofDays(7)));
        section.refuseOtherKeys();
        return settings;
    }
}
