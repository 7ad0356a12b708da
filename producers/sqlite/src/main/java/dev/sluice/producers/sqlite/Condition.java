package dev.sluice.producers.sqlite;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * A condition about a table's rows that a person wrote, in SQLite's SQL. It runs on a session that cannot write, and for a limited time, because it may be one that never
 * ends. Whatever SQLite says against it is told as a mistake of the condition.
 *
 * @param table as SQLite spells it
 * @param whileWritersWait for one read in rollback mode, where writers wait for its end
 * @param otherwise for one read in WAL mode
 */
record Condition(String table, String text, Duration whileWritersWait, Duration otherwise) {
    private static final Duration WHILE_WRITERS_WAIT = Duration.ofSeconds(1);
    private static final Duration OTHERWISE = Duration.ofSeconds(30);

    private static final int FEWER = 10;
    private static final int PRIMARY_CODE = 0xff;

    Condition(String table, String text) {
        this(table, text, WHILE_WRITERS_WAIT, OTHERWISE);
    }

    /** To be added behind another condition. */
    static String and(@Nullable String text) {
        return text == null ? "" : " AND (\n" + text + "\n)";
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

    /** A part of {@link #guarded(Session, Scan)} in which every error that is no state of the database is one of the condition. */
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

    /**
     * Runs a read on one consistent state, for a limited time. In rollback mode one that is not done in it is tried again with fewer rows, down to one, and those that
     * follow begin with as few; writers get their turn in between.
     */
    <T> T guarded(Session session, Scan<T> scan) {
        boolean writersWait = writersWait(session);
        Duration longest = writersWait ? whileWritersWait : otherwise;
        while (true) {
            T found = within(longest, session, scan.looking.of(scan.rows));
            if (found != null) {
                return found;
            }
            if (!writersWait || scan.rows == 1) {
                throw refused("it takes more than " + longest.toMillis() + " ms for " + scan.rows + " rows"
                        + (writersWait ? ", and in journal mode delete the application cannot write meanwhile" : ""));
            }
            scan.rows = Math.max(1, scan.rows / FEWER);
        }
    }

    /** Whether writers wait while a reader reads. */
    static boolean writersWait(Session session) {
        String mode = session.inRead(s -> Objects.requireNonNull(s.text("PRAGMA journal_mode")));
        return !mode.equalsIgnoreCase("wal");
    }

    /** Null when it was not done. */
    static <T> @Nullable T within(Duration longest, Session session, Session.Work<T> work) {
        AtomicReference<@Nullable T> result = new AtomicReference<>();
        try {
            boolean done = session.inReadWithin(longest, s -> {
                result.set(work.run(s));
                return true;
            });
            return done ? result.get() : null;
        } catch (SQLException e) {
            throw session.failure(e);
        }
    }

    /** A read of a limited number of rows. */
    interface Looking<T> {
        Session.Work<T> of(int rows);
    }

    /** One read after another; each looks at so many rows at most as were read in time before. */
    static final class Scan<T> {
        private final Looking<T> looking;
        private int rows;

        Scan(int rows, Looking<T> looking) {
            this.rows = rows;
            this.looking = looking;
        }

        int rows() {
            return rows;
        }
    }

    /** What SQLite says of a statement, not of the file: names and syntax, and functions that refuse a value. */
    static boolean isMistake(SQLException e) {
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
