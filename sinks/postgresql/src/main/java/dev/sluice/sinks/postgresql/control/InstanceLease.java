package dev.sluice.sinks.postgresql.control;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to run one role of a pipeline: a row of {@code sluice.instances} that is renewed in the background. The clock is the database's, so no two
 * machines need agree on the time. It tells people apart early and by name; correctness does not rest on it but on the cursor's epoch.
 *
 * <p>The lease of a process that died is waited for, ten seconds at most, or taken over at once where it died on this machine; that of a
 * process that lives is refused as soon as it is seen to be renewed.
 */
public final class InstanceLease implements AutoCloseable {
    /** A lease that is not renewed ends after this time. */
    public static final Duration LEASE = Duration.ofSeconds(10);

    /** Who compares source and target; nobody takes it over. */
    public static final String VERIFIER = "verifier";

    private static final Logger LOG = LoggerFactory.getLogger(InstanceLease.class);
    private static final Duration RENEWAL = Duration.ofSeconds(3);
    private static final long LOOK_AGAIN_MILLIS = 250;

    private final TargetDatabase database;
    private final String pipeline;
    private final String role;
    private final String instance;
    private final Consumer<SluiceException> lost;
    private final ScheduledExecutorService renewals;

    private InstanceLease(
            TargetDatabase database, String pipeline, String role, String instance, Consumer<SluiceException> lost) {
        this.database = database;
        this.pipeline = pipeline;
        this.role = role;
        this.instance = instance;
        this.lost = lost;
        this.renewals = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "sluice-lease-" + pipeline + "-" + role);
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Who holds a lease. */
    private record Holder(String instance, String host, long pid, Instant until, boolean alive) {
        private boolean diedHere() {
            return host.equals(hostName())
                    && ProcessHandle.of(pid).map(p -> !p.isAlive()).orElse(true);
        }

        private String describe() {
            return "process " + pid + " on " + host + " (instance " + instance + ", lease until " + until + ")";
        }
    }

    /**
     * Schema {@code sluice} and the pipeline must be prepared.
     *
     * @param instance a name that no other process has, e.g. a random UUID
     * @param takeOver takes a lease away from a living holder
     * @param lost told once, from a background thread, when somebody else took the lease over
     * @throws SluiceException of kind REFUSED naming the holder
     */
    public static InstanceLease acquire(
            TargetDatabase database,
            String pipeline,
            String role,
            String instance,
            boolean takeOver,
            Consumer<SluiceException> lost) {
        return acquire(database, pipeline, role, instance, takeOver, lost, RENEWAL);
    }

    static InstanceLease acquire(
            TargetDatabase database,
            String pipeline,
            String role,
            String instance,
            boolean takeOver,
            Consumer<SluiceException> lost,
            Duration renewal) {
        InstanceLease lease = new InstanceLease(database, pipeline, role, instance, lost);
        @Nullable Holder seen = null;
        while (true) {
            Holder holder = database.inTransaction(connection -> lease.tryAcquire(connection, takeOver))
                    .orElse(null);
            if (holder == null) {
                lease.renewEvery(renewal);
                return lease;
            }
            if (seen != null
                    && (!seen.until().equals(holder.until()) || !seen.instance().equals(holder.instance()))) {
                lease.renewals.shutdownNow();
                throw lease.refused(holder);
            }
            seen = holder;
            pause();
        }
    }

