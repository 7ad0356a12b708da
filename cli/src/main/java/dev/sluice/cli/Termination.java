package dev.sluice.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * SIGTERM and SIGINT as a wish: the command ends by itself and its own exit code is the process's. Static, because a process has one end.
 */
public final class Termination {
    /** Longer than any part takes to stop; whatever supervises the process is usually less patient. */
    private static final int PATIENCE_SECONDS = 60;

    private static final CountDownLatch ENDED = new CountDownLatch(1);
    private static final AtomicInteger EXIT_CODE = new AtomicInteger(1);

    private Termination() {}

    /** @param request asks the command to end; called on the shutdown thread */
    public static Thread onSignal(Runnable request) {
        Thread hook = new Thread(
                () -> {
                    request.run();
                    if (awaitEnd()) {
                        Runtime.getRuntime().halt(EXIT_CODE.get());
                    }
                },
                "sluice-termination");
        Runtime.getRuntime().addShutdownHook(hook);
        return hook;
    }

    /** As {@link #onSignal}, but the process ends as one that the signal ended: with 130 or 143. */
    public static Thread onSignalThatEnds(Runnable request) {
        Thread hook = new Thread(
                () -> {
                    request.run();
                    boolean unused = awaitEnd();
                },
                "sluice-termination");
        Runtime.getRuntime().addShutdownHook(hook);
        return hook;
    }

    /** The command is over without a signal. */
    public static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The signal came: the hook is running and waits for the exit code.
        }
    }

    /** The command has ended and has said everything. */
    static void ended(int exitCode) {
        EXIT_CODE.set(exitCode);
        ENDED.countDown();
    }

    private static boolean awaitEnd() {
        try {
            return ENDED.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            return false;
        }
    }
}
