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
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The events of a pipeline that could not become rows, and what a person does about them. Works while the pipeline runs. */
public final class DeadLetterList {
    /** Of a row that is dead only because its parent is. */
    public static final String DEAD_PARENT = "parent";

    /** Letters changed in one transaction: the sink waits for no longer than these take. */
    private static final int CHUNK = 1_000;

    private static final int FETCH = 1_000;

    private static final String COLUMNS =
            "d.id, d.table_name, d.key, d.state, d.op, d.column_name, d.reason, d.message, d.lane, d.sequence,"
                    + " d.created_at, d.asked_at, d.settled_at, d.settled_by, d.why";
    private static final String FILTER = " FROM sluice.dead_letters d WHERE d.pipeline = ?"
            + " AND d.table_name = coalesce(?::text, d.table_name) AND d.reason = coalesce(?::text, d.reason)"
            + " AND d.state = coalesce(?::text, d.state)";

    private final TargetDatabase database;
    private final String pipeline;

    public DeadLetterList(TargetDatabase database, String pipeline) {
        this.database = database;
        this.pipeline = pipeline;
    }

    /** What became of an event. */
    public enum State {
        /** Nothing yet: it stands against a cutover. */
        OPEN,
        /** A later change of its row was applied, or became a dead letter itself. */
        SUPERSEDED,
        /** A person asked the source for the row again, and it was applied. */
        RETRIED,
        /** A person said that it need not be applied. */
        DISCARDED;

        /** As {@code sluice.dead_letters} spells it. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Which letters; null for all. */
    public record Filter(
            @Nullable TableId table,
            @Nullable String reason,
            @Nullable State state) {
        public static final Filter ALL = new Filter(null, null, null);

        public Filter in(State wanted) {
            return new Filter(table, reason, wanted);
        }
    }

    /**
     * An event that could not become a row.
     *
     * @param key as {@code KeyText} gives it
     * @param op of the event: {@code c}, {@code u}, {@code d}, {@code r}, {@code t}
     * @param column that is to blame, where one is
     * @param reason stable code, lower-case-with-dashes
     * @param message for people, without values
     * @param sequence of the event in its lane
     * @param askedAt when the source was last asked for the row again
     * @param settledAt when it ceased to be open
     * @param settledBy the person who discarded it
     */
    public record Letter(
            long id,
            TableId table,
            String key,
            State state,
            String op,
            @Nullable String column,
            String reason,
            String message,
            String lane,
            long sequence,
            Instant createdAt,
            @Nullable Instant askedAt,
            @Nullable Instant settledAt,
            @Nullable String settledBy,
            @Nullable String why) {}

    /**
     * A letter with the row that it is about, as far as it was kept.
     *
     * @param format e.g. {@code sluice-json/1}
     */
    @SuppressWarnings("ArrayRecordComponent") // shown, never compared
    public record Content(
            Letter letter, byte @Nullable [] raw, @Nullable String format) {}

    /** Numbers of letters. */
    public record Totals(long open, long superseded, long retried, long discarded) {
        public long letters() {
            return open + superseded + retried + discarded;
        }
    }

    /** Some of the letters of a table that are to be asked for again. */
    public record Page(List<Long> ids, List<String> keys) {
        /** Of the last one; 0 for none. */
        public long last() {
            return ids.isEmpty() ? 0 : ids.get(ids.size() - 1);
        }
    }

    /**
     * What came of letters that were asked for together.
     *
     * @param applied the row is in the target, or gone from both sides
     * @param refused it became a dead letter again
     * @param unanswered still open
     */
    public record Outcome(long applied, long refused, long unanswered) {}

    /**
     * Gives the letters, the oldest first, and then their number, all in one snapshot.
     *
     * @param limit letters at most; the totals count the others too
     * @throws SluiceException of kind REFUSED when the pipeline is not prepared
     */
    public Totals list(Filter filter, long limit, Consumer<Letter> letters) {
        try {
            // Not repeated after a failure: letters that were given are given.
            return database.transactOnce(connection -> {
                connection.createStatement().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
                require(connection);
                give(connection, filter, limit, letters);
                return totals(connection, filter);
            });
        } catch (SQLException e) {
            throw database.explain(e);
        }
    }

    private void give(Connection connection, Filter filter, long limit, Consumer<Letter> letters) throws SQLException {
        String sql = "SELECT " + COLUMNS + FILTER + " ORDER BY d.id LIMIT ?";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setFetchSize(FETCH);
            query.setLong(bind(query, 1, filter), limit);
            try (ResultSet found = query.executeQuery()) {
                while (found.next()) {
                    letters.accept(letter(found));
                }
            }
        }
    }

