package dev.sluice.cli.demo;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Measures how long after its commit a transaction becomes visible in PostgreSQL: asks every few milliseconds which rows of {@code latency_probes} are new and
 * what time of commit they hold. Both clocks are this machine's.
 */
final class LatencyProbe implements AutoCloseable {
    private static final long POLL_NANOS = Duration.ofMillis(3).toNanos();

    private final Connection connection;
    private final InstantSource clock;
    private final Percentiles latencies = new Percentiles();
    private final Thread thread = new Thread(this::poll, "latency-probe");
    private volatile boolean stopped;
    private volatile @Nullable SQLException failure;

    private LatencyProbe(Connection connection, InstantSource clock) {
        this.connection = connection;
        this.clock = clock;
    }

    static LatencyProbe start(String targetUrl, InstantSource clock) throws SQLException {
        LatencyProbe probe = new LatencyProbe(DriverManager.getConnection(targetUrl), clock);
        probe.thread.setDaemon(true);
        probe.thread.start();
        return probe;
    }

    /** Ends the measurement. */
    Percentiles finish() throws SQLException {
        stopped = true;
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        SQLException failed = failure;
        if (failed != null) {
            throw failed;
        }
        return latencies;
    }

    @Override
    public void close() throws SQLException {
        stopped = true;
        connection.close();
    }

    private void poll() {
        try (PreparedStatement newest = connection.prepareStatement("SELECT max(id) FROM latency_probes");
                PreparedStatement next = connection.prepareStatement(
                        "SELECT id, committed_micros FROM latency_probes WHERE id > ? ORDER BY id")) {
            long seen = newest(newest);
            while (!stopped) {
                next.setLong(1, seen);
                seen = measure(next, seen);
                LockSupport.parkNanos(POLL_NANOS);
            }
        } catch (SQLException e) {
            failure = e;
        }
    }

    /** What was there before the measurement began tells nothing. */
    private static long newest(PreparedStatement newest) throws SQLException {
        try (ResultSet found = newest.executeQuery()) {
            found.next();
            return found.getLong(1);
        }
    }

    private long measure(PreparedStatement next, long seen) throws SQLException {
        long last = seen;
        try (ResultSet found = next.executeQuery()) {
            Instant visible = clock.instant();
            while (found.next()) {
                last = found.getLong(1);
                latencies.add(Duration.between(Instant.EPOCH.plus(found.getLong(2), ChronoUnit.MICROS), visible));
            }
        }
        return last;
    }
}
