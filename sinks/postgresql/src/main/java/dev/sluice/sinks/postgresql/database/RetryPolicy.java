package dev.sluice.sinks.postgresql.database;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * Repeats work that failed for a transient reason ({@link SqlStates#isTransient}), with pauses that double, until {@code giveUpAfter} has passed since
 * the first failure. Earlier failures are kept as suppressed ones, the last few of them.
 *
 * @param giveUpAfter zero: no repetition
 * @param firstPause before the first repetition
 * @param longestPause a pause is never longer
 */
public record RetryPolicy(Duration giveUpAfter, Duration firstPause, Duration longestPause) {
    /** For commands: a blink of the network or a deadlock passes unseen, a server that is not there is reported soon. */
    public static final RetryPolicy COMMAND =
            new RetryPolicy(Duration.ofSeconds(4), Duration.ofMillis(100), Duration.ofSeconds(2));

    private static final int MOST_SUPPRESSED = 10;

    /** Work against the database. */
    @FunctionalInterface
    public interface Attempt<T> {
        T run() throws SQLException;
    }

    /** What happens between two attempts. */
    @FunctionalInterface
    public interface Waiting {
        /**
         * Waits, and may tell somebody.
         *
         * @return false to give up now
         */
        boolean pause(SQLException failure, Duration pause);

        /** Sleeps. */
        static Waiting sleeping() {
            return (failure, pause) -> {
                try {
                    Thread.sleep(pause.toMillis());
                    return true;
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return false;
                }
            };
        }
    }

    /** @throws SQLException the last failure, when it is not transient or the time is over */
    public <T> T run(InstantSource clock, Waiting waiting, Attempt<T> attempt) throws SQLException {
        SQLException earlier = null;
        Instant deadline = null;
        Duration pause = firstPause;
        while (true) {
            try {
                return attempt.run();
            } catch (SQLException e) {
                keep(earlier, e);
                earlier = e;
                deadline = deadline == null ? clock.instant().plus(giveUpAfter) : deadline;
                boolean over = clock.instant().plus(pause).isAfter(deadline);
                if (!SqlStates.isTransient(e) || over || !waiting.pause(e, pause)) {
                    throw e;
                }
                pause = pause.multipliedBy(2).compareTo(longestPause) < 0 ? pause.multipliedBy(2) : longestPause;
            }
        }
    }

    private static void keep(@org.jspecify.annotations.Nullable SQLException earlier, SQLException now) {
        if (earlier == null || earlier == now) {
            return;
        }
        for (Throwable suppressed : earlier.getSuppressed()) {
            if (now.getSuppressed().length < MOST_SUPPRESSED) {
                now.addSuppressed(suppressed);
            }
        }
        now.addSuppressed(earlier);
    }
}