    private Totals totals(Connection connection, Filter filter) throws SQLException {
        String sql = "SELECT count(*) FILTER (WHERE d.state = 'open'), count(*) FILTER (WHERE d.state = 'superseded'),"
                + " count(*) FILTER (WHERE d.state = 'retried'), count(*) FILTER (WHERE d.state = 'discarded')"
                + FILTER;
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            bind(query, 1, filter);
            return ControlRows.read(
                            query, row -> new Totals(row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4)))
                    .get(0);
        }
    }

    private static Letter letter(ResultSet row) throws SQLException {
        return new Letter(
                row.getLong(1),
                TableId.parse(row.getString(2)),
                row.getString(3),
                State.valueOf(row.getString(4).toUpperCase(Locale.ROOT)),
                row.getString(5),
                row.getString(6),
                row.getString(7),
                row.getString(8),
                row.getString(9),
                row.getLong(10),
                row.getObject(11, OffsetDateTime.class).toInstant(),
                instant(row, 12),
                instant(row, 13),
                row.getString(14),
                row.getString(15));
    }

    private static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }

    public Optional<Content> find(long id) {
        return database.inTransaction(connection -> {
            require(connection);
            return contents(connection, pipeline, new Object[] {id}).stream().findFirst();
        });
    }

    static List<Content> contents(Connection connection, String pipeline, Object[] ids) throws SQLException {
        String sql = "SELECT " + COLUMNS + ", d.raw, d.raw_format FROM sluice.dead_letters d"
                + " WHERE d.pipeline = ? AND d.id = ANY(?)";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, pipeline);
            query.setArray(2, connection.createArrayOf("bigint", ids));
            return ControlRows.read(query, row -> new Content(letter(row), row.getBytes(16), row.getString(17)));
        }
    }

    /**
     * Says of the open letters of a filter that they need not be applied, some at a time; can be repeated after a failure.
     *
     * @return how many there were
     */
    public long discard(Filter filter, String by, String why) {
        String sql = "UPDATE sluice.dead_letters SET state = 'discarded', settled_at = now(), settled_by = ?, why = ?"
                + " WHERE pipeline = ? AND state = 'open' AND id IN (SELECT d.id" + FILTER
                + " AND d.state = 'open' ORDER BY d.id LIMIT " + CHUNK + ")";
        long discarded = 0;
        long some = CHUNK;
        // Fewer than a chunk may be left by the sink, which settles some meanwhile.
        while (some > 0) {
            some = database.inTransaction(connection -> {
                require(connection);
                try (PreparedStatement update = connection.prepareStatement(sql)) {
                    update.setString(1, by);
                    update.setString(2, why);
                    update.setString(3, pipeline);
                    bind(update, 4, filter);
                    return update.executeUpdate();
                }
            });
            discarded += some;
        }
        return discarded;
    }

    /**
     * Says of open letters that they need not be applied.
     *
     * @throws SluiceException of kind REFUSED, naming them, when some are not open; then none is discarded
     */
    public long discard(Collection<Long> ids, String by, String why) {
        return database.inTransaction(connection -> {
            require(connection);
            refuseSettled(connection, ids);
            String sql =
                    "UPDATE sluice.dead_letters SET state = 'discarded', settled_at = now(), settled_by = ?, why = ?"
                            + " WHERE pipeline = ? AND state = 'open' AND id = ANY(?)";
            try (PreparedStatement update = connection.prepareStatement(sql)) {
                update.setString(1, by);
                update.setString(2, why);
                update.setString(3, pipeline);
                update.setArray(4, connection.createArrayOf("bigint", ids.toArray()));
                return (long) update.executeUpdate();
            }
        });
    }

    /** @throws SluiceException of kind REFUSED, naming them, when some are not open */
    public void requireOpen(Collection<Long> ids) {
        database.inTransaction(connection -> {
            require(connection);
            refuseSettled(connection, ids);
            return ids.size();
        });
    }

    private void refuseSettled(Connection connection, Collection<Long> ids) throws SQLException {
        String sql = "SELECT i.id, d.state FROM unnest(?::bigint[]) AS i(id) LEFT JOIN sluice.dead_letters d"
                + " ON d.pipeline = ? AND d.id = i.id WHERE d.state IS DISTINCT FROM 'open' ORDER BY 1";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setArray(1, connection.createArrayOf("bigint", ids.toArray()));
            query.setString(2, pipeline);
            List<String> settled = ControlRows.read(query, row -> {
                String state = row.getString(2);
                return "#" + row.getLong(1) + (state == null ? " (there is none)" : " (" + state + ")");
            });
            if (!settled.isEmpty()) {
                throw SluiceException.of(
                        ErrorKind.REFUSED,
                        "not open of the dead letters of pipeline " + pipeline + ": " + String.join(", ", settled)
                                + "; nothing was done. See them with: sluice dead-letters list");
            }
        }
    }

    /** Tables that have open letters of a filter. */
    public List<TableId> tables(Filter filter) {
        return database.inTransaction(connection -> {
            require(connection);
            String sql = "SELECT DISTINCT d.table_name" + FILTER + " ORDER BY 1";
            try (PreparedStatement query = connection.prepareStatement(sql)) {
                bind(query, 1, filter.in(State.OPEN));
                return ControlRows.read(query, row -> TableId.parse(row.getString(1)));
            }
        });
    }

    /** Tables of open letters. */
    public List<TableId> tables(Collection<Long> ids) {
        return database.inTransaction(connection -> {
            String sql = "SELECT DISTINCT table_name FROM sluice.dead_letters WHERE pipeline = ? AND state = 'open'"
                    + " AND id = ANY(?) ORDER BY 1";
            try (PreparedStatement query = connection.prepareStatement(sql)) {
                query.setString(1, pipeline);
                query.setArray(2, connection.createArrayOf("bigint", ids.toArray()));
                return ControlRows.read(query, row -> TableId.parse(row.getString(1)));
            }
        });
    }

    /** The database's clock: the mark of letters that are asked for together. */
    public Instant now() {
        return database.inTransaction(connection -> {
            try (PreparedStatement query = connection.prepareStatement("SELECT clock_timestamp()")) {
                return ControlRows.read(
                                query,
                                row -> row.getObject(1, OffsetDateTime.class).toInstant())
                        .get(0);
            }
        });
    }

    /**
     * The next open letters of a table that were there at a time, and were not asked for with its mark. What was refused again since is not among them.
     *
     * @param ids null for all of the filter
     * @param after id of the last one of the page before; 0 for the first
     */
    public Page page(Filter filter, @Nullable Collection<Long> ids, long after, Instant asked) {
        return database.inTransaction(connection -> {
            String sql = "SELECT d.id, d.key" + FILTER
                    + " AND d.id > ? AND d.created_at <= ? AND d.asked_at IS DISTINCT FROM ? AND (?::bigint[] IS NULL OR d.id = ANY(?))"
                    + " ORDER BY d.id LIMIT " + CHUNK;
            try (PreparedStatement query = connection.prepareStatement(sql)) {
                int next = bind(query, 1, filter.in(State.OPEN));
                query.setLong(next++, after);
                query.setObject(next++, asked.atOffset(ZoneOffset.UTC));
                query.setObject(next++, asked.atOffset(ZoneOffset.UTC));
                Object[] wanted = ids == null ? null : ids.toArray();
                query.setArray(next++, wanted == null ? null : connection.createArrayOf("bigint", wanted));
                query.setArray(next, wanted == null ? null : connection.createArrayOf("bigint", wanted));
                List<Page> letters =
                        ControlRows.read(query, row -> new Page(List.of(row.getLong(1)), List.of(row.getString(2))));
                return new Page(
                        letters.stream().flatMap(p -> p.ids().stream()).toList(),
                        letters.stream().flatMap(p -> p.keys().stream()).toList());
            }
        });
    }

    /** Notes that the source was asked for the rows of letters, which stay open until the answer is applied. */
    public void asked(Collection<Long> ids, Instant at) {
        database.inTransaction(connection -> {
            String sql =
                    "UPDATE sluice.dead_letters SET asked_at = ? WHERE pipeline = ? AND state = 'open' AND id = ANY(?)";
            try (PreparedStatement update = connection.prepareStatement(sql)) {
                update.setObject(1, at.atOffset(ZoneOffset.UTC));
                update.setString(2, pipeline);
                update.setArray(3, connection.createArrayOf("bigint", ids.toArray()));
                return update.executeUpdate();
            }
        });
    }

    /** What has come of letters that were asked for at a time. */
    public Outcome outcome(Instant asked) {
        return database.inTransaction(connection -> {
            String sql =
                    "SELECT count(*) FILTER (WHERE state = 'retried'), count(*) FILTER (WHERE state = 'superseded'),"
                            + " count(*) FILTER (WHERE state = 'open') FROM sluice.dead_letters WHERE pipeline = ? AND asked_at = ?";
            try (PreparedStatement query = connection.prepareStatement(sql)) {
                query.setString(1, pipeline);
                query.setObject(2, asked.atOffset(ZoneOffset.UTC));
                return ControlRows.read(query, row -> new Outcome(row.getLong(1), row.getLong(2), row.getLong(3)))
                        .get(0);
            }
        });
    }

    private int bind(PreparedStatement statement, int from, Filter filter) throws SQLException {
        TableId table = filter.table();
        State state = filter.state();
        statement.setString(from, pipeline);
        statement.setString(from + 1, table == null ? null : table.toString());
        statement.setString(from + 2, filter.reason());
        statement.setString(from + 3, state == null ? null : state.text());
        return from + 4;
    }

    private void require(Connection connection) throws SQLException {
        new ControlRows(connection, pipeline).require(ControlSchema.WITH_PAUSES);
    }
}
