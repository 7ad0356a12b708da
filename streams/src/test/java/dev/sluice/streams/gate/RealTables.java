package dev.sluice.streams.gate;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.UniqueKey;
import dev.sluice.streams.testing.Rows;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A random catalog's tables in a real PostgreSQL, every foreign key on and with the actions that it declares. One statement per change. */
final class RealTables implements AutoCloseable {
    private final Connection connection;
    private final Map<String, PreparedStatement> statements = new HashMap<>();

    private RealTables(Connection connection) {
        this.connection = connection;
    }

    static RealTables create(Connection connection, String schema, RandomCatalog of) throws SQLException {
        RealTables tables = new RealTables(connection);
        tables.execute("CREATE SCHEMA " + schema);
        tables.execute("SET search_path = " + schema);
        Catalog catalog = of.catalog();
        for (Table table : catalog.tables()) {
            tables.execute(definition(table));
        }
        for (Table table : catalog.tables()) {
            for (ForeignKey foreignKey : table.foreignKeys()) {
                if (catalog.table(foreignKey.parent()).isPresent()) {
                    tables.execute(definition(table, foreignKey, of.actions(foreignKey)));
                }
            }
        }
        return tables;
    }

    private static String definition(Table table) {
        List<String> parts = new ArrayList<>();
        for (Column column : table.columns()) {
            parts.add(quoted(column.name()) + " " + column.nativeType() + (column.nullable() ? "" : " NOT NULL"));
        }
        parts.add("PRIMARY KEY (" + list(table.primaryKey()) + ")");
        for (UniqueKey unique : table.uniqueKeys()) {
            parts.add("UNIQUE (" + list(unique.columns()) + ")");
        }
        return "CREATE TABLE " + name(table) + " (" + String.join(", ", parts) + ")";
    }

    private static String definition(Table child, ForeignKey foreignKey, RandomCatalog.Actions actions) {
        return "ALTER TABLE %s ADD CONSTRAINT %s FOREIGN KEY (%s) REFERENCES %s (%s) MATCH %s ON DELETE %s ON UPDATE %s %s"
                .formatted(
                        name(child),
                        quoted(foreignKey.name()),
                        list(foreignKey.columns()),
                        quoted(foreignKey.parent().name()),
                        list(foreignKey.parentColumns()),
                        foreignKey.matchFull() ? "FULL" : "SIMPLE",
                        actions.onDelete(),
                        actions.onUpdate(),
                        foreignKey.deferrable() ? "DEFERRABLE" : "");
    }

    void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    void upsert(Table table, @Nullable Object[] row) throws SQLException {
        String columns = list(names(table));
        String places = table.columns().stream().map(c -> "?").collect(Collectors.joining(", "));
        String sets = names(table).stream()
                .map(c -> quoted(c) + " = excluded." + quoted(c))
                .collect(Collectors.joining(", "));
        PreparedStatement statement = prepared("INSERT INTO %s (%s) VALUES (%s) ON CONFLICT (%s) DO UPDATE SET %s"
                .formatted(name(table), columns, places, list(table.primaryKey()), sets));
        bind(statement, 1, table, names(table), row);
        statement.executeUpdate();
    }

    /** Writes some columns of a row, if it is there. */
    void update(Table table, List<String> columns, @Nullable Object[] row) throws SQLException {
        if (columns.isEmpty()) {
            return;
        }
        String sets = columns.stream().map(c -> quoted(c) + " = ?").collect(Collectors.joining(", "));
        PreparedStatement statement = prepared("UPDATE %s SET %s WHERE %s".formatted(name(table), sets, isKey(table)));
        int next = bind(statement, 1, table, columns, row);
        bind(statement, next, table, table.primaryKey(), row);
        statement.executeUpdate();
    }

    void delete(Table table, @Nullable Object[] image) throws SQLException {
        PreparedStatement statement = prepared("DELETE FROM %s WHERE %s".formatted(name(table), isKey(table)));
        bind(statement, 1, table, table.primaryKey(), image);
        statement.executeUpdate();
    }

    void truncate(Table table) throws SQLException {
        prepared("DELETE FROM " + name(table)).executeUpdate();
    }

    /** The whole row that a change of some columns makes. */
    @Nullable
    Object[] merged(Table table, Change change) throws SQLException {
        @Nullable Object[] row = change.after().clone();
        @Nullable Object[] before = rows(table).get(Rows.keyText(table, row));
        for (String column : change.unchanged()) {
            int index = table.indexOf(column);
            row[index] = Optional.ofNullable(before).orElseThrow()[index];
        }
        return row;
    }

    Map<String, @Nullable Object[]> rows(Table table) throws SQLException {
        Map<String, @Nullable Object[]> rows = new HashMap<>();
        try (ResultSet found = prepared("SELECT " + list(names(table)) + " FROM " + name(table))
                .executeQuery()) {
            while (found.next()) {
                @Nullable Object[] row = new @Nullable Object[table.columns().size()];
                for (int i = 0; i < row.length; i++) {
                    Object value = found.getObject(i + 1);
                    row[i] = value instanceof BigDecimal number ? number.toPlainString() : value;
                }
                rows.put(Rows.keyText(table, row), row);
            }
        }
        return rows;
    }

    private PreparedStatement prepared(String sql) throws SQLException {
        PreparedStatement statement = statements.get(sql);
        if (statement == null) {
            statement = connection.prepareStatement(sql);
            statements.put(sql, statement);
        }
        return statement;
    }

    private static int bind(
            PreparedStatement statement, int from, Table table, List<String> columns, @Nullable Object[] row)
            throws SQLException {
        int next = from;
        for (String name : columns) {
            Object value = row[table.indexOf(name)];
            LogicalType type = table.column(name).map(Column::type).orElseThrow();
            switch (type) {
                case INT64 -> statement.setObject(next++, value, Types.BIGINT);
                case DECIMAL ->
                    statement.setObject(next++, value == null ? null : new BigDecimal((String) value), Types.NUMERIC);
                default -> statement.setObject(next++, value, Types.VARCHAR);
            }
        }
        return next;
    }

    private static String isKey(Table table) {
        return table.primaryKey().stream().map(c -> quoted(c) + " = ?").collect(Collectors.joining(" AND "));
    }

    private static List<String> names(Table table) {
        return table.columns().stream().map(Column::name).toList();
    }

    private static String list(List<String> columns) {
        return columns.stream().map(RealTables::quoted).collect(Collectors.joining(", "));
    }

    private static String name(Table table) {
        return quoted(table.id().name());
    }

    private static String quoted(String name) {
        return '"' + name + '"';
    }

    @Override
    public void close() throws SQLException {
        for (PreparedStatement statement : statements.values()) {
            statement.close();
        }
        statements.clear();
    }
}
