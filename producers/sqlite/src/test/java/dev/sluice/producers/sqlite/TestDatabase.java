package dev.sluice.producers.sqlite;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** A SQLite file and the application's own connection to it. */
final class TestDatabase implements AutoCloseable {
    private final Path file;
    private final Connection connection;

    private TestDatabase(Path file) throws SQLException {
        this.file = file;
        this.connection = DriverManager.getConnection("jdbc:sqlite:" + file);
    }

    static TestDatabase create(Path directory, String... statements) throws SQLException {
        return createIn(directory, "WAL", statements);
    }

    static TestDatabase createIn(Path directory, String journalMode, String... statements) throws SQLException {
        TestDatabase database = new TestDatabase(directory.resolve("app.db"));
        database.run("PRAGMA journal_mode = " + journalMode);
        database.run(statements);
        return database;
    }

    static TestDatabase open(Path file) throws SQLException {
        return new TestDatabase(file);
    }

    Path file() {
        return file;
    }

    Connection connection() {
        return connection;
    }

    SqliteSettings settings() {
        return SqliteSettings.of(file);
    }

    void run(String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** All statements in one transaction. */
    void transact(String... statements) throws SQLException {
        run("BEGIN");
        run(statements);
        run("COMMIT");
    }

    void insert(String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            statement.executeUpdate();
        }
    }

    /** Every row as its values joined by a bar. */
    List<String> query(String sql) throws SQLException {
        List<String> rows = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(sql)) {
            int columns = found.getMetaData().getColumnCount();
            while (found.next()) {
                List<String> row = new ArrayList<>();
                for (int i = 1; i <= columns; i++) {
                    row.add(String.valueOf(found.getString(i)));
                }
                rows.add(String.join("|", row));
            }
        }
        return rows;
    }

    long number(String sql) throws SQLException {
        return Long.parseLong(query(sql).get(0));
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
