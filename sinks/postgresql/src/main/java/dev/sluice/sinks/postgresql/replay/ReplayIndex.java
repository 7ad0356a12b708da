package dev.sluice.sinks.postgresql.replay;

import dev.sluice.sinks.postgresql.apply.ControlText;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * {@code sluice.replay_rows} of one replay: what is still to be applied. The table is not logged: after a crash of the server it is empty, which a row shows that
 * stands there as long as the replay lasts.
 */
final class ReplayIndex {
    private final String pipeline;
    private final long replay;

    ReplayIndex(String pipeline, long replay) {
        this.pipeline = pipeline;
        this.replay = replay;
    }

    /** A row that has something to be applied. */
    record Row(String table, String key) {}

    /** One record of a row. */
    @SuppressWarnings("ArrayRecordComponent") // shared, not copied, and never compared
    record Stored(Row row, byte[] header, byte[] value) {}

    /** A place in the order of application. */
    record Place(int rank, long sequence) {
        static final Place BEGIN = new Place(0, 0);
    }

    /**
     * Rows that are next.
     *
     * @param end where the last of them stands
     */
    record Heads(List<Row> rows, Place begin, Place end) {}

    void begin(Connection connection) throws SQLException {
        clear(connection);
        String sql = """
                INSERT INTO sluice.replay_rows (pipeline, replay, rank, table_name, key, sequence, unchanged, header, value)
                VALUES (?, ?, ?, '', '', 0, '[]', '', '')""";
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            bind(insert, 1);
            insert.setInt(3, Ranks.MARK);
            insert.executeUpdate();
        }
    }

    /** Whether everything that was put into it is still there, or applied. */
    boolean isThere(Connection connection) throws SQLException {
        // Nobody has analyzed what was just written: rows are looked up by key, and read in the order of an index,
        // whatever
        // the planner guesses.
        String sql = """
                SELECT set_config('enable_bitmapscan', 'off', true), set_config('enable_sort', 'off', true), EXISTS (SELECT 1 FROM sluice.replay_rows
                  WHERE pipeline = ? AND replay = ? AND table_name = '' AND key = '' AND sequence = 0)""";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            bind(query, 1);
            try (ResultSet row = query.executeQuery()) {
                return row.next() && row.getBoolean(3);
            }
        }
    }

    void clear(Connection connection) throws SQLException {
        try (PreparedStatement delete =
                connection.prepareStatement("DELETE FROM sluice.replay_rows WHERE pipeline = ? AND replay = ?")) {
            bind(delete, 1);
            delete.executeUpdate();
        }
    }

    /** Records in all. */
    long size(Connection connection) throws SQLException {
        String sql = "SELECT count(*) FROM sluice.replay_rows WHERE (replay + 0) = ? AND rank >= 0";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setLong(1, replay);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    /** Adds what is newer than everything that is there. */
    void add(Connection connection, Newest newest) throws SQLException {
        for (Map.Entry<String, Long> table : newest.truncated().entrySet()) {
            truncate(connection, table.getKey(), table.getValue());
        }
        List<Entry> entries = newest.entries();
        if (!entries.isEmpty()) {
            replace(connection, entries);
            insert(connection, entries);
        }
    }

    private void truncate(Connection connection, String table, long sequence) throws SQLException {
        String sql =
                "DELETE FROM sluice.replay_rows WHERE pipeline = ? AND replay = ? AND table_name = ? AND sequence < ?";
        try (PreparedStatement delete = connection.prepareStatement(sql)) {
            bind(delete, 1);
            delete.setString(3, table);
            delete.setLong(4, sequence);
            delete.executeUpdate();
        }
    }

    private void replace(Connection connection, List<Entry> entries) throws SQLException {
        String sql = """
                DELETE FROM sluice.replay_rows WHERE ctid = ANY (ARRAY(
                  SELECT older.ctid FROM unnest(?::text[], ?::text[], ?::bigint[], ?::text[]) AS u(table_name, key, sequence, unchanged)
                  CROSS JOIN LATERAL (SELECT r.ctid FROM sluice.replay_rows r WHERE r.pipeline = ? AND r.replay = ? AND r.table_name = u.table_name
                    AND r.key = u.key AND r.sequence < u.sequence AND r.unchanged @> u.unchanged::jsonb OFFSET 0) older))""";
        try (PreparedStatement delete = connection.prepareStatement(sql)) {
            delete.setArray(1, texts(connection, entries.stream().map(Entry::table)));
            delete.setArray(2, texts(connection, entries.stream().map(Entry::key)));
            delete.setArray(
                    3,
                    connection.createArrayOf(
                            "bigint", entries.stream().map(Entry::sequence).toArray(Long[]::new)));
            delete.setArray(4, texts(connection, entries.stream().map(Entry::unchangedText)));
            bind(delete, 5);
            delete.executeUpdate();
        }
    }

    private void insert(Connection connection, List<Entry> entries) throws SQLException {
        String sql = """
                INSERT INTO sluice.replay_rows (pipeline, replay, table_name, key, sequence, unchanged, rank, header, value)
                SELECT ?, ?, u.t, u.k, u.s, u.c::jsonb, u.r, u.h, u.v
                FROM unnest(?::text[], ?::text[], ?::bigint[], ?::text[], ?::integer[], ?::bytea[], ?::bytea[]) AS u(t, k, s, c, r, h, v)
                ON CONFLICT (pipeline, replay, table_name, key, sequence) DO UPDATE
                  SET unchanged = excluded.unchanged, rank = excluded.rank, header = excluded.header, value = excluded.value""";
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            bind(insert, 1);
            insert.setArray(3, texts(connection, entries.stream().map(Entry::table)));
            insert.setArray(4, texts(connection, entries.stream().map(Entry::key)));
            insert.setArray(
                    5,
                    connection.createArrayOf(
                            "bigint", entries.stream().map(Entry::sequence).toArray(Long[]::new)));
            insert.setArray(6, texts(connection, entries.stream().map(Entry::unchangedText)));
            insert.setArray(
                    7,
                    connection.createArrayOf(
                            "integer", entries.stream().map(Entry::rank).toArray(Integer[]::new)));
            insert.setArray(
                    8,
                    connection.createArrayOf(
                            "bytea", entries.stream().map(Entry::header).toArray(byte[][]::new)));
            insert.setArray(
                    9,
                    connection.createArrayOf(
                            "bytea", entries.stream().map(Entry::value).toArray(byte[][]::new)));
            insert.executeUpdate();
        }
    }

    /**
     * Takes out what would delete from tables that are empty: truncates, and of some tables deletes with the parts of rows behind them.
     *
     * @param tables whose rows do not say how new they are. There a delete would take a row that came after it under another spelling of the key; of the others it stays, for such a row that came before
     */
    void removeDeletes(Connection connection, Collection<String> tables) throws SQLException {
        String sql = """
                DELETE FROM sluice.replay_rows r WHERE r.pipeline = ? AND r.replay = ? AND (r.key = ? OR r.table_name = ANY (?))
                  AND EXISTS (SELECT 1 FROM sluice.replay_rows d WHERE d.pipeline = r.pipeline AND d.replay = r.replay AND d.table_name = r.table_name
                    AND d.key = r.key AND d.sequence <= r.sequence AND d.rank >= ?)""";
        try (PreparedStatement delete = connection.prepareStatement(sql)) {
            bind(delete, 1);
            delete.setString(3, ControlText.WHOLE_TABLE);
            delete.setArray(4, texts(connection, tables.stream()));
            delete.setInt(5, Ranks.firstDelete());
            delete.executeUpdate();
        }
    }

    /** One record of each shape that a table's rows were written in: bytes 1 to 4 are the schema's number. */
    List<Stored> shapes(Connection connection) throws SQLException {
        String sql = """
                SELECT r.table_name, r.key, r.header, r.value FROM sluice.replay_rows r
                WHERE r.ctid = ANY (ARRAY(SELECT min(ctid) FROM sluice.replay_rows
                  WHERE pipeline = ? AND replay = ? AND rank >= 0 GROUP BY table_name, substring(value FROM 2 FOR 4)))""";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            bind(query, 1);
            return stored(query);
        }
    }

    private static List<Stored> stored(PreparedStatement query) throws SQLException {
        List<Stored> records = new ArrayList<>();
        try (ResultSet found = query.executeQuery()) {
            while (found.next()) {
                records.add(new Stored(
                        new Row(found.getString(1), found.getString(2)), found.getBytes(3), found.getBytes(4)));
            }
        }
        return records;
    }

    /** The next rows at a place or behind it, of one round; at least one if there is one. */
    Heads heads(Connection connection, Place from, int most, long mostBytes) throws SQLException {
        String sql = """
                SELECT table_name, key, rank, sequence, octet_length(value) FROM sluice.replay_rows
                WHERE (replay + 0) = ? AND (rank, sequence) >= (?, ?) ORDER BY rank, sequence LIMIT ?""";
        Set<Row> rows = new LinkedHashSet<>();
        Place begin = from;
        Place end = from;
        long bytes = 0;
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setLong(1, replay);
            query.setInt(2, from.rank());
            query.setLong(3, from.sequence());
            query.setInt(4, most);
            try (ResultSet found = query.executeQuery()) {
                while (found.next() && (rows.isEmpty() || bytes < mostBytes)) {
                    Place place = new Place(found.getInt(3), found.getLong(4));
                    if (rows.isEmpty()) {
                        begin = place;
                    } else if (Ranks.round(place.rank()) != Ranks.round(begin.rank())) {
                        break;
                    }
                    end = place;
                    bytes += found.getLong(5);
                    rows.add(new Row(found.getString(1), found.getString(2)));
                }
            }
        }
        return new Heads(new ArrayList<>(rows), begin, end);
    }

    /** Everything of some rows, row by row and the oldest first. */
    List<Stored> records(Connection connection, List<Row> rows) throws SQLException {
        String sql = """
                SELECT u.table_name, u.key, one.header, one.value
                FROM unnest(?::text[], ?::text[]) WITH ORDINALITY AS u(table_name, key, n)
                CROSS JOIN LATERAL (SELECT r.sequence, r.header, r.value FROM sluice.replay_rows r
                  WHERE r.pipeline = ? AND r.replay = ? AND r.table_name = u.table_name AND r.key = u.key OFFSET 0) one
                ORDER BY u.n, one.sequence""";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setArray(1, texts(connection, rows.stream().map(Row::table)));
            query.setArray(2, texts(connection, rows.stream().map(Row::key)));
            bind(query, 3);
            return stored(query);
        }
    }

    /** @return the number of records that are gone */
    long remove(Connection connection, Collection<Row> rows) throws SQLException {
        return change(connection, rows, "DELETE FROM sluice.replay_rows");
    }

    /** Puts rows off to the next round. */
    void putOff(Connection connection, Collection<Row> rows) throws SQLException {
        change(
                connection,
                rows,
                "UPDATE sluice.replay_rows SET rank = CASE WHEN rank < " + Ranks.firstDelete() + " THEN rank + "
                        + Ranks.step() + " ELSE rank END");
    }

    private long change(Connection connection, Collection<Row> rows, String verb) throws SQLException {
        if (rows.isEmpty()) {
            return 0;
        }
        String sql = verb + " " + """
                WHERE ctid = ANY (ARRAY(SELECT one.ctid FROM unnest(?::text[], ?::text[]) AS u(table_name, key)
                  CROSS JOIN LATERAL (SELECT r.ctid FROM sluice.replay_rows r
                    WHERE r.pipeline = ? AND r.replay = ? AND r.table_name = u.table_name AND r.key = u.key OFFSET 0) one))""";
        try (PreparedStatement change = connection.prepareStatement(sql)) {
            change.setArray(1, texts(connection, rows.stream().map(Row::table)));
            change.setArray(2, texts(connection, rows.stream().map(Row::key)));
            bind(change, 3);
            return change.executeUpdate();
        }
    }

    private static Array texts(Connection connection, Stream<String> texts) throws SQLException {
        return connection.createArrayOf("text", texts.toArray(String[]::new));
    }

    private void bind(PreparedStatement statement, int parameter) throws SQLException {
        statement.setString(parameter, pipeline);
        statement.setLong(parameter + 1, replay);
    }
}
