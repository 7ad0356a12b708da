package dev.sluice.producers.api;

import java.time.Duration;
import java.time.InstantSource;

/** Something that is due again some time after it was last done. */
final class Interval {
    private final InstantSource clock;
    private final Duration length;
    private long since = Long.MIN_VALUE;

    /** Due at once. */
    Interval(InstantSource clock, Duration length) {
        this.clock = clock;
        this.length = length;
    }

    boolean isDue() {
        return left().isZero();
    }

    /** Zero when it is due; a clock that was set back makes it due, so that nothing waits for hours. */
    Duration left() {
        long now = clock.millis();
        if (since == Long.MIN_VALUE || now < since || now - since >= length.toMillis()) {
            return Duration.ZERO;
        }
        return length.minusMillis(now - since);
    }

    void restart() {
        since = clock.millis();
    }
}
