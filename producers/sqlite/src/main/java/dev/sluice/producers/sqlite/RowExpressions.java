package dev.sluice.producers.sqlite;

import dev.sluice.producers.sqlite.LargeRows.LeftOut;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Expressions over single rows, evaluated by SQLite in a table in memory that has one row at most. The row is put into columns of the same affinity and collation as
 * those that it comes from; without them {@code age > '5'} would compare otherwise. The expressions are generated columns of that table, so that SQLite itself refuses
 * what is not always the same for the same row. About two microseconds for each row. Not thread-safe.
 */
final class RowExpressions {
    private static final String RESULT = "_sluice_r";

    private final Connection memory;
    private final String reason;
    private final String insert;
    private final String returning;
    private final List<String> columns;
    private final int results;
    private @Nullable PreparedStatement statement;

    /**
     * @param table of the memory's own, not yet there
     * @param reason code for a row of which an expression fails
     */
    RowExpressions(Connection memory, String table, String reason, List<MemoryColumn> columns, List<String> expressions)
            throws SQLException {
        this.memory = memory;
        this.reason = reason;
        this.columns = columns.stream().map(MemoryColumn::name).toList();
        this.results = expressions.size();
        Evaluator.run(memory, createTable(table, columns, expressions));
        String names = this.columns.stream().map(name -> ", " + Sql.name(name)).collect(Collectors.joining());
        this.insert = "REPLACE INTO " + Sql.name(table) + " (" + Evaluator.ROW + names + ") VALUES (1";
        this.returning = ") RETURNING "
                + IntStream.range(0, results).mapToObj(i -> RESULT + i).collect(Collectors.joining(", "));
    }

    /** A column as a table in memory has it. */
    record MemoryColumn(String name, String type, String collation) {
        String sql() {
            return Sql.name(name) + ' ' + type + " COLLATE " + Sql.name(collation);
        }
    }

    /** Each expression on lines of its own, so that a comment at its end does no harm. */
    static String createTable(String table, List<MemoryColumn> columns, List<String> expressions) {
        StringBuilder sql = new StringBuilder("CREATE TABLE " + Sql.name(table) + " (" + Evaluator.ROW);
        sql.append(" INTEGER PRIMARY KEY");
        columns.forEach(column -> sql.append(", ").append(column.sql()));
        for (int i = 0; i < expressions.size(); i++) {
            sql.append(", ").append(RESULT).append(i);
            sql.append(" GENERATED ALWAYS AS (\n").append(expressions.get(i)).append("\n) VIRTUAL");
        }
        return sql.append(')').toString();
    }

    /** Names of the columns that {@link #evaluate} takes, in that order. */
    List<String> columns() {
        return columns;
    }

    /**
     * What the expressions give for a row.
     *
     * @param row the stored values of {@link #columns}
     * @throws Refusal when one of them fails, or a value of the row was too large to be read
     */
    @Nullable
    Object[] evaluate(@Nullable Object[] row) throws Refusal {
        boolean plain = true;
        for (Object value : row) {
            if (value instanceof LeftOut leftOut) {
                throw leftOut.refusal();
            }
            plain &= !(value instanceof StoredValue.RawText);
        }
        try {
            if (plain) {
                return evaluate(prepared(row), row);
            }
            try (PreparedStatement once = memory.prepareStatement(sql(row))) {
                return evaluate(once, row);
            }
        } catch (SQLException e) {
            forget();
            throw Refusal.other(reason, Evaluator.withoutValues(e));
        }
    }

    private @Nullable Object[] evaluate(PreparedStatement prepared, @Nullable Object[] row) throws SQLException {
        for (int i = 0; i < row.length; i++) {
            StoredValue.bind(prepared, i + 1, row[i]);
        }
        try (ResultSet found = prepared.executeQuery()) {
            found.next();
            return StoredValue.read(found, 1, results);
        }
    }

    private PreparedStatement prepared(@Nullable Object[] row) throws SQLException {
        PreparedStatement known = statement;
        if (known == null) {
            known = memory.prepareStatement(sql(row));
            statement = known;
        }
        return known;
    }

    private String sql(@Nullable Object[] row) {
        StringBuilder places = new StringBuilder();
        for (Object value : row) {
            places.append(", ").append(StoredValue.placeholder(value));
        }
        return insert + places + returning;
    }

    /** The driver gives a statement up that fails at its first row, and does not say so. */
    private void forget() {
        PreparedStatement failed = statement;
        statement = null;
        try {
            if (failed != null) {
                failed.close();
            }
        } catch (SQLException e) {
            // It is not used again.
        }
    }
}
