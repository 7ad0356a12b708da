package dev.sluice.producers.sqlite;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * A condition about a table's rows that a person wrote, in SQLite's SQL. It runs on a session that cannot write, and for a limited time, because it may be one that never
 * ends. Whatever SQLite says against it is told as a mistake of the condition.
 *
 * @param table as SQLite spells it
 * @param longest for one chunk, which looks at {@value SnapshotReader#SCANNED_ROWS} rows at most
 */
record Condition(String table, String text, Duration longest) {
    private static final Duration LONGEST = Duration.ofSeconds(30);

    private static final int PRIMARY_CODE = 0xff;

    Condition(String table, String text) {
        this(table, text, LONGEST);
    }

    /** 1 for a row that is wanted. On lines of its own, so that a comment at its end does no harm. */
    String asColumn() {
        return "CASE WHEN (\n" + text + "\n) THEN 1 ELSE 0 END";
    }

    /**
     * Refuses what is not one expression: it has to stand with parentheses around it, which ends statements and clauses that follow one, and without, which ends
     * {@code 1) OR (1}.
     */
    void require(Session session) throws SQLException {
        if (text.indexOf('\0') >= 0) {
            throw refused("a text without a NUL character was expected");
        }
        String select = "SELECT 1 FROM " + Sql.name(table) + " WHERE ";
        prepare(session, select + "\n" + text + "\n");
        prepare(session, select + "(\n" + text + "\n)");
    }

    private void prepare(Session session, String sql) throws SQLException {
        try (PreparedStatement statement = session.prepareOnce(sql)) {
            if (statement.getParameterMetaData().getParameterCount() > 0) {
                throw refused("it has a parameter, for which there is no value");
            }
        } catch (SQLException e) {
            if (isMistake(e)) {
                throw refused(e);
            }
            throw e;
        }
    }

    /** A part of {@link #guarded(Session, Session.Work)} in which every error that is no state of the database is one of the condition. */
    <T> T guarded(Read<T> read) throws SQLException {
        try {
            return read.run();
        } catch (SQLException e) {
            if (isMistake(e)) {
                throw refused(e);
            }
            throw e;
        }
    }

    /** Reads under the condition. */
    interface Read<T> {
        T run() throws SQLException;
    }

    /** Runs a read on one consistent state, for a limited time. */
    <T> T guarded(Session session, Session.Work<T> work) {
        AtomicReference<@Nullable T> result = new AtomicReference<>();
        boolean done;
        try {
            done = session.inReadWithin(longest, s -> {
                result.set(work.run(s));
                return true;
            });
        } catch (SQLException e) {
            throw session.failure(e);
        }
        T found = result.get();
        if (!done || found == null) {
            throw refused(
                    "it takes more than " + longest.toSeconds() + " s for " + SnapshotReader.SCANNED_ROWS + " rows");
        }
        return found;
    }

    /** What SQLite says of a statement, not of the file: names and syntax, and functions that refuse a value. */
    private static boolean isMistake(SQLException e) {
        if (!(e instanceof SQLiteException known)) {
            return false;
        }
        int code = known.getResultCode().code & PRIMARY_CODE;
        return code == SQLiteErrorCode.SQLITE_ERROR.code
                || code == SQLiteErrorCode.SQLITE_TOOBIG.code
                || code == SQLiteErrorCode.SQLITE_MISMATCH.code
                || code == SQLiteErrorCode.SQLITE_READONLY.code
                || code == SQLiteErrorCode.SQLITE_AUTH.code
                || code == SQLiteErrorCode.SQLITE_RANGE.code;
    }

    private SluiceException refused(SQLException e) {
        return SluiceException.of(ErrorKind.CONFIGURATION, message(String.valueOf(e.getMessage())), e);
    }

    private SluiceException refused(String why) {
        return SluiceException.of(ErrorKind.CONFIGURATION, message(why));
    }

    /** Without the condition itself, which may hold values that are nobody else's business. */
    private String message(String why) {
        return "table " + table + " cannot be read under this condition: " + why
                + "; expected was one condition as SQLite takes it behind WHERE";
    }
}
