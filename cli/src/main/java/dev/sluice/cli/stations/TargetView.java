package dev.sluice.cli.stations;

import dev.sluice.cli.config.Configuration;
import dev.sluice.embedded.Addresses;
import dev.sluice.embedded.DataDirectory;
import dev.sluice.embedded.EmbeddedStack;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The target for commands that only look. An embedded one is reached in the process that runs it; when nothing runs, its PostgreSQL is started for as long
 * as the view is open.
 */
public final class TargetView implements AutoCloseable {
    private final TargetDatabase database;
    private final Deque<AutoCloseable> started;

    private TargetView(TargetDatabase database, Deque<AutoCloseable> started) {
        this.database = database;
        this.started = started;
    }

    /** @throws SluiceException when an embedded target was never made */
    public static TargetView open(Configuration configuration, Path dataDirectory, InstantSource clock) {
        Deque<AutoCloseable> started = new ArrayDeque<>();
        String embedded = configuration.target().embedded() ? address(configuration, dataDirectory, started) : null;
        return new TargetView(Stations.target(configuration, embedded, clock), started);
    }

    private static @Nullable String address(
            Configuration configuration, Path dataDirectory, Deque<AutoCloseable> started) {
        Optional<Addresses> running = DataDirectory.readAddresses(dataDirectory);
        if (running.isPresent()) {
            return running.get().jdbcUrl();
        }
        if (!exists(dataDirectory)) {
            throw SluiceException.of(
                    ErrorKind.CONFIGURATION,
                    "pipeline " + configuration.pipeline() + " has never run with data directory " + dataDirectory
                            + "; name the right one with --data-dir, or start it with: sluice run");
        }
        DataDirectory directory = DataDirectory.open(dataDirectory, configuration.pipeline());
        started.push(directory);
        EmbeddedStack stack = EmbeddedStack.start(directory, false, true, false);
        started.push(stack);
        return stack.addresses().jdbcUrl();
    }

    /** Whether an embedded PostgreSQL was ever made there. */
    public static boolean exists(Path dataDirectory) {
        return Files.exists(dataDirectory.resolve("postgresql"));
    }

    public TargetDatabase database() {
        return database;
    }

    @Override
    public void close() {
        database.close();
        while (!started.isEmpty()) {
            try {
                started.pop().close();
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
