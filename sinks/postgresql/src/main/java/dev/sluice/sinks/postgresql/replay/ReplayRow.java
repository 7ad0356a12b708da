package dev.sluice.sinks.postgresql.replay;

import dev.sluice.sinks.postgresql.ordered.LanePosition;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A row of {@code sluice.replays} whose replay is under way.
 *
 * @param high the newest sequence that is replayed; -1 before the replay has begun
 * @param highOffset of the last record that is replayed
 * @param truncated the tables were emptied
 * @param indexed the newest sequence that is indexed
 * @param indexedOffset of the newest record that is indexed; -1 for none
 */
record ReplayRow(
        long id,
        State state,
        long from,
        long high,
        long highOffset,
        Set<String> tables,
        boolean truncates,
        boolean truncated,
        long indexed,
        long indexedOffset) {
    /** What a replay is doing. */
    enum State {
        ASKED,
        INDEXING,
        APPLYING;

        private static State of(String text) {
            return switch (text) {
                case "asked" -> ASKED;
                case "indexing" -> INDEXING;
                case "applying" -> APPLYING;
                default -> throw new IllegalStateException("a replay under way is in state " + text);
            };
        }
    }

    ReplayRow {
        tables = Set.copyOf(tables);
    }

    /** Whether there is more to be indexed. */
    boolean hasMore() {
        return indexedOffset < highOffset && from <= high;
    }

    static Optional<ReplayRow> underWay(Connection connection, String pipeline, String lane) throws SQLException {
        String sql = """
                SELECT id, state, from_sequence, coalesce(high_sequence, -1), coalesce(high_offset, -1), tables, truncates, truncated, indexed, indexed_offset
                FROM sluice.replays WHERE pipeline = ? AND lane = ? AND state IN ('asked', 'indexing', 'applying')""";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, pipeline);
            query.setString(2, lane);
            try (ResultSet row = query.executeQuery()) {
                return row.next() ? Optional.of(read(row)) : Optional.empty();
            }
        }
    }

    private static ReplayRow read(ResultSet row) throws SQLException {
        return new ReplayRow(
                row.getLong(1),
                State.of(row.getString(2)),
                row.getLong(3),
                row.getLong(4),
                row.getLong(5),
                Set.copyOf(List.of((String[]) row.getArray(6).getArray())),
                row.getBoolean(7),
                row.getBoolean(8),
                row.getLong(9),
                row.getLong(10));
    }

    /** The tables, each with the first sequence in which it stands as it is captured now; 0 for the lane's beginning. */
    Map<String, Long> beginnings(Connection connection) throws SQLException {
        Map<String, Long> beginnings = new HashMap<>();
        tables.forEach(table -> beginnings.put(table, 0L));
        String sql =
                "SELECT t.table_name, t.since FROM sluice.tables t JOIN sluice.replays r USING (pipeline) WHERE r.id = ? AND t.since IS NOT NULL";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setLong(1, id);
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    beginnings.replace(row.getString(1), row.getLong(2));
                }
            }
        }
        return beginnings;
    }

    /** Everything up to where the lane stands is to be indexed, from the beginning. Where it ended once is where it ends. */
    void index(Connection connection, LanePosition end) throws SQLException {
        update(
                connection,
                "state = 'indexing', high_sequence = coalesce(high_sequence, ?), high_offset = coalesce(high_offset, ?), indexed = from_sequence - 1,"
                        + " indexed_offset = -1, total = NULL, applied = 0",
                end.sequence(),
                end.offset());
    }

    void indexed(Connection connection, long sequence, long offset) throws SQLException {
        update(connection, "indexed = ?, indexed_offset = ?", sequence, offset);
    }

    /** @param total records that are to be applied */
    void apply(Connection connection, long total) throws SQLException {
        update(connection, "state = 'applying', total = ?, truncated = truncates", total);
    }

    void applied(Connection connection, long records, long refused) throws SQLException {
        update(connection, "applied = applied + ?, refused = refused + ?", records, refused);
    }

    void done(Connection connection) throws SQLException {
        update(connection, "state = 'done', ended_at = clock_timestamp()");
    }

    /** @param kind what an operator can act on */
    void failed(Connection connection, String kind, String message) throws SQLException {
        update(connection, "state = 'failed', ended_at = clock_timestamp(), failure = ?, message = ?", kind, message);
    }

    private void update(Connection connection, String set, Object... values) throws SQLException {
        try (PreparedStatement update =
                connection.prepareStatement("UPDATE sluice.replays SET " + set + " WHERE id = ?")) {
            int parameter = 1;
            for (Object value : values) {
                update.setObject(parameter++, value);
            }
            update.setLong(parameter, id);
            update.executeUpdate();
        }
    }
}
