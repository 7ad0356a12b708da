package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ChangeSource;
import dev.sluice.producers.api.ContractTables;
import dev.sluice.producers.api.Selection;
import dev.sluice.producers.api.SourceFixture;
import dev.sluice.producers.api.Write;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A SQLite file with the contract's tables. */
final class SqliteFixture implements SourceFixture {
    private static final String[] SCHEMA = {
        "CREATE TABLE accounts (id INTEGER PRIMARY KEY, owner TEXT, balance INTEGER NOT NULL)",
        "CREATE TABLE savings (id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL REFERENCES accounts, balance INTEGER NOT NULL)",
        "CREATE TABLE lines (account_id INTEGER NOT NULL REFERENCES accounts, line INTEGER NOT NULL, note TEXT, PRIMARY KEY (account_id, line))",
        "CREATE TABLE notes (id TEXT PRIMARY KEY, body TEXT)"
    };

    private final Path directory;
    private final TestDatabase database;
    private final SqliteConnector connector;
    private final List<CapturedTable> captured;

    SqliteFixture(String journalMode, List<Write.Insert> rows) throws Exception {
        directory = Files.createTempDirectory("sluice-sqlite");
        database = TestDatabase.createIn(directory, journalMode, SCHEMA);
        database.run("PRAGMA foreign_keys = ON", "PRAGMA busy_timeout = 10000");
        // Trims at every chance, so that every case also runs beside it.
        connector = SqliteConnector.of(database.settings().withTrimAfterQuiet(Duration.ZERO));
        transact(List.copyOf(rows));
        // A condition that always holds changes nothing of what the contract asks for.
        captured = ContractTables.captured().stream()
                .map(table -> journalMode.equals("WAL") ? table.with(Selection.where("rtrim('a ') = 'a'")) : table)
                .toList();
        connector.prepare(captured, "contract", "one", false);
    }

    @Override
    public ChangeSource source() {
        return connector.source(captured, "contract", "one");
    }

    @Override
    public void transact(List<Write> writes) throws Exception {
        Connection connection = database.connection();
        connection.setAutoCommit(false);
        for (Write write : writes) {
            execute(connection, write);
        }
        connection.commit();
        connection.setAutoCommit(true);
    }

    private static void execute(Connection connection, Write write) throws SQLException {
        Table table = write.table();
        if (write instanceof Write.Insert insert) {
            run(
                    connection,
                    "INSERT INTO " + table.id().name() + " VALUES ("
                            + "?,".repeat(insert.row().size() - 1) + "?)",
                    insert.row());
        } else if (write instanceof Write.Update update) {
            update(connection, table, key(table, update.row()), update.row());
        } else if (write instanceof Write.ChangeKey change) {
            update(connection, table, change.key(), change.row());
        } else if (write instanceof Write.Delete delete) {
            run(connection, "DELETE FROM " + table.id().name() + where(table), delete.key());
        } else {
            throw new UnsupportedOperationException("SQLite has no truncate");
        }
    }

    private static void update(Connection connection, Table table, List<Object> key, List<Object> row)
            throws SQLException {
        String set =
                table.columns().stream().map(column -> column.name() + " = ?").collect(Collectors.joining(", "));
        List<Object> parameters = new ArrayList<>(row);
        parameters.addAll(key);
        run(connection, "UPDATE " + table.id().name() + " SET " + set + where(table), parameters);
    }

    private static List<Object> key(Table table, List<Object> row) {
        return Stream.of(table.keyIndexes())
                .flatMapToInt(java.util.Arrays::stream)
                .mapToObj(row::get)
                .toList();
    }

    private static String where(Table table) {
        return table.primaryKey().stream().map(key -> key + " = ?").collect(Collectors.joining(" AND ", " WHERE ", ""));
    }

    private static void run(Connection connection, String sql, List<Object> parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.size(); i++) {
                statement.setObject(i + 1, parameters.get(i));
            }
            if (statement.executeUpdate() != 1) {
                throw new AssertionError("one row expected: " + sql + " " + parameters);
            }
        }
    }

    @Override
    public List<List<Object>> rows(Table table) throws Exception {
        List<List<Object>> rows = new ArrayList<>();
        try (Statement statement = database.connection().createStatement();
                ResultSet found =
                        statement.executeQuery("SELECT * FROM " + table.id().name())) {
            while (found.next()) {
                List<Object> row = new ArrayList<>();
                for (Column column : table.columns()) {
                    boolean integer = column.type() == LogicalType.INT64;
                    row.add(integer ? (Object) found.getLong(column.name()) : found.getString(column.name()));
                }
                rows.add(Collections.unmodifiableList(row));
            }
        }
        return rows;
    }

    @Override
    public String atLeast(String column, long least) {
        return column + " >= " + least + " -- and no more";
    }

    @Override
    public List<String> noConditions() {
        return List.of(
                "",
                "missing = 1",
                "balance >",
                "1=1) OR (1=1",
                "1=1; DELETE FROM accounts",
                "1=1 ORDER BY 1",
                "1=1 LIMIT 1",
                "1=1 UNION SELECT 1",
                "SELECT 1",
                "1, 2",
                "1=1 /*",
                "1=1 --\n) OR (1=1",
                "count(*) > 1",
                "row_number() OVER () > 1",
                "balance = ?",
                "balance = :balance",
                "DELETE FROM accounts",
                "balance = 1\0");
    }

    @Override
    public List<String> noQueries() {
        return List.of(
                "nonsense",
                "SELECT missing FROM accounts",
                "SELECT 1; DELETE FROM accounts",
                "DELETE FROM accounts",
                "DELETE FROM accounts RETURNING id",
                "PRAGMA query_only = 0",
                "DROP TABLE lines");
    }

    @Override
    public void close() {
        try (Stream<Path> files = Files.walk(directory)) {
            database.close();
            for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException | SQLException e) {
            throw new AssertionError("the database could not be taken away", e);
        }
    }
}
