package dev.sluice.verification;

import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads one table of the target, in transactions that the caller holds. Used by one thread at a time. */
final class TargetTable {
    /** Rows that the driver holds at once, where they are not wide. */
    private static final int FETCH_ROWS = 500;

    private final Table table;
    private final TargetSql sql;
    private final List<Column> key;
    private final PageSize size;

    /** {@code ordinal} is its key's place among those that were asked for, from 0. */
    interface RowHandler {
        void row(int ordinal, TargetRow row) throws SQLException;
    }

    /** @param guarded whether the table's rows carry their sequence */
    TargetTable(Table table, boolean guarded) {
        this(table, guarded, new PageSize());
    }

    /** @param size what is known of the rows' size */
    TargetTable(Table table, boolean guarded, PageSize size) {
        this.size = size;
        this.table = table;
        this.sql = new TargetSql(table, guarded);
        this.key = Keys.columns(table);
    }

    /** Gives the rows under these keys. */
    void lookUp(Connection connection, List<@Nullable Object[]> keys, RowHandler handler) throws SQLException {
        if (keys.isEmpty()) {
            return;
        }
        try (PreparedStatement statement = connection.prepareStatement(sql.lookUp())) {
            bind(statement, key, keys);
            statement.setFetchSize(size.atMost(FETCH_ROWS));
            try (ResultSet found = statement.executeQuery()) {
                while (found.next()) {
                    handler.row((int) found.getLong(1) - 1, row(found, 2));
                }
            }
        }
    }

    /**
     * Keys that are not alone.
     *
     * @param all their places
     * @param earlier places of those whose like was noted before, by an earlier transaction
     */
    record Twins(Set<Integer> all, Set<Integer> earlier) {
        static final Twins NONE = new Twins(Set.of(), Set.of());
    }

    /**
     * Notes keys of the source. Not inside a savepoint, which would count as an earlier transaction.
     *
     * @param keys where
     */
    Twins note(Connection connection, String keys, List<@Nullable Object[]> came) throws SQLException {
        if (came.isEmpty() || change(connection, sql.note(keys), came) == came.size()) {
            return Twins.NONE;
        }
        Twins twins = new Twins(new HashSet<>(), new HashSet<>());
        try (PreparedStatement statement = connection.prepareStatement(sql.twins(keys))) {
            bind(statement, key, came);
            try (ResultSet found = statement.executeQuery()) {
                while (found.next()) {
                    int place = (int) found.getLong(1) - 1;
                    twins.all.add(place);
                    if (found.getBoolean(2)) {
                        twins.earlier.add(place);
                    }
                }
            }
        }
        return twins;
    }

    /**
     * Places of the keys that PostgreSQL does not take: no row of the target has them. Writes nothing.
     *
     * @param keys where keys are noted; null where they only have to be asked for
     */
    Set<Integer> untakable(Connection connection, @Nullable String keys, List<@Nullable Object[]> came)
            throws SQLException {
        Set<Integer> untakable = new HashSet<>();
        untakable(connection, keys, came, 0, untakable);
        return untakable;
    }

    private void untakable(
            Connection connection,
            @Nullable String keys,
            List<@Nullable Object[]> came,
            int from,
            Set<Integer> untakable)
            throws SQLException {
        Savepoint before = connection.setSavepoint();
        try {
            lookUp(connection, came, (ordinal, row) -> {});
            if (keys != null) {
                int unused = change(connection, sql.note(keys), came);
            }
            connection.rollback(before);
            return;
        } catch (SQLException e) {
            connection.rollback(before);
            if (!DataErrors.isOne(e)) {
                throw e;
            }
        }
        if (came.size() == 1) {
            untakable.add(from);
            return;
        }
        int middle = came.size() / 2;
        untakable(connection, keys, came.subList(0, middle), from, untakable);
        untakable(connection, keys, came.subList(middle, came.size()), from + middle, untakable);
    }

    private int change(Connection connection, String statement, List<@Nullable Object[]> keys) throws SQLException {
        try (PreparedStatement change = connection.prepareStatement(statement)) {
            bind(change, key, keys);
            return change.executeUpdate();
        }
    }

