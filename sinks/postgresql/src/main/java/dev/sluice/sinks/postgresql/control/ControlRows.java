package dev.sluice.sinks.postgresql.control;

import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.database.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Questions to schema {@code sluice}, which must be there. */
final class ControlRows {
    private final Connection connection;
    private final String pipeline;

    ControlRows(Connection connection, String pipeline) {
        this.connection = connection;
        this.pipeline = pipeline;
    }

    /** Reads one row of a result. */
    @FunctionalInterface
    interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    <T> List<T> list(String sql, RowReader<T> reader) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, pipeline);
            try (ResultSet rows = query.executeQuery()) {
                List<T> list = new ArrayList<>();
                while (rows.next()) {
                    list.add(reader.read(rows));
                }
                return list;
            }
        }
    }

    Optional<PipelineRow> pipeline() throws SQLException {
        String sql =
                "SELECT pipeline_id, source_kind, format_version, first_sequence, created_at FROM sluice.pipelines WHERE pipeline = ?";
        return list(
                        sql,
                        row -> new PipelineRow(
                                pipeline,
                                row.getString(1),
                                row.getString(2),
                                row.getInt(3),
                                row.getLong(4),
                                row.getObject(5, OffsetDateTime.class).toInstant()))
                .stream()
                .findFirst();
    }

    List<TableId> tables() throws SQLException {
        return list(
                "SELECT table_name FROM sluice.tables WHERE pipeline = ? ORDER BY table_name",
                row -> TableId.parse(row.getString(1)));
    }

    List<TableId> tablesOfOtherPipelines() throws SQLException {
        return list(
                "SELECT DISTINCT table_name FROM sluice.tables WHERE pipeline <> ?",
                row -> TableId.parse(row.getString(1)));
    }

    boolean isLastPipeline() throws SQLException {
        return list("SELECT 1 FROM sluice.pipelines WHERE pipeline <> ?", row -> 1)
                .isEmpty();
    }

    List<String> lanes() throws SQLException {
        return list("SELECT lane FROM sluice.progress WHERE pipeline = ?", row -> row.getString(1));
    }

    List<PausedTrigger> triggers() throws SQLException {
        String sql =
                "SELECT table_name, trigger_name, previous_state FROM sluice.triggers WHERE pipeline = ? ORDER BY 1, 2";
        return list(sql, row -> new PausedTrigger(TableId.parse(row.getString(1)), row.getString(2), row.getString(3)));
    }

    /** A trigger that was disabled, and how it stood before. */
    record PausedTrigger(TableId table, String name, String previousState) {
        String restore() {
            String enable =
                    switch (previousState) {
                        case "R" -> "ENABLE REPLICA TRIGGER ";
                        case "A" -> "ENABLE ALWAYS TRIGGER ";
                        default -> "ENABLE TRIGGER ";
                    };
            return "ALTER TABLE " + Sql.quote(table) + " " + enable + Sql.quote(name);
        }
    }

    long largestProgress() throws SQLException {
        return list("SELECT coalesce(max(sequence), 0) FROM sluice.progress WHERE pipeline = ?", row -> row.getLong(1))
                .get(0);
    }

    static long largestRowSequence(Connection connection, Collection<TableId> tables) throws SQLException {
        long largest = 0;
        try (Statement query = connection.createStatement()) {
            for (TableId table : tables) {
                String sql = "SELECT coalesce(max(" + Sql.quote(Sql.SEQUENCE_COLUMN) + "), 0) FROM " + Sql.quote(table);
                try (ResultSet row = query.executeQuery(sql)) {
                    largest = row.next() ? Math.max(largest, row.getLong(1)) : largest;
                }
            }
        }
        return largest;
    }
}
