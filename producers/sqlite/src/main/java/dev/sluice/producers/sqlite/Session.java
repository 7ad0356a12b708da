package dev.sluice.producers.sqlite;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.sqlite.ProgressHandler;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;
import org.sqlite.SQLiteLimits;
import org.sqlite.SQLiteOpenMode;

/**
 * A connection to a SQLite file that lends itself to one transaction at a time. Prepared statements are kept. The file is never created, and never touched by
 * anything but SQLite: closing another handle of it in this process would drop SQLite's POSIX locks. Not thread-safe.
 */
final class Session implements AutoCloseable {
    /** SQLite does not wait for some locks (recovery of a WAL, a stale snapshot), so waiting is repeated. */
    private static final int ATTEMPTS = 3;

    /** Steps of SQLite's virtual machine, some hundred microseconds. */
    private static final int STEPS_BETWEEN_LOOKS = 10_000;

    private static final int PRIMARY_CODE = 0xff;

    private final Path file;
    private final Duration busyTimeout;
    private final Connection connection;
    private final Map<String, PreparedStatement> statements = new HashMap<>();

    private Session(Path file, Duration busyTimeout, Connection connection) {
        this.file = file;
        this.busyTimeout = busyTimeout;
        this.connection = connection;
    }

    /** Work inside a transaction. It may run several times. */
    interface Work<T extends @Nullable Object> {
        T run(Session session) throws SQLException;
    }

    /** A session whose statements cannot change the database. */
    static Session reader(SqliteSettings settings) {
        Session session = open(settings.file(), settings.busyTimeout());
        try {
            session.execute("PRAGMA query_only = 1");
            session.inRead(s -> s.number("SELECT count(*) FROM sqlite_master") != null);
            return session;
        } catch (SQLException e) {
            session.close();
            throw session.failure(e);
        } catch (RuntimeException e) {
            session.close();
            throw e;
        }
    }

    static Session writer(Path file, Duration busyTimeout) {
        return open(file, busyTimeout);
    }

    private static Session open(Path file, Duration busyTimeout) {
        if (!Files.exists(file)) {
            throw SluiceException.of(
                    ErrorKind.SOURCE, "SQLite database " + file + " does not exist; check the path of the source");
        }
        if (Files.isDirectory(file)) {
            throw SluiceException.of(
                    ErrorKind.SOURCE, file + " is a directory, not a SQLite database; name the file itself");
        }
        SQLiteConfig config = new SQLiteConfig();
        config.resetOpenMode(SQLiteOpenMode.CREATE);
        config.setBusyTimeout(Math.toIntExact(busyTimeout.toMillis()));
        try {
            return new Session(
                    file, busyTimeout, DriverManager.getConnection("jdbc:sqlite:" + file, config.toProperties()));
        } catch (SQLException e) {
            throw failure(file, busyTimeout, e);
        }
    }

    /** Runs work on one consistent state of the database. */
    <T extends @Nullable Object> T inRead(Work<T> work) {
        return inTransaction("BEGIN", work);
    }

    /** As {@link #inRead}, but for a limited time; false when the work was not done in it. */
    boolean inReadWithin(Duration longest, Work<?> work) throws SQLException {
        long start = System.nanoTime();
        ProgressHandler handler = new ProgressHandler() {
            @Override
            protected int progress() {
                return System.nanoTime() - start > longest.toNanos() ? 1 : 0;
            }
        };
        ProgressHandler.setHandler(connection, STEPS_BETWEEN_LOOKS, handler);
        try {
            return inTransaction("BEGIN", s -> {
                try {
                    work.run(s);
                    return true;
                } catch (SQLException e) {
                    if (isInterrupt(e)) {
                        return false;
                    }
                    throw e;
                }
            });
        } finally {
            ProgressHandler.clearHandler(connection);
        }
    }

