package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.catalog.TargetColumn;
import dev.sluice.sinks.postgresql.database.Sql;
import dev.sluice.sinks.postgresql.database.SqlStates;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * Asks PostgreSQL about one expression, in a transaction that is rolled back: whether it is one expression and nothing beside it, over the columns that travel and nothing else, of a type
 * that the column takes, and the same whenever the same row is written.
 *
 * @param visible columns that the expression may name
 * @param column that it is for
 */
record ExpressionProbe(TableId table, List<String> visible, TargetColumn column, String expression) {
    private static final String INSUFFICIENT_PRIVILEGE = "42501";
    private static final String NOT_PULLED_UP = "\"Node Type\": \"Subquery Scan\"";
    private static final String NODE = "\"Node Type\": ";

    /** What is wrong, and what to do about it. Neither holds a value of a row. */
    record Problem(String message, String action) {}

    ExpressionProbe {
        visible = List.copyOf(visible);
    }

    /** @throws SQLException when PostgreSQL cannot be asked */
    Optional<Problem> problem(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        try {
            return ask(connection);
        } catch (SQLException e) {
            if (SqlStates.isTransient(e)) {
                throw e;
            }
            return Optional.of(refused("PostgreSQL says: " + said(e)));
        } finally {
            // The pool gives a connection up that met something unsupported, such as a subquery in a constraint.
            if (!connection.isClosed()) {
                connection.rollback();
                connection.setAutoCommit(true);
            }
        }
    }

    private Optional<Problem> ask(Connection connection) throws SQLException {
        if (expression.indexOf('\0') >= 0) {
            return Optional.of(refused("a text without a NUL character was expected"));
        }
        if (Sql.hasParameter(expression)) {
            return Optional.of(refused("it has a parameter, for which there is no value"));
        }
        Optional<Problem> denied = makeRow(connection);
        if (denied.isPresent()) {
            return denied;
        }
        // Without parentheses around it, which ends "1), (1"; with them, which ends "1 FROM others" and statements.
        String from = " FROM (SELECT " + Sql.quoteAll(visible) + " FROM " + row() + ") AS " + Sql.quote(table.name());
        if (columns(connection, "SELECT\n" + Sql.literally(expression) + "\n" + from) != 1) {
            return Optional.of(refused("it is more than one expression"));
        }
        String computed = DerivedColumns.computed(expression, column);
        columns(connection, "SELECT " + computed + from);
        // A check constraint takes no subquery, no aggregate, no window, no set, no parameter.
        execute(connection, "ALTER TABLE " + row() + " ADD CHECK (" + computed + " IS NULL)");
        return isVolatile(connection, computed)
                ? Optional.of(
                        new Problem(
                                "it calls a volatile function: the column would get another value whenever the row is written",
                                "give the column a DEFAULT in the target instead, which PostgreSQL evaluates once, when the row is inserted"))
                : Optional.empty();
    }

    /** A table of the columns that travel, with their types. */
    private Optional<Problem> makeRow(Connection connection) throws SQLException {
        try {
            execute(
                    connection,
                    "CREATE TEMPORARY TABLE " + Sql.quote(table.name()) + " ON COMMIT DROP AS SELECT "
                            + Sql.quoteAll(visible) + " FROM " + Sql.quote(table) + " WITH NO DATA");
            return Optional.empty();
        } catch (SQLException e) {
            if (SqlStates.of(e).equals(INSUFFICIENT_PRIVILEGE)) {
                return Optional.of(new Problem(
                        "it cannot be checked: " + said(e),
                        "GRANT TEMPORARY ON DATABASE, and SELECT on the table, to the user of target.url"));
            }
            throw e;
        }
    }

    private String row() {
        return "pg_temp." + Sql.quote(table.name());
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Parses and does not run it. */
    private static int columns(Connection connection, String sql) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            ResultSetMetaData columns = statement.getMetaData();
            return columns == null ? 0 : columns.getColumnCount();
        }
    }

    /** The planner keeps a subquery apart whose result could be another one each time; whatever else is in it, it merges with what is around it. */
    private boolean isVolatile(Connection connection, String computed) throws SQLException {
        String sql = "EXPLAIN (FORMAT JSON) SELECT q.v IS NULL FROM (SELECT " + computed + " AS v FROM " + row()
                + " AS " + Sql.quote(table.name()) + ") AS q";
        try (PreparedStatement explain = connection.prepareStatement(sql);
                ResultSet plan = explain.executeQuery()) {
            plan.next();
            String text = plan.getString(1);
            return text.indexOf(NOT_PULLED_UP) >= 0 && text.indexOf(NOT_PULLED_UP) == text.indexOf(NODE);
        }
    }

    private Problem refused(String message) {
        return new Problem(
                message, "correct the expr; it is one SQL expression over the columns " + String.join(", ", visible));
    }

    private static String said(SQLException failure) {
        ServerErrorMessage server = failure instanceof PSQLException postgres ? postgres.getServerErrorMessage() : null;
        if (server == null) {
            return String.valueOf(failure.getMessage());
        }
        return server.getMessage() + (server.getHint() == null ? "" : " (" + server.getHint() + ")");
    }
}
