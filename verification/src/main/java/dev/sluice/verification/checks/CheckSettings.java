package dev.sluice.verification.checks;

import java.time.Duration;
import java.util.Set;

/**
 * What a check may cost, and show.
 *
 * @param timeout of the target's query; the source has one of its own
 * @param maxRows of each side
 * @param maxBytes of each side, about
 * @param showValues whether the message shows rows
 * @param masked names of columns whose values it does not show even then, without regard to case
 */
public record CheckSettings(Duration timeout, int maxRows, long maxBytes, boolean showValues, Set<String> masked) {
    /** A check is an aggregate, or an exception: 100,000 rows are neither. 64 MiB are a small part of the smallest heap. */
    public static final CheckSettings DEFAULT =
            new CheckSettings(Duration.ofSeconds(60), 100_000, 64L << 20, false, Set.of());

    public CheckSettings {
        if (timeout.toMillis() < 1 || maxRows < 1 || maxBytes < 1) {
            throw new IllegalArgumentException(
                    "a check within " + timeout + ", " + maxRows + " rows and " + maxBytes + " bytes is none");
        }
        masked = Set.copyOf(masked);
    }

    public CheckSettings withShowValues(boolean show) {
        return new CheckSettings(timeout, maxRows, maxBytes, show, masked);
    }

    public CheckSettings withMasked(Set<String> columns) {
        return new CheckSettings(timeout, maxRows, maxBytes, showValues, columns);
    }
}
