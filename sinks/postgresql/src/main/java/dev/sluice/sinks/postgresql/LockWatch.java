package dev.sluice.sinks.postgresql;

import dev.sluice.sinks.postgresql.database.RetryPolicy;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says for whom a transaction of the sink waits when it takes long: a migration that holds a table, a person's forgotten transaction. It asks over a connection of its own, and
 * only while one is under way. Thread-safe.
 */
final class LockWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LockWatch.class);
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final Duration INTERVAL = Duration.ofMillis(500);

    private final TargetDatabase database;
    private final InstantSource clock;
    private final Consumer<String> told;
    private final ScheduledExecutorService timer;
    private @Nullable Waiting current;

    /** @param process the server process that carries the transaction; 0 for any session of this name */
    private record Waiting(int process, Instant since) {}

    /** @param told is called while the transaction is under way, never afterwards */
    LockWatch(TargetDatabase database, String name, InstantSource clock, Consumer<String> told) {
        this.database = database;
        this.clock = clock;
        this.told = told;
        this.timer = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "sluice-locks-" + name);
            thread.setDaemon(true);
            return thread;
        });
        Future<?> unused = timer.scheduleWithFixedDelay(
                this::look, INTERVAL.toMillis(), INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    private synchronized void begin() {
        current = new Waiting(0, clock.instant());
    }

    synchronized void begin(Connection connection) throws SQLException {
        current = new Waiting(connection.unwrap(PGConnection.class).getBackendPID(), clock.instant());
    }

    /** Something that gives nothing back. */
    @FunctionalInterface
    interface Action {
        void run() throws SQLException;
    }

    /** Lets something be done over connections that are not known here. */
    <T> T watched(RetryPolicy.Attempt<T> work) throws SQLException {
        begin();
        try {
            return work.run();
        } finally {
            end();
        }
    }

    /** @return true, so that it can stand where a result is wanted */
    boolean watched(Action action) throws SQLException {
        return watched(() -> {
            action.run();
            return true;
        });
    }

    synchronized void end() {
        current = null;
    }

    private synchronized @Nullable Waiting impatient() {
        Waiting waiting = current;
        return waiting != null && clock.instant().isAfter(waiting.since().plus(PATIENCE)) ? waiting : null;
    }

    private void look() {
        Waiting waiting = impatient();
        if (waiting == null) {
            return;
        }
        try {
            Optional<String> holder = database.transactOnce(connection -> holder(connection, waiting.process()));
            holder.ifPresent(text -> tell(waiting, text));
        } catch (SQLException | RuntimeException e) {
            LOG.debug("Nobody could be asked for whom the sink waits", e);
        }
    }

    private synchronized void tell(Waiting about, String holder) {
        if (about.equals(current)) {
            told.accept(holder);
        }
    }

    private static Optional<String> holder(Connection connection, int process) throws SQLException {
        String sql = """
                SELECT coalesce('table ' || (SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_locks l
                                             JOIN pg_catalog.pg_class c ON c.oid = l.relation JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                                             WHERE l.pid = w.pid AND NOT l.granted LIMIT 1), 'a row'),
                       a.pid, a.usename, a.application_name, host(a.client_addr), a.xact_start
                FROM pg_catalog.pg_stat_activity w CROSS JOIN LATERAL unnest(pg_catalog.pg_blocking_pids(w.pid)) AS b(pid)
                JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid
                WHERE w.wait_event_type = 'Lock' AND w.datname = current_database()
                  AND (w.pid = ? OR ? = 0 AND w.application_name = current_setting('application_name')) LIMIT 1""";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setInt(1, process);
            query.setInt(2, process);
            try (ResultSet row = query.executeQuery()) {
                return row.next()
                        ? Optional.of(row.getString(1) + " is locked by server process " + row.getLong(2) + " (user "
                                + row.getString(3) + ", application " + row.getString(4) + ", host " + row.getString(5)
                                + ", in a transaction since " + row.getString(6)
                                + "). The sink goes on when that ends; end that session if it should not be there.")
                        : Optional.empty();
            }
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
