package dev.sluice.sinks.postgresql.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.sluice.runtime.SluiceException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;

/**
 * The target. Connections and transactions are lent to callbacks. Nothing is connected before the first callback. Thread-safe.
 *
 * <p>Every session has time zone UTC, no time-outs on statements and idle transactions (a long backfill must not die of a default meant for web requests),
 * and the name {@code sluice <pipeline>} in {@code pg_stat_activity}.
 */
public final class TargetDatabase implements AutoCloseable {
    private static final String SESSION = "SET TIME ZONE 'UTC'; SET extra_float_digits = 3; SET DateStyle = 'ISO, YMD';"
            + " SET IntervalStyle = 'postgres'; SET xmloption = content; SET bytea_output = 'hex'; SET standard_conforming_strings = on; SET statement_timeout = 0;"
            + " SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET jit = off;"
            + " SET default_transaction_isolation = 'read committed'; SET default_transaction_deferrable = off;"
            // The server notices within a minute that this host is gone, and lets its locks go.
            + " SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3;"
            // It notices too that this process is gone while a statement of it waits or runs, where its platform can
            // tell.
            + " DO $$ BEGIN PERFORM set_config('client_connection_check_interval', '10s', false); EXCEPTION WHEN OTHERS THEN NULL; END $$;"
            // From PostgreSQL 17 on.
            + " SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout'";
    private static final int CONNECT_MILLIS = 5_000;
    /** Longer than any statement takes, but for one that waits for somebody's lock: that one is repeated. */
    private static final String SOCKET_SECONDS = "600";

    private final TargetSettings settings;
    private final String name;
    private final @Nullable String user;
    private final HikariDataSource pool;
    private final InstantSource clock;

    private TargetDatabase(
            TargetSettings settings, String name, @Nullable String user, HikariDataSource pool, InstantSource clock) {
        this.settings = settings;
        this.name = name;
        this.user = user;
        this.pool = pool;
        this.clock = clock;
    }

    /** Work on a lent connection, which it neither commits nor closes. */
    @FunctionalInterface
    public interface Work<T> {
        T run(Connection connection) throws SQLException;
    }

    /** Work without a result. */
    @FunctionalInterface
    public interface Action {
        void run(Connection connection) throws SQLException;
    }

    /** Does not connect yet. */
    public static TargetDatabase open(TargetSettings settings, String pipeline, InstantSource clock) {
        Properties url = Driver.parseURL(settings.jdbcUrl(), null);
        if (url == null) {
            throw new IllegalArgumentException("the target's URL cannot be parsed: " + settings.maskedUrl());
        }
        String user = settings.user() != null ? settings.user() : url.getProperty("user");
        String name = url.getProperty("PGHOST") + ":" + url.getProperty("PGPORT") + "/" + url.getProperty("PGDBNAME");
        return new TargetDatabase(settings, name, user, pool(settings, pipeline), clock);
    }

    private static HikariDataSource pool(TargetSettings settings, String pipeline) {
        HikariDataSource pool = new HikariDataSource();
        HikariConfig config = pool;
        config.setPoolName("target-" + pipeline);
        config.setJdbcUrl(settings.jdbcUrl());
        config.setUsername(settings.user());
        config.setPassword(settings.password());
        config.setMaximumPoolSize(settings.poolSize());
        config.setMinimumIdle(0);
        config.setConnectionTimeout(CONNECT_MILLIS);
        // One try per callback: repetition belongs to RetryPolicy, and a wrong password is to be reported at once.
        config.setInitializationFailTimeout(1);
        config.setConnectionInitSql(SESSION);
        config.addDataSourceProperty("ApplicationName", "sluice " + pipeline);
        config.addDataSourceProperty("tcpKeepAlive", "true");
        config.addDataSourceProperty("connectTimeout", "5");
        config.addDataSourceProperty("socketTimeout", SOCKET_SECONDS);
        settings.properties().forEach(config::addDataSourceProperty);
        return pool;
    }

    /** {@code host:port/database}. */
    public String name() {
        return name;
    }

    public TargetSettings settings() {
        return settings;
    }

    /**
     * Lends a connection in autocommit mode. The work is repeated after transient failures, so it must be repeatable.
     *
     * @throws SluiceException of kind TARGET
     */
    public <T> T withConnection(Work<T> work) {
        return retrying(() -> lend(work));
    }

    /** {@link #withConnection} without a result. */
    public void withConnectionDo(Action action) {
        withConnection(connection -> {
            action.run(connection);
            return Boolean.TRUE;
        });
    }

    /**
     * Lends a connection in one READ COMMITTED transaction, committed when the work returns and rolled back when it throws. The work is repeated after
     * transient failures, also when a failed commit leaves open whether it happened: it must be idempotent.
     *
     * @throws SluiceException of kind TARGET
     */
    public <T> T inTransaction(Work<T> work) {
        return retrying(() -> transactOnce(work));
    }

    /** {@link #inTransaction} without a result. */
    public void inTransactionDo(Action action) {
        inTransaction(connection -> {
            action.run(connection);
            return Boolean.TRUE;
        });
    }

    /** One transaction without repetition, for callers that have a policy of their own; failures come as they are. */
    public <T> T transactOnce(Work<T> work) throws SQLException {
        return lend(connection -> {
            connection.setAutoCommit(false);
            try {
                T result = work.run(connection);
                connection.commit();
                return result;
            } catch (SQLException | RuntimeException | Error e) {
                rollback(connection, e);
                throw e;
            }
        });
    }

    /** The failure in an operator's words. */
    public SluiceException explain(SQLException failure) {
        return TargetErrors.of(name, user, failure);
    }

    private <T> T lend(Work<T> work) throws SQLException {
        try (Connection connection = connection()) {
            try {
                return work.run(connection);
            } catch (SQLException e) {
                evictReadOnly(connection, e);
                throw e;
            }
        }
    }

    /** A session stays what it was made as; behind the same address another server may be the primary by now, or this one may let others write. */
    private void evictReadOnly(Connection connection, SQLException failure) {
        if (SqlStates.of(failure).equals(SqlStates.READ_ONLY)) {
            pool.evictConnection(connection);
        }
    }

    private Connection connection() throws SQLException {
        try {
            return pool.getConnection();
        } catch (RuntimeException e) {
            if (e.getCause() instanceof SQLException cause) {
                throw cause;
            }
            throw e;
        }
    }

    private <T> T retrying(RetryPolicy.Attempt<T> attempt) {
        try {
            return RetryPolicy.COMMAND.run(clock, RetryPolicy.Waiting.sleeping(), attempt);
        } catch (SQLException e) {
            throw explain(e);
        }
    }

    private static void rollback(Connection connection, Throwable failure) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            failure.addSuppressed(e);
        }
    }

    @Override
    public void close() {
        pool.close();
    }
}
