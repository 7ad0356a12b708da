package dev.sluice.sinks.postgresql.database;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.jspecify.annotations.Nullable;

/** What an SQLSTATE means for whoever gets it. */
public final class SqlStates {
    private static final String CONNECTION_EXCEPTION = "08006";

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

    /** Whether the same work may succeed later without anybody changing anything: lost connections, deadlocks, lack of resources, shutdowns. */
    public static boolean isTransient(SQLException failure) {
        String state = of(failure);
        return state.startsWith("08")
                || state.startsWith("53")
                || state.startsWith("57P0")
                || state.equals("40001")
                || state.equals("40P01");
    }

    private static boolean isPool(SQLException failure) {
        return failure instanceof SQLTransientConnectionException && failure.getCause() instanceof SQLException;
    }
}
