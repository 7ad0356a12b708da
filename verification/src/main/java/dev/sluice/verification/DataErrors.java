package dev.sluice.verification;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Errors of PostgreSQL that say something of a value, and nothing of the server or the statement. */
final class DataErrors {
    private DataErrors() {}

    /** Whether it, or what caused it, is one: a value that its type does not take, or that no index can hold. */
    static boolean isOne(@Nullable Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && isOne(sql.getSQLState())) {
                return true;
            }
        }
        return false;
    }

    /** Classes 22 (data), 23 (a domain's CHECK) and 54 (limits); 42601 is what the input functions of some types say. */
    private static boolean isOne(@Nullable String state) {
        return state != null
                && (state.startsWith("22")
                        || state.startsWith("23")
                        || state.startsWith("54")
                        || state.equals("42601"));
    }
}
