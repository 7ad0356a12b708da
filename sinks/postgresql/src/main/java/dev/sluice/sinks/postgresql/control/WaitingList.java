package dev.sluice.sinks.postgresql.control;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a pipeline in which the target deviates from the source, and what a person has accepted of them. Works while the pipeline runs. What is accepted is a table, a key
 * and a kind; it ends when the row stops waiting, so it never covers a later deviation of the key.
 */
public final class WaitingList {
    /** Rows accepted in one transaction: the sink waits for no longer than these take. */
    private static final int CHUNK = 1_000;

    private static final int FETCH = 1_000;

    private static final String JOIN_ACCEPTED =
            " FROM sluice.waiting w LEFT JOIN sluice.accepted a ON a.pipeline = w.pipeline"
                    + " AND a.table_name = w.table_name AND a.key = w.key AND a.kind = w.kind";
    private static final String FILTER = " WHERE w.pipeline = ? AND w.kind = coalesce(?::text, w.kind)"
            + " AND w.table_name = coalesce(?::text, w.table_name)";

    private final TargetDatabase database;
    private final String pipeline;

    public WaitingList(TargetDatabase database, String pipeline) {
        this.database = database;
        this.pipeline = pipeline;
    }

    /** How a row deviates. */
    public enum Kind {
        /** No version of it is there. */
        WAIT,
        /** An older version is there, or one without some of its references. */
        STALE,
        /** The source deleted it, and it is still there. */
        HOLD;

        /** As {@code sluice.waiting} spells it. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Which rows; null for all. */
    public record Filter(@Nullable Kind kind, @Nullable TableId table) {
        public static final Filter ALL = new Filter(null, null);
    }

    /**
     * A row that deviates.
     *
     * @param key as {@code KeyText} gives it; {@code []} of a truncate that is held
     * @param reason what it waits for, in the words of the topology: JSON with {@code foreign_key}, {@code table} and {@code key}
     * @param since when it began to deviate
     * @param accepted whether a person said that it may
     */
    public record Row(
            TableId table, String key, Kind kind, @Nullable String reason, Instant since, boolean accepted) {}

    /** Numbers of rows; {@code accepted} of all of them. */
    public record Totals(long waiting, long stale, long held, long accepted) {
        public long rows() {
            return waiting + stale + held;
        }
    }

    /**
     * Gives the rows, those that deviate longest first, and then their number, all in one snapshot.
     *
     * @param limit rows at most; the totals count the others too
     * @throws SluiceException of kind REFUSED when the pipeline is not prepared
     */
    public Totals list(Filter filter, long limit, Consumer<Row> rows) {
        try {
            // Not repeated after a failure: rows that were given are given.
            return database.transactOnce(connection -> {
                connection.createStatement().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
                new ControlRows(connection, pipeline).require(ControlSchema.WITH_LANES);
                giveRows(connection, filter, limit, rows);
                return totals(connection, filter);
            });
        } catch (SQLException e) {
            throw database.explain(e);
        }
    }

    /** Whether a truncate of one of these tables goes on row by row, because rows of others referred to it. */
    public boolean isTruncating(Collection<TableId> tables) {
        String sql =
                "SELECT EXISTS (SELECT FROM sluice.waiting WHERE pipeline = ? AND table_name = ANY (?) AND key = '[]')";
        return database.withConnection(connection -> {
            try (PreparedStatement query = connection.prepareStatement(sql)) {
                query.setString(1, pipeline);
                query.setArray(
                        2,
                        connection.createArrayOf(
                                "text", tables.stream().map(TableId::toString).toArray()));
                try (ResultSet found = query.executeQuery()) {
                    found.next();
                    return found.getBoolean(1);
                }
            }
        });
    }

    private void giveRows(Connection connection, Filter filter, long limit, Consumer<Row> rows) throws SQLException {
        String sql = "SELECT w.table_name, w.key, w.kind, w.reason, w.since, a.key IS NOT NULL" + JOIN_ACCEPTED + FILTER
                + " ORDER BY w.since, w.table_name, w.key LIMIT ?";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setFetchSize(FETCH);
            int next = bind(query, 1, filter);
            query.setLong(next, limit);
            try (ResultSet found = query.executeQuery()) {
                while (found.next()) {
                    rows.accept(new Row(
                            TableId.parse(found.getString(1)),
                            found.getString(2),
                            Kind.valueOf(found.getString(3).toUpperCase(Locale.ROOT)),
                            found.getString(4),
                            found.getObject(5, OffsetDateTime.class).toInstant(),
                            found.getBoolean(6)));
                }
            }
        }
    }

