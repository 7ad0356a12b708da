package dev.sluice.integration;

import java.time.Duration;
import java.time.Instant;

/** Waits for a condition of another process. */
final class Await {
    /** Generous: a loaded machine is no failure. */
    static final Duration DEADLINE = Duration.ofMinutes(2);

    private static final long POLL_MILLIS = 20;

    /** Something to look for; may fail while the other process is not there yet. */
    @FunctionalInterface
    interface Condition {
        boolean holds() throws Exception;
    }

    /** Says more about a wait that was in vain. */
    @FunctionalInterface
    interface Evidence {
        String text();
    }

    private Await() {}

    static void until(String what, Evidence evidence, Condition condition) {
        Instant deadline = Instant.now().plus(DEADLINE);
        Exception last = null;
        while (Instant.now().isBefore(deadline)) {
            try {
                if (condition.holds()) {
                    return;
                }
                last = null;
                Thread.sleep(POLL_MILLIS);
            } catch (InterruptedException e) {
                throw new IllegalStateException("interrupted while waiting for " + what, e);
            } catch (Exception e) {
                last = e;
            }
        }
        throw new AssertionError("waited " + DEADLINE + " in vain for " + what + "\n" + evidence.text(), last);
    }
}
