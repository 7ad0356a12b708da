package dev.sluice.verification;

import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Reads one table of the target. The keys of the source that were looked up stay in a temporary table of the session, so that the rows that the
 * source does not have are found by one anti-join in PostgreSQL, and the memory of neither process grows with the table.
 */
final class TargetTable implements AutoCloseable {
    private static final int FETCH_ROWS = 1_000;

    private final Connection connection;
    private final Table table;
    private final TargetSql sql;
    private final List<Column> key = new ArrayList<>();

    /** A row of the target in the order of the table's columns; {@code ordinal} is its key's place in the chunk, from 0. */
    interface RowHandler {
        void row(int ordinal, @Nullable Object[] row) throws SQLException;
    }

    /** A key that several rows of the source share. */
    interface CollisionHandler {
        void collision(long rows, @Nullable Object[] key) throws SQLException;
    }

    TargetTable(Connection connection, Table table) throws SQLException {
        this.connection = connection;
        this.table = table;
        this.sql = new TargetSql(table);
        table.primaryKey().forEach(name -> key.add(table.column(name).orElseThrow()));
        execute(TargetSql.DROP_SOURCE_KEYS);
        execute(sql.createSourceKeys());
    }

    void lookUp(List<@Nullable Object[]> keys, RowHandler handler) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql.lookUp())) {
            bind(statement, key, keys);
            forEachRow(statement, handler);
        }
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

    /** To be called behind the last look-up. */
    void forEachExtra(RowHandler handler) throws SQLException {
        execute(TargetSql.ANALYZE_SOURCE_KEYS);
        // The driver streams only inside a transaction.
        connection.setAutoCommit(false);
        try (PreparedStatement statement = connection.prepareStatement(sql.extras())) {
            statement.setFetchSize(FETCH_ROWS);
            forEachRow(statement, handler);
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    void forEachCollision(CollisionHandler handler) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql.collisions());
                ResultSet found = statement.executeQuery()) {
            while (found.next()) {
                @Nullable Object[] values = new @Nullable Object[key.size()];
                for (int i = 0; i < values.length; i++) {
                    values[i] = read(found, i + 2, key.get(i).type());
                }
                handler.collision(found.getLong(1), values);
            }
        }
    }

    long count() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet count = statement.executeQuery(sql.count())) {
            count.next();
            return count.getLong(1);
        }
    }

    /** The values as PostgreSQL spells them; those that it does not accept stay as they are, for no row can hold them. */
    List<@Nullable String> respell(Column column, List<@Nullable String> values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(TargetSql.respell(column))) {
            return respell(statement, values);
        }
    }

    private List<@Nullable String> respell(PreparedStatement statement, List<@Nullable String> values)
            throws SQLException {
        List<@Nullable String> respelled = new ArrayList<>(values.size());
        statement.setArray(1, connection.createArrayOf("text", values.toArray()));
        try (ResultSet spellings = statement.executeQuery()) {
            while (spellings.next()) {
                respelled.add(spellings.getString(1));
            }
            return respelled;
        } catch (SQLException e) {
            boolean refusedValue = e.getSQLState() != null && e.getSQLState().startsWith("22");
            if (!refusedValue) {
                throw e;
            }
        }
        if (values.size() == 1) {
            return values;
        }
        int middle = values.size() / 2;
        respelled.addAll(respell(statement, values.subList(0, middle)));
        respelled.addAll(respell(statement, values.subList(middle, values.size())));
        return respelled;
    }

    @Override
    public void close() throws SQLException {
        execute(TargetSql.DROP_SOURCE_KEYS);
    }

    private void forEachRow(PreparedStatement statement, RowHandler handler) throws SQLException {
        List<Column> columns = table.columns();
        try (ResultSet found = statement.executeQuery()) {
            while (found.next()) {
                @Nullable Object[] row = new @Nullable Object[columns.size()];
                for (int i = 0; i < row.length; i++) {
                    row[i] = read(found, i + 2, columns.get(i).type());
                }
                handler.row((int) found.getLong(1) - 1, row);
            }
        }
    }

    private static @Nullable Object read(ResultSet from, int index, LogicalType type) throws SQLException {
        Object value =
                switch (type) {
                    case BOOLEAN -> from.getBoolean(index);
                    case INT16, INT32, DATE -> from.getInt(index);
                    case INT64, TIME, TIMESTAMP, TIMESTAMPTZ -> from.getLong(index);
                    case FLOAT32 -> from.getFloat(index);
                    case FLOAT64 -> from.getDouble(index);
                    case DECIMAL, TEXT, JSON, NATIVE -> from.getString(index);
                    case BYTES -> from.getBytes(index);
                    case UUID -> from.getObject(index, UUID.class);
                };
        return from.wasNull() ? null : value;
    }

    private void execute(String statement) throws SQLException {
        try (Statement executed = connection.createStatement()) {
            executed.execute(statement);
        }
    }
}
