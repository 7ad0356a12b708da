package dev.sluice.sinks.postgresql.control;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.database.Sql;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Questions to schema {@code sluice}, which must be there. */
final class ControlRows {
    /** The columns pipeline, lane, tables and first sequence of every pipeline's lanes, from the tables of version 1. */
    static final String LANES_OF_VERSION_1 = "SELECT p.pipeline, p.lane, ARRAY(SELECT t.table_name FROM sluice.tables t"
            + " WHERE t.pipeline = p.pipeline ORDER BY 1), i.first_sequence FROM sluice.progress p JOIN sluice.pipelines i USING (pipeline)";

    private final Connection connection;
    private final String pipeline;

    ControlRows(Connection connection, String pipeline) {
        this.connection = connection;
        this.pipeline = pipeline;
    }

    /** Reads one row of a result. */
    @FunctionalInterface
    interface RowReader<T extends @Nullable Object> {
        T read(ResultSet row) throws SQLException;
    }

    /**
     * Before a person looks into, or changes, what the pipeline has written.
     *
     * @throws SluiceException of kind REFUSED when the pipeline is not prepared, or by a Sluice whose tables lack what is asked for
     */
    void require(int version) throws SQLException {
        if (!ControlSchema.exists(connection) || pipeline().isEmpty()) {
            throw SluiceException.of(
                    ErrorKind.REFUSED, "pipeline " + pipeline + " is not prepared in the target. Run: sluice prepare");
        }
        if (!ControlSchema.isAtLeast(version, connection)) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "schema sluice of the target is of an older version of Sluice. Run: sluice prepare, which brings it up to date");
        }
    }

    <T extends @Nullable Object> List<T> list(String sql, RowReader<T> reader) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, pipeline);
            return read(query, reader);
        }
    }

    static <T extends @Nullable Object> List<T> read(PreparedStatement query, RowReader<T> reader) throws SQLException {
        try (ResultSet rows = query.executeQuery()) {
            List<T> list = new ArrayList<>();
            while (rows.next()) {
                list.add(reader.read(rows));
            }
            return list;
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

    /** The columns that travel, by table; empty where an older version prepared it. */
    Map<TableId, List<String>> columns() throws SQLException {
        Map<TableId, List<String>> columns = new TreeMap<>();
        if (ControlSchema.isAtLeast(ControlSchema.WITH_LANES, connection)) {
            list(
                    "SELECT table_name, columns FROM sluice.tables WHERE pipeline = ?",
                    row -> columns.put(TableId.parse(row.getString(1)), List.of(texts(row.getArray(2)))));
        }
        return columns;
    }

    /** Tables whose shape was left alone. */
    Set<TableId> unguarded() throws SQLException {
        return ControlSchema.isAtLeast(ControlSchema.WITH_REPLAYS, connection)
                ? Set.copyOf(list(
                        "SELECT table_name FROM sluice.tables WHERE pipeline = ? AND guard = 'none'",
                        row -> TableId.parse(row.getString(1))))
                : Set.of();
    }

    /** Names of other pipelines by table that they capture; of several, the first. */
    Map<TableId, String> tablesOfOtherPipelines() throws SQLException {
        Map<TableId, String> others = new TreeMap<>();
        list(
                "SELECT table_name, min(pipeline) FROM sluice.tables WHERE pipeline <> ? GROUP BY table_name",
                row -> others.put(TableId.parse(row.getString(1)), row.getString(2)));
        return others;
    }

    boolean isLastPipeline() throws SQLException {
        return list("SELECT 1 FROM sluice.pipelines WHERE pipeline <> ?", row -> 1)
                .isEmpty();
    }

    /** The lanes that are not retired; empty where there are none. */
    Optional<StoredLayout> layout() throws SQLException {
        String current = "SELECT pipeline, lane, tables, first_sequence, ancestors FROM sluice.lanes"
                + " WHERE pipeline = ? AND state IS DISTINCT FROM 'retired' ORDER BY lane";
        String older = "SELECT l.*, '{}'::text[] FROM (" + LANES_OF_VERSION_1 + ") l WHERE pipeline = ? ORDER BY lane";
        List<StoredLayout.Lane> lanes = list(
                ControlSchema.isAtLeast(ControlSchema.WITH_LANES, connection) ? current : older,
                row -> new StoredLayout.Lane(
                        row.getString(2), tableSet(row.getArray(3)), row.getLong(4), List.of(texts(row.getArray(5)))));
        return lanes.isEmpty() ? Optional.empty() : Optional.of(new StoredLayout(lanes));
    }

    private static SortedSet<TableId> tableSet(Array names) throws SQLException {
        SortedSet<TableId> tables = new TreeSet<>();
        for (String name : texts(names)) {
            tables.add(TableId.parse(name));
        }
        return tables;
    }

    private static String[] texts(Array array) throws SQLException {
        return (String[]) array.getArray();
    }

    /** The newest applied sequence by lane. */
    Map<String, Long> applied() throws SQLException {
        Map<String, Long> applied = new TreeMap<>();
        list(
                "SELECT lane, sequence FROM sluice.progress WHERE pipeline = ?",
                row -> applied.put(row.getString(1), row.getLong(2)));
        return applied;
    }

    /** The number of waiting, stale and held rows by table, where there are any. */
    Map<TableId, Long> waiting() throws SQLException {
        Map<TableId, Long> waiting = new TreeMap<>();
        list(
                "SELECT table_name, count(*) FROM sluice.waiting WHERE pipeline = ? GROUP BY table_name",
                row -> waiting.put(TableId.parse(row.getString(1)), row.getLong(2)));
        return waiting;
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

    /** A table that holds the keys of a comparison under way. */
    record NotedKeys(TableId table, String name) {
        String drop() {
            return "DROP TABLE IF EXISTS sluice." + Sql.quote(name);
        }
    }

    /** Those that are there; a server that crashed keeps them, empty. */
    List<NotedKeys> notedKeys() throws SQLException {
        if (!ControlSchema.isAtLeast(ControlSchema.WITH_VERIFICATIONS, connection)) {
            return List.of();
        }
        String sql = """
                SELECT v.table_name, c.relname FROM sluice.verified_tables v
                JOIN pg_catalog.pg_class c ON c.relnamespace = 'sluice'::regnamespace AND c.relname = 'verified_keys_' || v.verification || '_' || v.ordinal
                WHERE v.pipeline = ? ORDER BY 2""";
        return list(sql, row -> new NotedKeys(TableId.parse(row.getString(1)), row.getString(2)));
    }

    /** Deferred indexes that nobody has made again. */
    List<DeferredIndexes.Deferred> missingIndexes() throws SQLException {
        if (!ControlSchema.isAtLeast(ControlSchema.WITH_REPLAYS, connection)) {
            return List.of();
        }
        List<DeferredIndexes.Deferred> missing = new ArrayList<>();
        for (DeferredIndexes.Deferred index : DeferredIndexes.of(connection, pipeline, tables())) {
            if (!DeferredIndexes.exists(connection, index)) {
                missing.add(index);
            }
        }
        return missing;
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
