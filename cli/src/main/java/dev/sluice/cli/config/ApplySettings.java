package dev.sluice.cli.config;

import java.time.Duration;

/**
 * How much the sink puts into one PostgreSQL transaction.
 *
 * @param maxRows enough that the commit's cost does not show, small enough to be applied in a fraction of a second
 * @param maxBytes bounds memory when rows are wide
 * @param maxDelay how long a batch waits for more when fewer are there; zero applies at once
 */
public record ApplySettings(int maxRows, DataSize maxBytes, Duration maxDelay) {
    public static final ApplySettings DEFAULT =
            new ApplySettings(10_000, DataSize.mebibytes(16), Duration.ZERO);

    static ApplySettings from(Section section) {
        ApplySettings settings = new ApplySettings(
                section.integer("max-rows", DEFAULT.maxRows, 1, 1_000_000),
                section.size("max-bytes", DEFAULT.maxBytes, DataSize.parse("64KiB"), DataSize.mebibytes(256)),
                section.duration("max-delay", DEFAULT.maxDelay, Duration.ZERO, Duration.ofSeconds(10)));
        section.refuseOtherKeys();
        return settings;
    }
}