    private Totals totals(Connection connection, Filter filter) throws SQLException {
        String sql = "SELECT count(*) FILTER (WHERE w.kind = 'wait'), count(*) FILTER (WHERE w.kind = 'stale'),"
                + " count(*) FILTER (WHERE w.kind = 'hold'), count(a.key)" + JOIN_ACCEPTED + FILTER;
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            bind(query, 1, filter);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return new Totals(row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4));
            }
        }
    }

    /**
     * Accepts every row of the filter that is not accepted yet, some at a time; can be repeated after a failure.
     *
     * @return how many were
     */
    public long accept(Filter filter, String by, String why) {
        long accepted = 0;
        Page page = new Page("", "", CHUNK);
        while (page.rows() == CHUNK) {
            Page after = page;
            page = database.inTransaction(connection -> {
                new ControlRows(connection, pipeline).require(ControlSchema.WITH_LANES);
                return acceptNext(connection, filter, null, after, by, why);
            });
            accepted += page.rows();
        }
        return accepted;
    }

    /**
     * Accepts the rows with these keys.
     *
     * @param filter with a table
     * @param keys as {@link Row#key}
     * @return how many were not accepted yet
     * @throws SluiceException of kind REFUSED, naming them, when some do not wait; then none is accepted
     */
    public long accept(Filter filter, Collection<String> keys, String by, String why) {
        return database.inTransaction(connection -> {
            new ControlRows(connection, pipeline).require(ControlSchema.WITH_LANES);
            refuseMissing(connection, filter, keys);
            long accepted = 0;
            Page page = new Page("", "", CHUNK);
            while (page.rows() == CHUNK) {
                page = acceptNext(connection, filter, keys, page, by, why);
                accepted += page.rows();
            }
            return accepted;
        });
    }

    /** How many rows were accepted, and the last of them. */
    private record Page(String table, String key, long rows) {}

    private Page acceptNext(
            Connection connection, Filter filter, @Nullable Collection<String> keys, Page after, String by, String why)
            throws SQLException {
        // A row that the sink settles meanwhile is gone when the lock is there; one that is locked is settled
        // afterwards, with what is accepted of it.
        String sql = "WITH next AS (SELECT w.table_name, w.key, w.kind, w.reason" + JOIN_ACCEPTED + FILTER
                + " AND a.key IS NULL AND (w.table_name, w.key) > (?, ?)" + (keys == null ? "" : " AND w.key = ANY(?)")
                + " ORDER BY w.table_name, w.key LIMIT " + CHUNK + " FOR SHARE OF w)"
                + " INSERT INTO sluice.accepted AS o (pipeline, table_name, key, kind, reason, accepted_by, why)"
                + " SELECT ?, table_name, key, kind, reason, ?, ? FROM next ORDER BY 2, 3"
                + " ON CONFLICT (pipeline, table_name, key) DO UPDATE SET kind = excluded.kind, reason = excluded.reason,"
                + " accepted_at = now(), accepted_by = excluded.accepted_by, why = excluded.why RETURNING table_name, key";
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            int next = bind(insert, 1, filter);
            insert.setString(next++, after.table());
            insert.setString(next++, after.key());
            if (keys != null) {
                insert.setArray(next++, connection.createArrayOf("text", keys.toArray()));
            }
            insert.setString(next++, pipeline);
            insert.setString(next++, by);
            insert.setString(next, why);
            Page page = new Page("", "", 0);
            try (ResultSet rows = insert.executeQuery()) {
                while (rows.next()) {
                    page = new Page(rows.getString(1), rows.getString(2), page.rows() + 1);
                }
            }
            return page;
        }
    }

    private void refuseMissing(Connection connection, Filter filter, Collection<String> keys) throws SQLException {
        String sql = "SELECT k FROM unnest(?::text[]) k WHERE NOT EXISTS (SELECT 1 FROM sluice.waiting w" + FILTER
                + " AND w.key = k) ORDER BY k";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setArray(1, connection.createArrayOf("text", keys.toArray()));
            bind(query, 2, filter);
            List<String> missing = ControlRows.read(query, row -> row.getString(1));
            if (!missing.isEmpty()) {
                throw SluiceException.of(
                        ErrorKind.REFUSED,
                        "no row of table " + filter.table() + " waits with the key " + String.join(", ", missing)
                                + (filter.kind() == null
                                        ? ""
                                        : " and kind " + filter.kind().text())
                                + "; nothing was accepted. Keys are spelled as sluice waiting list shows them.");
            }
        }
    }

    private int bind(PreparedStatement statement, int from, Filter filter) throws SQLException {
        statement.setString(from, pipeline);
        statement.setString(
                from + 1, filter.kind() == null ? null : filter.kind().text());
        statement.setString(
                from + 2, filter.table() == null ? null : filter.table().toString());
        return from + 3;
    }
}
