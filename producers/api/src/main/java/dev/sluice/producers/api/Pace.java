package dev.sluice.producers.api;

import java.time.Duration;
import java.time.InstantSource;

/** Holds a snapshot back to so many rows per second, while the tail goes on. */
final class Pace {
    private static final long SECOND = 1_000;

    private final InstantSource clock;
    private final int rowsPerSecond;
    private long dueAt = Long.MIN_VALUE;
    private long lookedAt = Long.MIN_VALUE;

    /** @param rowsPerSecond 0 for as many as there are */
    Pace(InstantSource clock, int rowsPerSecond) {
        this.clock = clock;
        this.rowsPerSecond = rowsPerSecond;
    }

    /** A chunk has no more rows than a second may have. */
    int atMost(int rows) {
        return rowsPerSecond == 0 ? rows : Math.min(rows, rowsPerSecond);
    }

    /** Zero when more may be read; a clock that was set back makes it due, so that nothing waits for hours. */
    Duration left() {
        long now = clock.millis();
        if (now < lookedAt) {
            dueAt = now;
        }
        lookedAt = now;
        return Duration.ofMillis(now >= dueAt ? 0 : dueAt - now);
    }

    /** So many rows were read. */
    void read(int rows) {
        if (rowsPerSecond > 0) {
            dueAt = clock.millis() + rows * SECOND / rowsPerSecond;
        }
    }
}
