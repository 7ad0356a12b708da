package dev.sluice.verification;

import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.relational.TableId;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Keys that a pipeline's comparisons found unequal: {@code sluice.verification}. Used inside transactions that the caller holds; any thread. */
final class KeyLedger {
    /** A key that was unequal when it was seen, and of which nothing more is known yet. */
    static final String CANDIDATE = "candidate";

    private final String pipeline;

    KeyLedger(String pipeline) {
        this.pipeline = pipeline;
    }

    /** @return how many of them are new */
    int addCandidates(Connection connection, long id, TableId table, Collection<String> keys) throws SQLException {
        if (keys.isEmpty()) {
            return 0;
        }
        String sql = "INSERT INTO sluice.verification (pipeline, verification, table_name, key, long_key, verdict)"
                + " SELECT ?, ?, ?, key, long_key, '" + CANDIDATE
                + "' FROM unnest(?::text[], ?::text[]) AS u(key, long_key) ON CONFLICT DO NOTHING";
        return Ledger.execute(
                connection,
                sql,
                pipeline,
                id,
                table.toString(),
                stored(connection, keys),
                connection.createArrayOf(
                        "text", keys.stream().map(KeyLedger::ifShortened).toArray()));
    }

    private static Array stored(Connection connection, Collection<String> keys) throws SQLException {
        return connection.createArrayOf(
                "text", keys.stream().map(KeyText::stored).toArray());
    }

    /** The whole key where its stored form is not. One with NUL names no row that could be asked for. */
    private static @Nullable String ifShortened(String key) {
        return KeyText.stored(key).equals(key) || key.indexOf('\0') >= 0 ? null : key;
    }

    /**
     * Keys of which nothing more is known yet, in the order of their stored texts.
     *
     * @param after the last one of the page before; empty for the first page
     */
    List<String> candidates(Connection connection, long id, TableId table, String after, int limit)
            throws SQLException {
        return keys(connection, id, table, "settled_at IS NULL", after, limit);
    }

    long countCandidates(Connection connection, long id, TableId table) throws SQLException {
        String sql =
                "SELECT count(*) FROM sluice.verification WHERE pipeline = ? AND verification = ? AND table_name = ?"
                        + " AND settled_at IS NULL";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, pipeline);
            query.setLong(2, id);
            query.setString(3, table.toString());
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    /**
     * Keys that are not equal as far as is known, in the order of their texts.
     *
     * @param verdicts those with one of these; all for none
     */
    List<String> unequal(
            Connection connection, long id, TableId table, Collection<Verdict> verdicts, String after, int limit)
            throws SQLException {
        String names = verdicts.stream()
                .map(verdict -> "'" + Ledger.text(verdict) + "'")
                .reduce((a, b) -> a + ", " + b)
                .orElse("");
        String condition = "settled_at IS NOT NULL AND equal_at IS NULL"
                + (names.isEmpty() ? "" : " AND verdict IN (" + names + ")");
        return keys(connection, id, table, condition, after, limit);
    }

    private List<String> keys(Connection connection, long id, TableId table, String condition, String after, int limit)
            throws SQLException {
        String sql =
                "SELECT coalesce(long_key, key) FROM sluice.verification WHERE pipeline = ? AND verification = ? AND table_name = ?"
                        + " AND key > ? AND " + condition + " ORDER BY key LIMIT ?";
        List<String> keys = new ArrayList<>();
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, pipeline);
            query.setLong(2, id);
            query.setString(3, table.toString());
            query.setString(4, KeyText.stored(after));
            query.setInt(5, limit);
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    keys.add(rows.getString(1));
                }
            }
        }
        return keys;
    }

    /** Writes what became of keys. One that is equal and was never called anything else is no key of this account any more. */
    void settle(Connection connection, long id, TableId table, long sequence, List<Settled> keys) throws SQLException {
        String sql = """
                UPDATE sluice.verification SET verdict = ?, columns = ?, source_values = ?, target_values = ?, source_rows = ?, target_rows = ?,
                  settled_at = clock_timestamp(), sequence = ?, equal_at = NULL WHERE pipeline = ? AND verification = ? AND table_name = ? AND key = ?""";
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            for (Settled settled : keys) {
                Difference difference = settled.difference();
                if (difference == null) {
                    continue;
                }
                update.setString(1, Ledger.text(difference.verdict()));
                update.setArray(
                        2, connection.createArrayOf("text", difference.columns().toArray()));
                update.setArray(
                        3,
                        connection.createArrayOf(
                                "text", difference.sourceValues().toArray()));
                update.setArray(
                        4,
                        connection.createArrayOf(
                                "text", difference.targetValues().toArray()));
                update.setInt(5, settled.sourceRows());
                update.setInt(6, settled.targetRows());
                update.setLong(7, sequence);
                update.setString(8, pipeline);
                update.setLong(9, id);
                update.setString(10, table.toString());
                update.setString(11, KeyText.stored(settled.key()));
                update.addBatch();
            }
            update.executeBatch();
        }
        Array equal = stored(
                connection,
                keys.stream()
                        .filter(key -> key.difference() == null)
                        .map(Settled::key)
                        .toList());
        Ledger.execute(
                connection,
                "DELETE FROM sluice.verification WHERE pipeline = ? AND verification = ? AND table_name = ? AND verdict = '"
                        + CANDIDATE + "' AND key = ANY (?)",
                pipeline,
                id,
                table.toString(),
                equal);
        String found = """
                UPDATE sluice.verification v SET equal_at = clock_timestamp(), sequence = ?, source_rows = u.rows, target_rows = u.rows
                FROM unnest(?::text[], ?::integer[]) AS u(key, rows)
                WHERE v.pipeline = ? AND v.verification = ? AND v.table_name = ? AND v.key = u.key""";
        Ledger.execute(
                connection,
                found,
                sequence,
                equal,
                connection.createArrayOf(
                        "integer",
                        keys.stream()
                                .filter(key -> key.difference() == null)
                                .map(Settled::sourceRows)
                                .toArray()),
                pipeline,
                id,
                table.toString());
    }

    void asked(Connection connection, long id, TableId table, List<String> keys) throws SQLException {
        Ledger.execute(
                connection,
                "UPDATE sluice.verification SET asked_at = clock_timestamp() WHERE pipeline = ? AND verification = ? AND table_name = ? AND key = ANY (?)",
                pipeline,
                id,
                table.toString(),
                stored(connection, keys));
    }

    /** Forgets what was found in a table, to begin it anew. */
    void clear(Connection connection, long id, TableId table) throws SQLException {
        Ledger.execute(
                connection,
                "DELETE FROM sluice.verification WHERE pipeline = ? AND verification = ? AND table_name = ?",
                pipeline,
                id,
                table.toString());
    }
}
