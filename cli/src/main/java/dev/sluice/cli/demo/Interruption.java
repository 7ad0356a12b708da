package dev.sluice.cli.demo;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Ctrl-C and SIGTERM: the process stays until the demo has put its things away. */
final class Interruption implements AutoCloseable {
    private static final long SECONDS_TO_PUT_AWAY = 60;

    /** Somebody wants the demo to end. */
    static final class Requested extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private final CountDownLatch requested = new CountDownLatch(1);
    private final CountDownLatch putAway = new CountDownLatch(1);
    private final Thread hook = new Thread(this::request, "demo-interruption");

    private Interruption() {}

    static Interruption listen() {
        Interruption interruption = new Interruption();
        Runtime.getRuntime().addShutdownHook(interruption.hook);
        return interruption;
    }

    void check() {
        if (isRequestedWithin(Duration.ZERO)) {
            throw new Requested();
        }
    }

    /** A terminal sends the signal to the child processes, too, and they may be faster. */
    boolean isRequestedWithin(Duration time) {
        try {
            return requested.await(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /** Everything is put away. */
    @Override
    public void close() {
        putAway.countDown();
        if (!isRequestedWithin(Duration.ZERO)) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                // The process ends just now; there is nothing left to wait for.
            }
        }
    }

    private void request() {
        requested.countDown();
        try {
            if (!putAway.await(SECONDS_TO_PUT_AWAY, TimeUnit.SECONDS)) {
                System.err.println("sluice: the demo did not end within " + SECONDS_TO_PUT_AWAY + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
