package dev.sluice.verification;

import dev.sluice.schemas.relational.TableId;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The account that a pipeline's comparisons keep in schema {@code sluice}. Used inside transactions that the caller holds; any thread. */
final class Ledger {
    private static final int OLD_DAYS = 7;

    private final String pipeline;

    Ledger(String pipeline) {
        this.pipeline = pipeline;
    }

    String pipeline() {
        return pipeline;
    }

    /** The keys that comparisons found. */
    KeyLedger found() {
        return new KeyLedger(pipeline);
    }

    /** What the pipeline says of itself. */
    PipelineFacts facts() {
        return new PipelineFacts(pipeline);
    }

    /** A comparison that was not ended. */
    record Unfinished(long id, Instant startedAt) {}

    /** The newest comparison of the very same things that was not ended. */
    Optional<Unfinished> unfinished(
            Connection connection, Mode mode, double samplePercent, List<String> tables, String fingerprint)
            throws SQLException {
        String sql = """
                SELECT id, started_at FROM sluice.verifications WHERE pipeline = ? AND state = 'running' AND mode = ? AND sample_percent = ?
                  AND tables @> ? AND tables <@ ? AND fingerprint = ? ORDER BY id DESC LIMIT 1""";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            Array names = connection.createArrayOf("text", tables.toArray());
            query.setString(1, pipeline);
            query.setString(2, text(mode));
            query.setDouble(3, samplePercent);
            query.setArray(4, names);
            query.setArray(5, names);
            query.setString(6, fingerprint);
            try (ResultSet found = query.executeQuery()) {
                return found.next()
                        ? Optional.of(new Unfinished(
                                found.getLong(1),
                                found.getObject(2, OffsetDateTime.class).toInstant()))
                        : Optional.empty();
            }
        }
    }

    /** Begins a comparison with all its tables. */
    long begin(
            Connection connection,
            Mode mode,
            double samplePercent,
            List<String> tables,
            String fingerprint,
            boolean live)
            throws SQLException {
        String sql =
                "INSERT INTO sluice.verifications (pipeline, mode, sample_percent, tables, live, fingerprint) VALUES (?, ?, ?, ?, ?, ?) RETURNING id";
        long id;
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            insert.setString(1, pipeline);
            insert.setString(2, text(mode));
            insert.setDouble(3, samplePercent);
            insert.setArray(4, connection.createArrayOf("text", tables.toArray()));
            insert.setBoolean(5, live);
            insert.setString(6, fingerprint);
            try (ResultSet row = insert.executeQuery()) {
                row.next();
                id = row.getLong(1);
            }
        }
        String add = "INSERT INTO sluice.verified_tables (pipeline, verification, table_name, ordinal)"
                + " SELECT ?, ?, name, n FROM unnest(?::text[]) WITH ORDINALITY AS u(name, n)";
        try (PreparedStatement insert = connection.prepareStatement(add)) {
            insert.setString(1, pipeline);
            insert.setLong(2, id);
            insert.setArray(3, connection.createArrayOf("text", tables.toArray()));
            insert.executeUpdate();
        }
        return id;
    }

    /** Of the comparison that is gone on with: what it did in one moment it may do in another. */
    void goOn(Connection connection, long id, boolean live) throws SQLException {
        execute(
                connection,
                "UPDATE sluice.verifications SET live = live AND ? WHERE pipeline = ? AND id = ?",
                live,
                pipeline,
                id);
    }

    void end(Connection connection, long id) throws SQLException {
        execute(
                connection,
                "UPDATE sluice.verifications SET state = 'done', ended_at = clock_timestamp() WHERE pipeline = ? AND id = ?",
                pipeline,
                id);
    }

    /**
     * Nobody goes on with others of the same tables and mode, nor with any that was begun {@value #OLD_DAYS} days ago. Their tables of keys are for whoever may drop them.
     *
     * @return their numbers
     */
    List<Long> abandonOthers(Connection connection, long id) throws SQLException {
        String sql =
                "UPDATE sluice.verifications o SET state = 'abandoned', ended_at = clock_timestamp() FROM sluice.verifications v"
                        + " WHERE o.pipeline = ? AND o.state = 'running' AND v.pipeline = o.pipeline AND v.id = ? AND o.id <> v.id"
                        + " AND (o.mode = v.mode AND o.tables @> v.tables AND o.tables <@ v.tables OR o.started_at < now() - interval '"
                        + OLD_DAYS + " days') RETURNING o.id";
        List<Long> abandoned = new ArrayList<>();
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            update.setString(1, pipeline);
            update.setLong(2, id);
            try (ResultSet rows = update.executeQuery()) {
                while (rows.next()) {
                    abandoned.add(rows.getLong(1));
                }
            }
        }
        return abandoned;
    }

    /** Name of the table that holds the keys of the source that came by, quoted. */
    static String keys(long id, int ordinal) {
        return "sluice.\"verified_keys_" + id + "_" + ordinal + "\"";
    }

    void dropKeys(Connection connection, long id, int ordinal) throws SQLException {
        try (Statement drop = connection.createStatement()) {
            drop.execute("DROP TABLE IF EXISTS " + keys(id, ordinal));
        }
    }

    /** Whether the keys that were noted are still there: after a crash of the server the table is, and is empty. */
    boolean hasKeys(Connection connection, long id, TableState state) throws SQLException {
        if (state.noted() == 0) {
            return true;
        }
        try (Statement query = connection.createStatement();
                ResultSet row = query.executeQuery("SELECT FROM " + keys(id, state.ordinal()) + " LIMIT 1")) {
            return row.next();
        }
    }

    /** Whether there is a table for them at all. */
    boolean hasTableOfKeys(Connection connection, long id, TableState state) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement("SELECT to_regclass(?) IS NOT NULL")) {
            query.setString(1, keys(id, state.ordinal()));
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }

    TableState state(Connection connection, long id, TableId table) throws SQLException {
        String sql = """
                SELECT phase, ordinal, source_cursor, target_cursor, noted, compared, matched, source_rows, target_rows, source_checksum, target_checksum,
                  first_position, quiet, sequence, active_millis FROM sluice.verified_tables WHERE pipeline = ? AND verification = ? AND table_name = ? FOR UPDATE""";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, pipeline);
            query.setLong(2, id);
            query.setString(3, table.toString());
            try (ResultSet row = query.executeQuery()) {
                if (!row.next()) {
                    throw new SQLException("sluice.verified_tables has no row of verification " + id + " and table "
                            + table + ": somebody has deleted it");
                }
                Array cursor = row.getArray(4);
                return new TableState(
                        TableState.Phase.valueOf(row.getString(1).toUpperCase(Locale.ROOT)),
                        row.getInt(2),
                        row.getBytes(3),
                        cursor == null ? null : (String[]) cursor.getArray(),
                        row.getLong(5),
                        row.getLong(6),
                        row.getLong(7),
                        row.getLong(8),
                        row.getLong(9),
                        Checksum.parse(row.getString(10)),
                        Checksum.parse(row.getString(11)),
                        row.getBytes(12),
                        row.getBoolean(13),
                        row.getLong(14),
                        row.getLong(15));
            }
        }
    }

    void save(Connection connection, long id, TableId table, TableState state) throws SQLException {
        String sql = """
                UPDATE sluice.verified_tables SET phase = ?, source_cursor = ?, target_cursor = ?, noted = ?, compared = ?, matched = ?, source_rows = ?,
                  target_rows = ?, source_checksum = ?, target_checksum = ?, first_position = ?, quiet = ?, sequence = ?, active_millis = ?,
                  started_at = coalesce(started_at, clock_timestamp()), ended_at = CASE WHEN ? THEN clock_timestamp() END
                WHERE pipeline = ? AND verification = ? AND table_name = ?""";
        String[] cursor = state.targetCursor();
        execute(
                connection,
                sql,
                state.phase().name().toLowerCase(Locale.ROOT),
                state.sourceCursor(),
                cursor == null ? null : connection.createArrayOf("text", cursor),
                state.noted(),
                state.compared(),
                state.matched(),
                state.sourceRows(),
                state.targetRows(),
                state.source().toString(),
                state.target().toString(),
                state.firstPosition(),
                state.quiet(),
                state.sequence(),
                state.activeMillis(),
                state.phase() == TableState.Phase.DONE,
                pipeline,
                id,
                table.toString());
    }

    /** Its checksums are of several moments. */
    void moved(Connection connection, long id, TableId table) throws SQLException {
        execute(
                connection,
                "UPDATE sluice.verified_tables SET quiet = false WHERE pipeline = ? AND verification = ? AND table_name = ?",
                pipeline,
                id,
                table.toString());
    }

    void note(Connection connection, long id, TableId table, String note) throws SQLException {
        execute(
                connection,
                "UPDATE sluice.verified_tables SET note = ? WHERE pipeline = ? AND verification = ? AND table_name = ?",
                note,
                pipeline,
                id,
                table.toString());
    }

    /** The newest comparison that has come to the end of a table, and kept its keys. */
    OptionalLong newest(Connection connection, TableId table) throws SQLException {
        String sql = """
                SELECT max(t.verification) FROM sluice.verified_tables t JOIN sluice.verifications v ON v.pipeline = t.pipeline AND v.id = t.verification
                WHERE t.pipeline = ? AND t.table_name = ? AND t.phase = 'done' AND v.mode = 'full'""";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, pipeline);
            query.setString(2, table.toString());
            try (ResultSet row = query.executeQuery()) {
                row.next();
                long id = row.getLong(1);
                return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(id);
            }
        }
    }

    static String text(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static int execute(Connection connection, String sql, @Nullable Object... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            return statement.executeUpdate();
        }
    }
}
