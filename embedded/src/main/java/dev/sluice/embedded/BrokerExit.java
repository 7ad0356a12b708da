package dev.sluice.embedded;

import static java.util.stream.Collectors.joining;

import dev.sluice.runtime.ErrorKind;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.utils.Exit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the broker does instead of ending the process without a word.
 *
 * <p>Kafka calls {@link Exit} when it cannot go on: a failed start, a disk that is full or gone, broken metadata. A failed
 * start becomes an exception for the caller. Later the process still ends at once, because everything that is stored is
 * safe and nothing more can be, but with a message that names the directory and with the exit code of Kafka failures.
 */
final class BrokerExit {
    private static final Logger LOG = LoggerFactory.getLogger(BrokerExit.class);
    private static final Set<Thread> STARTING = ConcurrentHashMap.newKeySet();
    private static final Set<Path> RUNNING = ConcurrentHashMap.newKeySet();

    private BrokerExit() {}

    /** The start of a broker was given up by Kafka itself. */
    static final class StartFailed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        StartFailed(String message) {
            super(message);
        }
    }

    /** Runs a broker's start-up on this thread; Kafka's request to end the process becomes {@link StartFailed}. */
    static void whileStarting(Path directory, Runnable start) {
        Exit.setHaltProcedure(BrokerExit::requested);
        Exit.setExitProcedure(BrokerExit::requested);
        STARTING.add(Thread.currentThread());
        RUNNING.add(directory);
        try {
            start.run();
        } finally {
            STARTING.remove(Thread.currentThread());
        }
    }

    static void stopped(Path directory) {
        RUNNING.remove(directory);
    }

    private static void requested(int status, @Nullable String message) {
        String reason = message == null ? "status " + status : message;
        if (STARTING.contains(Thread.currentThread())) {
            throw new StartFailed(reason);
        }
        LOG.error(
                "The embedded Kafka broker cannot go on ({}). Its data is in {}. See the lines above for the cause, most"
                        + " often a full disk or one that went away. Nothing acknowledged is lost; put that right and start"
                        + " again.",
                reason,
                RUNNING.stream().map(BrokerExit::describe).collect(joining(", ")));
        Runtime.getRuntime().halt(ErrorKind.KAFKA.exitCode());
    }

    private static String describe(Path directory) {
        return directory + " (" + (directory.toFile().getUsableSpace() >> 20) + " MiB free)";
    }
}