    /** Runs reads in which no value may have more bytes: SQLite refuses to make or read it. */
    <T extends @Nullable Object> T withValuesUpTo(int bytes, Supplier<T> reads) {
        try {
            limitValues(bytes);
            try {
                return reads.get();
            } finally {
                limitValues(Integer.MAX_VALUE);
            }
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    private void limitValues(int bytes) throws SQLException {
        connection.unwrap(SQLiteConnection.class).setLimit(SQLiteLimits.SQLITE_LIMIT_LENGTH, bytes);
    }

    /** Runs work as the only writer. */
    <T extends @Nullable Object> T inWrite(Work<T> work) {
        return inTransaction("BEGIN IMMEDIATE", work);
    }

    /** As {@link #inWrite}, without repeating: a lock that is held longer than the timeout is the caller's business. */
    <T extends @Nullable Object> T inWriteOnce(Work<T> work) throws SQLException {
        return attempt("BEGIN IMMEDIATE", work);
    }

    private <T extends @Nullable Object> T inTransaction(String begin, Work<T> work) {
        for (int attempt = 1; ; attempt++) {
            try {
                return attempt(begin, work);
            } catch (SQLException e) {
                if (!isLock(e) || attempt == ATTEMPTS) {
                    throw failure(e);
                }
            }
        }
    }

    private <T extends @Nullable Object> T attempt(String begin, Work<T> work) throws SQLException {
        boolean committed = false;
        execute(begin);
        try {
            T result = work.run(this);
            execute("COMMIT");
            committed = true;
            return result;
        } finally {
            if (!committed) {
                rollback();
            }
        }
    }

    private void rollback() {
        try {
            execute("ROLLBACK");
        } catch (SQLException e) {
            // SQLite has already rolled back by itself; the failure that led here is on its way.
        }
    }

    void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    PreparedStatement prepare(String sql) throws SQLException {
        PreparedStatement statement = statements.get(sql);
        if (statement == null) {
            statement = connection.prepareStatement(sql);
            statements.put(sql, statement);
        }
        return statement;
    }

    /** Not kept; the caller closes it. */
    PreparedStatement prepareOnce(String sql) throws SQLException {
        return connection.prepareStatement(sql);
    }

    /** The first column of the first row; null when there is no row or it is NULL. */
    @Nullable
    Long number(String sql, @Nullable Object... parameters) throws SQLException {
        try (ResultSet rows = query(sql, parameters)) {
            if (!rows.next()) {
                return null;
            }
            long value = rows.getLong(1);
            return rows.wasNull() ? null : value;
        }
    }

    @Nullable
    String text(String sql, @Nullable Object... parameters) throws SQLException {
        try (ResultSet rows = query(sql, parameters)) {
            return rows.next() ? rows.getString(1) : null;
        }
    }

    /** The caller closes the rows; the statement stays. */
    ResultSet query(String sql, @Nullable Object... parameters) throws SQLException {
        PreparedStatement statement = prepare(sql);
        for (int i = 0; i < parameters.length; i++) {
            StoredValue.bind(statement, i + 1, parameters[i]);
        }
        try {
            return statement.executeQuery();
        } catch (SQLException e) {
            // The driver gives a statement up that fails at its first row, and does not say so.
            statements.remove(sql, statement);
            statement.close();
            throw e;
        }
    }

    static boolean isLock(SQLException e) {
        int code = code(e);
        return code == SQLiteErrorCode.SQLITE_BUSY.code || code == SQLiteErrorCode.SQLITE_LOCKED.code;
    }

    /** Whether the statement itself may be as right as any: another lock, or more time, and it would not have failed. */
    static boolean isCircumstance(SQLException e) {
        return isLock(e) || isInterrupt(e);
    }

    static boolean isInterrupt(SQLException e) {
        return code(e) == SQLiteErrorCode.SQLITE_INTERRUPT.code;
    }

    static boolean isReadOnly(SQLException e) {
        return code(e) == SQLiteErrorCode.SQLITE_READONLY.code;
    }

    private static int code(SQLException e) {
        return e instanceof SQLiteException sQLiteException ? sQLiteException.getResultCode().code & PRIMARY_CODE : -1;
    }

    SluiceException failure(SQLException e) {
        return failure(file, busyTimeout, e);
    }

    private static SluiceException failure(Path file, Duration busyTimeout, SQLException e) {
        int code = code(e);
        String name = "SQLite database " + file;
        String message;
        if (isLock(e)) {
            message = name + ": database is locked by another process, for more than " + busyTimeout.toMillis()
                    + " ms; end the transaction that holds the lock and start again";
        } else if (code == SQLiteErrorCode.SQLITE_NOTADB.code) {
            message = file + " is not a SQLite database (or it is encrypted); check the path of the source";
        } else if (code == SQLiteErrorCode.SQLITE_CORRUPT.code) {
            message = name + " is damaged; run PRAGMA integrity_check and repair it before it is moved";
        } else if (code == SQLiteErrorCode.SQLITE_CANTOPEN.code) {
            message = name + " cannot be opened; check that this user may read it and write to its directory";
        } else if (code == SQLiteErrorCode.SQLITE_READONLY.code) {
            message = name + " is read-only for this user; capture needs triggers and a log table in it";
        } else {
            message = name + " failed: " + e.getMessage();
        }
        return SluiceException.of(ErrorKind.SOURCE, message, e);
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw failure(e);
        }
    }
}
