package dev.sluice.embedded;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The embedded parts of one run, with their data under one {@link DataDirectory} and their addresses published there.
 *
 * <p>Starting is all or nothing: when one part fails the others are closed again, and the first failure is thrown with the
 * rest as suppressed. Closing takes the addresses back first, then stops registry, broker and PostgreSQL in this order; it
 * leaves the directory open.
 */
public final class EmbeddedStack implements AutoCloseable {
    private final DataDirectory directory;
    private final Addresses addresses;
    private final Parts parts;

    private EmbeddedStack(DataDirectory directory, Addresses addresses, Parts parts) {
        this.directory = directory;
        this.addresses = addresses;
        this.parts = parts;
    }

    /** Starts the wanted parts at the same time; returns when all of them serve, after about 3 s. */
    public static EmbeddedStack start(DataDirectory directory, boolean kafka, boolean postgres, boolean registry) {
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try {
            Start<LocalPostgres> database =
                    new Start<>(threads, postgres, () -> LocalPostgres.start(directory.subdirectory("postgresql")));
            Start<EmbeddedKafka> broker =
                    new Start<>(threads, kafka, () -> EmbeddedKafka.start(directory.subdirectory("kafka")));
            Start<LocalSchemaRegistry> schemas = new Start<>(
                    threads, registry, () -> LocalSchemaRegistry.start(directory.subdirectory("schema-registry")));
            return started(directory, database, broker, schemas);
        } finally {
            threads.shutdown();
        }
    }

    private static EmbeddedStack started(
            DataDirectory directory,
            Start<LocalPostgres> database,
            Start<EmbeddedKafka> broker,
            Start<LocalSchemaRegistry> schemas) {
        Parts parts = new Parts();
        @Nullable String jdbcUrl = database.address(parts, LocalPostgres::jdbcUrl);
        @Nullable String bootstrapServers = broker.address(parts, EmbeddedKafka::bootstrapServers);
        @Nullable String schemaRegistryUrl = schemas.address(parts, LocalSchemaRegistry::url);
        long pid = ProcessHandle.current().pid();
        Addresses addresses = new Addresses(pid, bootstrapServers, jdbcUrl, schemaRegistryUrl);
        EmbeddedStack stack = new EmbeddedStack(directory, addresses, parts);
        parts.unlessFailed(() -> directory.publish(addresses));
        if (parts.failure != null) {
            stack.close();
        }
        return stack;
    }

    /** Where the parts listen; one that is not embedded is null. */
    public Addresses addresses() {
        return addresses;
    }

    @Override
    public void close() {
        parts.attempt(directory::unpublish);
        parts.close();
    }

    /** A part on its way up, when it is wanted. */
    private static final class Start<T extends AutoCloseable> {
        private final @Nullable Future<T> part;

        Start(ExecutorService threads, boolean wanted, Callable<T> start) {
            part = wanted ? threads.submit(start) : null;
        }

        /** Waits even when another part has failed or this thread is interrupted: what comes up has to be closed. */
        @Nullable
        String address(Parts parts, Function<T, String> address) {
            if (part == null) {
                return null;
            }
            try {
                return address.apply(parts.add(await(part)));
            } catch (ExecutionException e) {
                parts.failed(e.getCause() == null ? e : e.getCause());
                return null;
            }
        }

        private static <T> T await(Future<T> part) throws ExecutionException {
            boolean interrupted = false;
            try {
                while (true) {
                    try {
                        return part.get();
                    } catch (InterruptedException e) {
                        interrupted = true;
                    }
                }
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }

    /** What is open, to be closed in reverse, and the first failure with all later ones. */
    private static final class Parts {
        private final Deque<AutoCloseable> open = new ArrayDeque<>();
        private @Nullable Throwable failure;

        <T extends AutoCloseable> T add(T part) {
            open.push(part);
            return part;
        }

        void unlessFailed(Runnable step) {
            if (failure == null) {
                attempt(step);
            }
        }

        void attempt(Runnable step) {
            try {
                step.run();
            } catch (RuntimeException e) {
                failed(e);
            }
        }

        void failed(Throwable e) {
            if (failure == null) {
                failure = e;
            } else {
                failure.addSuppressed(e);
            }
        }

        /** Closes all, and only then throws the first failure. */
        void close() {
            while (!open.isEmpty()) {
                try {
                    open.pop().close();
                } catch (Exception e) {
                    failed(e);
                }
            }
            if (failure instanceof SluiceException refused) {
                throw refused;
            }
            if (failure != null) {
                throw SluiceException.of(ErrorKind.BUG, "embedded parts: " + failure, failure);
            }
        }
    }
}
