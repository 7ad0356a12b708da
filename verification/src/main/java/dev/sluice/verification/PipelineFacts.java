package dev.sluice.verification;

import dev.sluice.producers.api.ColumnRules;
import dev.sluice.schemas.event.Transformed;
import dev.sluice.schemas.relational.TableId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What a pipeline says of itself in schema {@code sluice}, as far as comparisons ask. Used inside transactions that the caller holds; any thread. */
final class PipelineFacts {
    private final String pipeline;

    PipelineFacts(String pipeline) {
        this.pipeline = pipeline;
    }

    /** The newest applied sequence of a lane; 0 for none. */
    long applied(Connection connection, String lane) throws SQLException {
        try (PreparedStatement query =
                connection.prepareStatement("SELECT sequence FROM sluice.progress WHERE pipeline = ? AND lane = ?")) {
            query.setString(1, pipeline);
            query.setString(2, lane);
            try (ResultSet row = query.executeQuery()) {
                return row.next() ? row.getLong(1) : 0;
            }
        }
    }

    /** Whether rows of a table may be there that the lane's cursor does not speak of: it is read as a whole, or the lane replays. */
    boolean isLoading(Connection connection, TableId table, String lane) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(
                "SELECT phase <> 'live' OR EXISTS (SELECT FROM sluice.replays r WHERE r.pipeline = t.pipeline AND r.lane = ?"
                        + " AND r.state IN ('asked', 'indexing', 'applying')) FROM sluice.tables t WHERE pipeline = ? AND table_name = ?")) {
            query.setString(1, lane);
            query.setString(2, pipeline);
            query.setString(3, table.toString());
            try (ResultSet row = query.executeQuery()) {
                return row.next() && row.getBoolean(1);
            }
        }
    }

    /** Columns of which a rule has changed values since the table was first read. */
    List<String> changedColumns(Connection connection, TableId table) throws SQLException {
        String sql =
                "SELECT DISTINCT column_name, rule FROM sluice.transformed WHERE pipeline = ? AND table_name = ? AND column_name <> '' ORDER BY 1";
        Set<String> columns = new LinkedHashSet<>();
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, pipeline);
            query.setString(2, table.toString());
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    String rule = row.getString(2);
                    if (!ColumnRules.isNotation(rule) && !rule.equals(Transformed.SET_NULL)) {
                        columns.add(row.getString(1));
                    }
                }
            }
        }
        return List.copyOf(columns);
    }
}
