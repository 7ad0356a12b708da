package dev.sluice.sinks.postgresql.database;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** Says in an operator's words what a failure of the target is. */
final class TargetErrors {
    private TargetErrors() {}

    static SluiceException of(String target, @Nullable String user, SQLException failure) {
        return SluiceException.of(ErrorKind.TARGET, message(target, user, SqlStates.of(failure), failure), failure);
    }

    private static String message(String target, @Nullable String user, String state, SQLException failure) {
        String name = user == null ? "the user" : "user " + user;
        String said = said(failure);
        return switch (state) {
            case "28P01" ->
                "PostgreSQL at " + target + " refuses the password of " + name + ". Correct target.password.";
            case "28000" ->
                "PostgreSQL at " + target + " does not let " + name + " in: " + said
                        + ". Check the user and pg_hba.conf.";
            case "3D000" ->
                "PostgreSQL at " + target + " has no such database: " + said + ". Create it or correct target.url.";
            case "42501" ->
                "PostgreSQL at " + target + " denies " + name + " a privilege: " + said + ". Grant it, or make " + name
                        + " owner of the tables.";
            case "25006" ->
                "PostgreSQL at " + target + " is read-only: " + said + ". Point target.url at the primary server.";
            case "08001", "08004", "08006" ->
                "PostgreSQL at " + target + " cannot be reached: " + said
                        + ". Check host and port of target.url and that the server is running.";
            case "55P03" ->
                "PostgreSQL at " + target + " is waited for: " + said
                        + ". It goes on when the lock is given back; end that session if it should not be there.";
            case "53100" ->
                "PostgreSQL at " + target + " has no space left: " + said
                        + ". It goes on when there is; nothing is lost meanwhile.";
            case "53300" ->
                "PostgreSQL at " + target + " has too many connections: " + said
                        + ". Raise the limit, or end sessions that are not needed.";
            case "57014" -> "PostgreSQL at " + target + " gave a statement up: " + said + ". It is tried again.";
            case "57P01", "57P02", "57P03" ->
                "PostgreSQL at " + target + " is stopping or starting: " + said
                        + ". Wait until the server accepts connections.";
            default ->
                "PostgreSQL at " + target + " failed with SQLSTATE " + (state.isEmpty() ? "unknown" : state) + ": "
                        + said;
        };
    }

    /** The server's own first line, without its detail, which may hold values; or the driver's words for a connection that failed. */
    private static String said(SQLException failure) {
        @Nullable Throwable cause = failure;
        String words = failure.getClass().getSimpleName();
        while (cause != null) {
            if (cause instanceof PSQLException postgres) {
                ServerErrorMessage server = postgres.getServerErrorMessage();
                String message = server == null ? postgres.getMessage() : server.getMessage();
                return trimmed(message == null ? words : message);
            }
            words = cause.getMessage() == null ? words : cause.getMessage();
            cause = cause.getCause();
        }
        return trimmed(words);
    }

    private static String trimmed(String text) {
        String line = text.lines().findFirst().orElse("").strip();
        return line.endsWith(".") ? line.substring(0, line.length() - 1) : line;
    }
}
