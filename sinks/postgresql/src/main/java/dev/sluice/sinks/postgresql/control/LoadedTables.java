package dev.sluice.sinks.postgresql.control;

import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.database.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * What {@code sluice.tables} says of the loading of tables.
 *
 * @param loading a snapshot is under way
 * @param finished loaded, with or without what has to be done behind it
 * @param notAnalyzed loaded, and not analyzed since
 */
public record LoadedTables(List<TableId> loading, List<TableId> finished, List<TableId> notAnalyzed) {
    private static final int LOCK_MILLIS = 2_000;

    public static LoadedTables read(Connection connection, String pipeline) throws SQLException {
        ControlRows rows = new ControlRows(connection, pipeline);
        return new LoadedTables(
                tables(rows, "phase = 'loading'"),
                tables(rows, "phase <> 'loading'"),
                tables(rows, "phase = 'live' AND analyzed_at IS NULL"));
    }

    private static List<TableId> tables(ControlRows rows, String condition) throws SQLException {
        return rows.list(
                "SELECT table_name FROM sluice.tables WHERE pipeline = ? AND " + condition + " ORDER BY table_name",
                row -> TableId.parse(row.getString(1)));
    }

    public static boolean isEmpty(Connection connection, TableId table) throws SQLException {
        try (Statement query = connection.createStatement();
                ResultSet row = query.executeQuery("SELECT NOT EXISTS (SELECT 1 FROM " + Sql.quote(table) + ")")) {
            return row.next() && row.getBoolean(1);
        }
    }

    /**
     * Nothing but statistics changes. What is locked is left out, and what the user may not analyze, with a warning of PostgreSQL's; then the table does not count as analyzed.
     *
     * @return whether it was analyzed
     */
    public static boolean analyze(Connection connection, String pipeline, TableId table) throws SQLException {
        try (Statement analyze = connection.createStatement()) {
            analyze.execute("SET LOCAL lock_timeout = " + LOCK_MILLIS);
            analyze.execute("ANALYZE (SKIP_LOCKED) " + Sql.quote(table));
            if (analyze.getWarnings() != null) {
                return false;
            }
        }
        try (PreparedStatement update = connection.prepareStatement(
                "UPDATE sluice.tables SET analyzed_at = clock_timestamp() WHERE pipeline = ? AND table_name = ?")) {
            update.setString(1, pipeline);
            update.setString(2, table.toString());
            update.executeUpdate();
        }
        return true;
    }
}