    void createKeys(Connection connection, String keys) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql.createKeys(keys, collations(connection)));
        }
    }

    private Map<String, String> collations(Connection connection) throws SQLException {
        Map<String, String> collations = new HashMap<>();
        try (PreparedStatement query = connection.prepareStatement(TargetSql.COLLATIONS)) {
            query.setString(1, table.id().schema());
            query.setString(2, table.id().name());
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    if (row.getString(2) != null) {
                        collations.put(row.getString(1), row.getString(2));
                    }
                }
            }
        }
        return collations;
    }

    /**
     * Where a page of so many keys ends.
     *
     * @param last of the page before; null for the first page
     * @return null when there are fewer
     */
    String @Nullable [] pageEnd(Connection connection, String @Nullable [] last, int rows) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql.pageEnd(last != null))) {
            int parameter = bind(statement, 1, last);
            statement.setInt(parameter, rows - 1);
            try (ResultSet found = statement.executeQuery()) {
                if (!found.next()) {
                    return null;
                }
                String[] end = new String[key.size()];
                for (int i = 0; i < end.length; i++) {
                    end[i] = found.getString(i + 1);
                }
                return end;
            }
        }
    }

    /** Gives the rows behind {@code last}, up to {@code end} where there is one, whose keys were not noted; ordinals say nothing. */
    void extras(
            Connection connection, String keys, String @Nullable [] last, String @Nullable [] end, RowHandler handler)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql.extras(keys, last != null, end != null))) {
            bind(statement, bind(statement, 1, last), end);
            statement.setFetchSize(size.atMost(FETCH_ROWS));
            try (ResultSet found = statement.executeQuery()) {
                while (found.next()) {
                    handler.row(0, row(found, 1));
                }
            }
        }
    }

    private static int bind(PreparedStatement statement, int from, String @Nullable [] key) throws SQLException {
        int parameter = from;
        for (int i = 0; key != null && i < key.length; i++) {
            statement.setString(parameter++, key[i]);
        }
        return parameter;
    }

    /**
     * What the sink kept of a key.
     *
     * @param row null where there was none
     */
    record Kept(@Nullable TargetRow row, Explanation why) {}

    /** By key, what the sink kept when it came to the compare event of a signal. */
    Map<String, Kept> kept(Connection connection, String pipeline, String signal) throws SQLException {
        Map<String, Kept> kept = new HashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(sql.kept())) {
            statement.setString(1, pipeline);
            statement.setString(2, signal);
            statement.setFetchSize(size.atMost(FETCH_ROWS));
            try (ResultSet found = statement.executeQuery()) {
                while (found.next()) {
                    TargetRow row = found.getBoolean(2) ? row(found, 4) : null;
                    kept.put(found.getString(1), new Kept(row, Explanation.parse(found.getString(3))));
                }
            }
        }
        return kept;
    }

    String keyText(TargetRow row) {
        @Nullable Object[] values = new @Nullable Object[key.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = Keys.unpadded(
                    key.get(i), row.values()[table.indexOf(key.get(i).name())]);
        }
        return KeyText.of(values);
    }

    private TargetRow row(ResultSet found, int from) throws SQLException {
        List<Column> columns = table.columns();
        @Nullable Object[] values = new @Nullable Object[columns.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = read(found, from + 1 + i, columns.get(i).type());
        }
        return new TargetRow(found.getLong(from), values);
    }

    private static void bind(PreparedStatement statement, List<Column> key, List<@Nullable Object[]> keys)
            throws SQLException {
        for (int i = 0; i < key.size(); i++) {
            @Nullable String[] values = new @Nullable String[keys.size()];
            for (int k = 0; k < values.length; k++) {
                values[k] = InputText.of(key.get(i).type(), keys.get(k)[i]);
            }
            statement.setArray(i + 1, statement.getConnection().createArrayOf("text", values));
        }
    }

    /** How many of these keys are there. */
    static long count(Connection connection, TargetSql sql, List<Column> key, List<@Nullable Object[]> keys)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql.countOf())) {
            bind(statement, key, keys);
            try (ResultSet count = statement.executeQuery()) {
                count.next();
                return count.getLong(1);
            }
        }
    }

    /**
     * The next keys in their order.
     *
     * @param only a condition about the rows; empty for all
     * @param last what was returned before; null for the first ones
     * @return where to go on
     */
    static String @Nullable [] keys(
            Connection connection,
            TargetSql sql,
            List<Column> key,
            String only,
            String @Nullable [] last,
            int limit,
            List<@Nullable Object[]> into)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql.keys(last != null, only))) {
            int parameter = 1;
            for (int i = 0; last != null && i < last.length; i++) {
                statement.setString(parameter++, last[i]);
            }
            statement.setInt(parameter, limit);
            return read(statement, key, last, into);
        }
    }

    private static String @Nullable [] read(
            PreparedStatement statement, List<Column> key, String @Nullable [] before, List<@Nullable Object[]> into)
            throws SQLException {
        String[] last = before;
        try (ResultSet found = statement.executeQuery()) {
            while (found.next()) {
                @Nullable Object[] values = new @Nullable Object[key.size()];
                last = new String[key.size()];
                for (int i = 0; i < values.length; i++) {
                    values[i] = read(found, i + 1, key.get(i).type());
                    last[i] = found.getString(key.size() + i + 1);
                }
                into.add(values);
            }
        }
        return last;
    }

    long count(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet count = statement.executeQuery(sql.count())) {
            count.next();
            return count.getLong(1);
        }
    }

    private static @Nullable Object read(ResultSet from, int index, LogicalType type) throws SQLException {
        Object value =
                switch (type) {
                    case BOOLEAN -> from.getBoolean(index);
                    case INT16, INT32 -> from.getInt(index);
                    case INT64 -> from.getLong(index);
                    case DATE, TIME, TIMESTAMP, TIMESTAMPTZ -> PostgresTime.read(type, from.getBytes(index));
                    case FLOAT32 -> from.getFloat(index);
                    case FLOAT64 -> from.getDouble(index);
                    case DECIMAL, TEXT, JSON, NATIVE -> from.getString(index);
                    case BYTES -> from.getBytes(index);
                    case UUID -> from.getObject(index, UUID.class);
                };
        return from.wasNull() ? null : value;
    }
}
