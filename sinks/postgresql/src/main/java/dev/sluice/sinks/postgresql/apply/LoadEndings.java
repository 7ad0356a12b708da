package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.DeferredIndexes;
import dev.sluice.sinks.postgresql.control.DeferredIndexes.Deferred;
import dev.sluice.sinks.postgresql.control.LoadedTables;
import dev.sluice.sinks.postgresql.database.SqlStates;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is done behind the load of a table: its deferred indexes are made again, and it is analyzed. Not while the lane is paused, which is perhaps for the sake of the target's locks. */
final class LoadEndings {
    private static final Logger LOG = LoggerFactory.getLogger(LoadEndings.class);

    private final TargetDatabase database;
    private final String pipeline;
    private final LaneCursor cursor;
    private final Workers workers;
    private final FaultPoints faults;
    private final Set<PGConnection> underWay = ConcurrentHashMap.newKeySet();

    LoadEndings(TargetDatabase database, String pipeline, LaneCursor cursor, Workers workers, FaultPoints faults) {
        this.database = database;
        this.pipeline = pipeline;
        this.cursor = cursor;
        this.workers = workers;
        this.faults = faults;
    }

    /** Work inside a transaction that holds the lane's epoch. */
    @FunctionalInterface
    private interface Work {
        void run(Connection connection) throws SQLException;
    }

    /**
     * Makes deferred indexes again, several at once.
     *
     * @return false when some are left because the lane is paused
     */
    boolean makeIndexes(Collection<TableId> loaded, Consumer<String> doing) throws SQLException {
        if (loaded.isEmpty()) {
            return true;
        }
        List<Deferred> deferred = database.transactOnce(connection -> DeferredIndexes.of(connection, pipeline, loaded));
        if (deferred.isEmpty()) {
            return true;
        }
        doing.accept("making " + deferred.size() + " deferred indexes again");
        List<Callable<Boolean>> builds = new ArrayList<>();
        deferred.forEach(index -> builds.add(() -> beside(connection -> {
            faults.before("rebuild index");
            cancellable(connection, () -> DeferredIndexes.rebuild(connection, pipeline, index));
            faults.before("commit index");
        })));
        return workers.together(builds).stream().allMatch(Boolean::booleanValue);
    }

    /**
     * Analyzes; what keeps PostgreSQL from it, as a vacuum of the table that is under way, is no reason to wait or to stop: the next start tries again.
     *
     * @return false when some are left because the lane is paused
     */
    boolean analyze(Collection<TableId> loaded, Consumer<String> doing) throws SQLException {
        boolean done = true;
        for (TableId table : loaded) {
            doing.accept("analyzing " + table);
            done &= analyze(table);
        }
        return done;
    }

    private boolean analyze(TableId table) throws SQLException {
        try {
            return beside(connection -> {
                faults.before("analyze " + table);
                if (!LoadedTables.analyze(connection, pipeline, table)) {
                    LOG.info("Table {} is not analyzed now: it is locked, or not the user's own", table);
                }
                faults.before("commit analyze");
            });
        } catch (SQLException e) {
            if (SqlStates.isTransient(e) && !SqlStates.of(e).equals(SqlStates.LOCK_NOT_AVAILABLE)) {
                throw e;
            }
            LOG.info(
                    "Table {} is not analyzed now: {}",
                    table,
                    database.explain(e).getMessage());
            return true;
        }
    }

    /** @return false while the lane is paused or replayed; then nothing was done */
    private boolean beside(Work work) throws SQLException {
        return database.transactOnce(connection -> {
            boolean may = cursor.share(connection);
            if (may) {
                patiently(connection, work);
            }
            return may;
        });
    }

    /** An index of a large table takes longer than any other statement; that the server is still there the network's own keep-alive tells. */
    private void patiently(Connection connection, Work work) throws SQLException {
        int before = connection.getNetworkTimeout();
        connection.setNetworkTimeout(Runnable::run, 0);
        try {
            work.run(connection);
        } finally {
            connection.setNetworkTimeout(Runnable::run, before);
        }
    }

    /** A statement that gives nothing back. */
    @FunctionalInterface
    private interface Statement {
        void execute() throws SQLException;
    }

    private void cancellable(Connection connection, Statement statement) throws SQLException {
        PGConnection running = connection.unwrap(PGConnection.class);
        underWay.add(running);
        try {
            statement.execute();
        } finally {
            underWay.remove(running);
        }
    }

    /** Ends the making of indexes, which is done another time. An ANALYZE takes seconds and is waited for. For any thread. */
    void cancel() {
        for (PGConnection connection : underWay) {
            try {
                connection.cancelQuery();
            } catch (SQLException e) {
                LOG.debug("A statement cannot be cancelled", e);
            }
        }
    }
}
