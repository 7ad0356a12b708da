package dev.sluice.integration;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/** An application that writes as fast as SQLite lets it: a few rows again and again, new ones, and ones that go. Rows with numbers up to {@link #COLD} it leaves alone. */
final class LedgerApplication implements AutoCloseable {
    /** Entries, and as many accounts, that nobody writes. */
    static final int COLD = 4_000;

    private static final int HOT = 40;

    private final Path file;
    private final long seed;
    private final Thread thread;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile boolean stopping;
    private final AtomicLong transactions = new AtomicLong();

    private LedgerApplication(Path file, long seed) {
        this.file = file;
        this.seed = seed;
        this.thread = new Thread(this::write, "application");
    }

    static String account(int number) {
        return new UUID(0x5e0a_7a11_0000_4000L + number, 0x8000_0000_0000_0000L + number).toString();
    }

    static void create(Path file) throws SQLException {
        try (Connection connection = connect(file);
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "CREATE TABLE accounts (id TEXT PRIMARY KEY, name TEXT NOT NULL, opened DATETIME NOT NULL)");
            statement.execute(
                    "CREATE TABLE entries (id INTEGER PRIMARY KEY, account_id TEXT REFERENCES accounts (id), amount NUMERIC, booked DATETIME, details JSON, note TEXT)");
            connection.setAutoCommit(false);
            for (int i = 1; i <= COLD + HOT; i++) {
                account(connection, i);
                entry(connection, i, i);
            }
            connection.commit();
        }
    }

    private static Connection connect(Path file) throws SQLException {
        Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode = WAL");
            statement.execute("PRAGMA busy_timeout = 20000");
        }
        return connection;
    }

    private static void account(Connection connection, int number) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO accounts VALUES (?, ?, ?)")) {
            insert.setString(1, account(number));
            insert.setString(2, "Account " + number);
            insert.setString(3, "2025-03-0" + (1 + number % 9) + " 12:00:00");
            insert.executeUpdate();
        }
    }

    private static void entry(Connection connection, int number, int account) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)")) {
            insert.setInt(1, number);
            insert.setString(2, account(account));
            insert.setString(3, number % 50 + ".50");
            insert.setString(4, "2025-06-1" + number % 10 + " 08:30:15.250000");
            insert.setString(5, "{\"kind\": \"transfer\", \"number\": " + number + "}");
            insert.setString(6, "entry " + number);
            insert.executeUpdate();
        }
    }

    static LedgerApplication start(Path file, long seed) {
        LedgerApplication application = new LedgerApplication(file, seed);
        application.thread.start();
        return application;
    }

    private void write() {
        Random random = new Random(seed);
        int next = COLD + HOT + 1;
        try (Connection connection = connect(file);
                Statement statement = connection.createStatement()) {
            while (!stopping) {
                statement.execute("BEGIN IMMEDIATE");
                int hot = COLD + 1 + random.nextInt(HOT);
                switch (random.nextInt(5)) {
                    case 0 -> entry(connection, next++, hot);
                    case 1 ->
                        statement.execute("DELETE FROM entries WHERE id = " + (COLD + HOT + 1 + random.nextInt(next)));
                    case 2 -> {
                        // Gone in one transaction, and the very same in the next.
                        statement.execute("DELETE FROM entries WHERE id = " + hot);
                        statement.execute("COMMIT");
                        statement.execute("BEGIN IMMEDIATE");
                        entry(connection, hot, hot);
                    }
                    default ->
                        statement.execute("UPDATE entries SET note = 'state " + random.nextInt(3) + "', amount = '"
                                + random.nextInt(90) + ".5' WHERE id = " + hot);
                }
                statement.execute("COMMIT");
                transactions.incrementAndGet();
            }
        } catch (SQLException e) {
            failure.set(e);
        }
    }

    long transactions() {
        if (failure.get() != null) {
            throw new AssertionError("the application failed", failure.get());
        }
        return transactions.get();
    }

    @Override
    public void close() {
        stopping = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        transactions();
    }
}
