package dev.sluice.cli.run;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Speed of a counter, smoothed so that a reader can follow it. Used by one thread. */
final class Rate {
    /** Weight of the newest interval. */
    private static final double NEWEST = 0.3;

    private @Nullable Instant at;
    private long count;
    private double perSecond;

    /** Per second; 0 until two counts are known. */
    double update(long newCount, Instant now) {
        Instant before = at;
        if (before == null) {
            at = now;
            count = newCount;
            return 0;
        }
        double seconds = Duration.between(before, now).toNanos() / 1e9;
        if (seconds > 0.05) {
            double newest = Math.max(0, newCount - count) / seconds;
            perSecond = perSecond == 0 ? newest : NEWEST * newest + (1 - NEWEST) * perSecond;
            at = now;
            count = newCount;
        }
        return perSecond;
    }
}
