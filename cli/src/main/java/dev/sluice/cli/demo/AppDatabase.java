package dev.sluice.cli.demo;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * The application's own connection to its SQLite file. As in many applications, foreign keys are declared but SQLite is not told to enforce them, so
 * a transaction may delete parents before their children; at its end nothing is orphaned.
 *
 * <p>Used by one thread.
 */
final class AppDatabase implements AutoCloseable {
    private final Connection connection;
    private final Map<String, PreparedStatement> statements = new HashMap<>();
    private boolean inTransaction;
    private final Map<String, Long> uncommitted = new HashMap<>();
    private final Map<String, Long> committed = new HashMap<>();

    private AppDatabase(Connection connection) {
        this.connection = connection;
    }

    static AppDatabase open(Path file) throws SQLException {
        Properties settings = new Properties();
        settings.setProperty("busy_timeout", "30000");
        settings.setProperty("journal_mode", "WAL");
        settings.setProperty("synchronous", "NORMAL");
        settings.setProperty("foreign_keys", "false");
        return new AppDatabase(DriverManager.getConnection("jdbc:sqlite:" + file, settings));
    }

    /** Makes the application's tables. */
    void createTables() throws SQLException {
        for (String statement : resource("schema.sql").strip().split(";\\s*\\n", -1)) {
            execute(statement);
        }
    }

    /** Makes the table of {@link Workload#withProbes}. */
    void createProbes() throws SQLException {
        execute(
                "CREATE TABLE latency_probes (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, committed_micros BIGINT NOT NULL)");
    }

    long tables() throws SQLException {
        Object count = read("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
        rollback();
        return count == null ? 0 : ((Number) count).longValue();
    }

    /** Executes an INSERT, UPDATE or DELETE and returns the number of rows. */
    int write(String sql, @Nullable Object... values) throws SQLException {
        int rows = bound(sql, values).executeUpdate();
        if (rows > 0) {
            uncommitted.merge(table(sql), (long) rows, Long::sum);
        }
        return rows;
    }

    /** The first column of the first row; null when there is no row. */
    @Nullable
    Object read(String sql, @Nullable Object... values) throws SQLException {
        try (ResultSet found = bound(sql, values).executeQuery()) {
            return found.next() ? found.getObject(1) : null;
        }
    }

    /** The first column of all rows. */
    List<Object> readAll(String sql, @Nullable Object... values) throws SQLException {
        List<Object> all = new ArrayList<>();
        try (ResultSet found = bound(sql, values).executeQuery()) {
            while (found.next()) {
                all.add(found.getObject(1));
            }
        }
        return all;
    }

    /** Returns how many rows the transaction wrote. */
    long commit() throws SQLException {
        end("COMMIT");
        long rows = uncommitted.values().stream().mapToLong(Long::longValue).sum();
        uncommitted.forEach((table, count) -> committed.merge(table, count, Long::sum));
        uncommitted.clear();
        return rows;
    }

    void rollback() throws SQLException {
        end("ROLLBACK");
        uncommitted.clear();
    }

    /** Rows written and committed on this connection, by table. */
    Map<String, Long> committedRows() {
        return Map.copyOf(committed);
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private void end(String how) throws SQLException {
        if (inTransaction) {
            execute(how);
            inTransaction = false;
        }
    }

    /**
     * Begins a transaction when none is open, as a writer: one that begins as a reader cannot become a writer when somebody else wrote meanwhile. The
     * driver's own transactions begin where the last one ends and would keep the lock between them.
     */
    private PreparedStatement bound(String sql, @Nullable Object... values) throws SQLException {
        if (!inTransaction) {
            execute("BEGIN IMMEDIATE");
            inTransaction = true;
        }
        PreparedStatement statement = statements.get(sql);
        if (statement == null) {
            statement = connection.prepareStatement(sql);
            statements.put(sql, statement);
        }
        for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
        }
        return statement;
    }

    private static String table(String sql) {
        String[] words = sql.split(" ", 4);
        return words[0].equals("UPDATE") ? words[1] : words[2];
    }

    private static String resource(String name) {
        try (InputStream in = Objects.requireNonNull(AppDatabase.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("resource " + name + " of the demo cannot be read", e);
        }
    }
}
