package dev.sluice.sinks.postgresql.database;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What an SQLSTATE means for whoever gets it. */
public final class SqlStates {
    static final String READ_ONLY = "25006";

    /** Somebody holds a lock for longer than may be waited for. */
    public static final String LOCK_NOT_AVAILABLE = "55P03";

    private static final String CONNECTION_EXCEPTION = "08006";
    /** By somebody, or by a time limit that somebody set. */
    private static final String CANCELED = "57014";

    private static final Set<String> TRANSIENT = Set.of("40001", "40P01", "55P03", "25P04", READ_ONLY, CANCELED);

    private SqlStates() {}

    /** The state of the first failure in the chain that has one; a connection that the pool could not give counts as a connection failure. */
    public static String of(SQLException failure) {
        @Nullable Throwable cause = failure;
        while (cause != null) {
            if (cause instanceof SQLException sql && sql.getSQLState() != null && !isPool(sql)) {
                return sql.getSQLState();
            }
            cause = cause.getCause();
        }
        return failure instanceof SQLTransientConnectionException ? CONNECTION_EXCEPTION : "";
    }

    /**
     * Whether the same work may succeed later without anybody changing anything here: lost connections, deadlocks, lack of resources, shutdowns, locks and time limits of
     * others, a standby that answers during a failover.
     */
    public static boolean isTransient(SQLException failure) {
        String state = of(failure);
        return state.startsWith("08")
                || state.startsWith("53")
                || state.startsWith("57P0")
                || TRANSIENT.contains(state);
    }

    private static boolean isPool(SQLException failure) {
        return failure instanceof SQLTransientConnectionException && failure.getCause() instanceof SQLException;
    }
}
