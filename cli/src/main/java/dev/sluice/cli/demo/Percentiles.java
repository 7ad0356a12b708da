package dev.sluice.cli.demo;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/** Durations of which the half and the worst hundredth are wanted. Memory is bounded: beyond its size every second one is forgotten. Not thread-safe. */
final class Percentiles {
    private static final int SIZE = 1 << 17;

    private final long[] nanos = new long[SIZE];
    private int count;
    private long seen;
    private long stride = 1;

    void add(Duration duration) {
        if (seen++ % stride != 0) {
            return;
        }
        if (count == SIZE) {
            for (int i = 0; i < SIZE / 2; i++) {
                nanos[i] = nanos[2 * i];
            }
            count = SIZE / 2;
            stride *= 2;
        }
        nanos[count++] = duration.toNanos();
    }

    long seen() {
        return seen;
    }

    /** The duration that {@code percent} of them do not exceed; empty when there are none. */
    Optional<Duration> at(double percent) {
        if (count == 0) {
            return Optional.empty();
        }
        long[] sorted = Arrays.copyOf(nanos, count);
        Arrays.sort(sorted);
        int rank = (int) Math.ceil(percent / 100 * count);
        return Optional.of(Duration.ofNanos(sorted[Math.max(0, rank - 1)]));
    }
}