    private void renewEvery(Duration renewal) {
        // The task catches what can happen; nobody waits for its end.
        ScheduledFuture<?> unused = renewals.scheduleWithFixedDelay(
                this::renew, renewal.toMillis(), renewal.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** The holder that stands against it; empty when the lease is ours. */
    private Optional<Holder> tryAcquire(Connection connection, boolean takeOver) throws SQLException {
        Optional<Holder> holder = holder(connection);
        boolean free = holder.isEmpty()
                || !holder.get().alive()
                || holder.get().instance().equals(instance)
                || holder.get().diedHere();
        if (!free && !takeOver) {
            return holder;
        }
        String sql = """
                INSERT INTO sluice.instances AS i (pipeline, role, instance, host, pid, lease_until)
                VALUES (?, ?, ?, ?, ?, clock_timestamp() + ? * interval '1 second')
                ON CONFLICT (pipeline, role) DO UPDATE SET instance = excluded.instance, host = excluded.host, pid = excluded.pid,
                  lease_until = excluded.lease_until""";
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            insert.setString(1, pipeline);
            insert.setString(2, role);
            insert.setString(3, instance);
            insert.setString(4, hostName());
            insert.setLong(5, ProcessHandle.current().pid());
            insert.setLong(6, LEASE.toSeconds());
            insert.executeUpdate();
        }
        return Optional.empty();
    }

    private Optional<Holder> holder(Connection connection) throws SQLException {
        String sql = """
                SELECT instance, host, pid, lease_until, lease_until > clock_timestamp() FROM sluice.instances
                WHERE pipeline = ? AND role = ? FOR UPDATE""";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, pipeline);
            query.setString(2, role);
            try (ResultSet row = query.executeQuery()) {
                return row.next()
                        ? Optional.of(new Holder(
                                row.getString(1),
                                row.getString(2),
                                row.getLong(3),
                                row.getObject(4, OffsetDateTime.class).toInstant(),
                                row.getBoolean(5)))
                        : Optional.empty();
            }
        }
    }

    private SluiceException refused(Holder holder) {
        return SluiceException.of(
                ErrorKind.REFUSED,
                "pipeline " + pipeline + " already has a running " + role + ": " + holder.describe()
                        + (role.equals(VERIFIER)
                                ? ". Wait until it is done, or stop it first."
                                : ". Stop it first, or take over with --take-over."));
    }

    private void renew() {
        try {
            Optional<SluiceException> taken = takenOver();
            if (taken.isPresent()) {
                renewals.shutdown();
                lost.accept(taken.get());
            }
        } catch (SluiceException e) {
            // The target being away is the sink's to report; the next renewal tries again.
            LOG.debug("Cannot renew the lease of {} {} now", pipeline, role, e);
        }
    }

    /**
     * Renews the lease and says who took it over, if anybody did: what else of the process fails then fails because of that.
     *
     * @return of kind REFUSED naming the new holder
     * @throws SluiceException when the target cannot be asked
     */
    public Optional<SluiceException> takenOver() {
        Optional<Holder> taker =
                database.inTransaction(connection -> extend(connection) ? Optional.empty() : holder(connection));
        return taker.map(holder -> SluiceException.of(
                ErrorKind.REFUSED,
                "the " + role + " of pipeline " + pipeline + " was taken over by " + holder.describe() + "."));
    }

    /** @return false when another instance holds the lease */
    private boolean extend(Connection connection) throws SQLException {
        String sql = """
                UPDATE sluice.instances SET lease_until = clock_timestamp() + ? * interval '1 second'
                WHERE pipeline = ? AND role = ? AND instance = ?""";
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            update.setLong(1, LEASE.toSeconds());
            update.setString(2, pipeline);
            update.setString(3, role);
            update.setString(4, instance);
            return update.executeUpdate() == 1;
        }
    }

    /** Gives the lease back. */
    @Override
    public void close() {
        renewals.shutdownNow();
        database.inTransactionDo(connection -> {
            try (PreparedStatement delete = connection.prepareStatement(
                    "DELETE FROM sluice.instances WHERE pipeline = ? AND role = ? AND instance = ?")) {
                delete.setString(1, pipeline);
                delete.setString(2, role);
                delete.setString(3, instance);
                delete.executeUpdate();
            }
        });
    }

    private static void pause() {
        try {
            Thread.sleep(LOOK_AGAIN_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw SluiceException.of(ErrorKind.REFUSED, "interrupted while waiting for a lease to end", e);
        }
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "unknown-host";
        }
    }
}
