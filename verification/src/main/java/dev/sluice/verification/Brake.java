package dev.sluice.verification;

import java.time.Duration;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Holds a comparison back, all its tables together: to so many rows per second, while the lag is large, and while the source answers slowly. Pure but for the clock; thread-safe.
 *
 * <p>Slowly means several times slower, per row, than its fastest chunk so far of the same table, in several chunks in a row; then every read is followed by a pause of the same length, so that the source has half of the time for others.
 */
final class Brake {
    private static final int SLOW = 4;
    private static final int CHUNKS_IN_A_ROW = 3;
    private static final int FEWEST_ROWS = 100;
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(500);

    private final InstantSource clock;
    private final int rowsPerSecond;
    private final Duration maxLag;
    private long dueAt = Long.MIN_VALUE;
    private Duration lag = Duration.ZERO;

    Brake(InstantSource clock, VerificationSettings settings) {
        this.clock = clock;
        this.rowsPerSecond = settings.maxRowsPerSecond();
        this.maxLag = settings.maxLag();
    }

    /**
     * Why nothing is to be read now, and for how long.
     *
     * @param why null when it is only the pace that was asked for
     */
    record Hold(Duration time, @Nullable String why) {
        static final Hold NONE = new Hold(Duration.ZERO, null);

        boolean isNone() {
            return time.isZero();
        }
    }

    /** How large a chunk may be. */
    int atMost(int rows) {
        return rowsPerSecond == 0 ? rows : Math.min(rows, rowsPerSecond);
    }

    /** The lag of the lane that is furthest behind. */
    synchronized void lagIs(Duration now) {
        lag = now;
    }

    synchronized Hold hold() {
        if (!maxLag.isZero() && lag.compareTo(maxLag) > 0) {
            return new Hold(
                    LOOK_AGAIN,
                    "the lag is " + lag.toSeconds() + " s, more than verify.max-lag of " + maxLag.toSeconds() + " s");
        }
        long left = dueAt - clock.millis();
        return dueAt == Long.MIN_VALUE || left <= 0 ? Hold.NONE : new Hold(Duration.ofMillis(left), null);
    }

    /** So many rows were read. */
    synchronized void read(int rows) {
        if (rowsPerSecond > 0) {
            long now = clock.millis();
            dueAt = Math.max(now, dueAt) + rows * 1_000L / rowsPerSecond;
        }
    }

    /** Of one table. */
    static final class SourceLoad {
        private double fastest = Double.MAX_VALUE;
        private int slow;

        /** How long to leave the source alone after a chunk that took so long. */
        Hold read(int rows, Duration took) {
            if (rows < FEWEST_ROWS) {
                return Hold.NONE;
            }
            double perRow = (double) took.toNanos() / rows;
            slow = perRow > fastest * SLOW ? slow + 1 : 0;
            fastest = Math.min(fastest, perRow);
            if (slow < CHUNKS_IN_A_ROW) {
                return Hold.NONE;
            }
            Duration pause = took.compareTo(LONGEST_PAUSE) < 0 ? took : LONGEST_PAUSE;
            return new Hold(pause, "the source answers more than " + SLOW + " times slower than before");
        }
    }
}
