package dev.sluice.producers.sqlite;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes rows of the log that are durable downstream, in small write transactions and never for long: the application has the right of way. When it holds the lock
 * the rows stay until the next time.
 *
 * <p>In WAL mode a transaction of the application that has read cannot write any more once somebody else has written (SQLITE_BUSY_SNAPSHOT). So a short log is left alone
 * until nobody has written for a moment, and a log that is never left in peace is trimmed once in {@value #MANY_ROWS} rows or {@value #MANY_BYTES} bytes.
 */
final class LogTrimmer implements AutoCloseable {
    static final int MANY_ROWS = 5_000;
    static final long MANY_BYTES = 8L << 20;

    /** Of one call, so that the tail is not kept waiting. */
    private static final Duration LONGEST = Duration.ofMillis(200);

    private static final Duration BUSY_TIMEOUT = Duration.ofMillis(50);

    /** Skipped this often in a row, an operator should know. */
    private static final int SKIPS_WORTH_A_WORD = 100;

    private static final Logger LOGGER = LoggerFactory.getLogger(LogTrimmer.class);

    private final SqliteSettings settings;
    private final String log;
    private final String replaced;
    private final InstantSource clock;
    private @Nullable Session session;
    /** The log's oldest row. */
    private long oldest;

    private long readRows;
    private long readBytes;
    private long trimmedBytes;
    private @Nullable Long dataVersion;
    private long quietSince;
    private long skipped;
    private int skippedInARow;

    LogTrimmer(SqliteSettings settings, Names names, InstantSource clock) {
        this.settings = settings;
        this.log = Sql.name(names.log());
        this.replaced = Sql.name(names.replaced());
        this.clock = clock;
    }

    /** Rows that were read from the log, and how many bytes they hold. */
    void read(int rows, long bytes) {
        readRows += rows;
        readBytes += bytes;
    }

    /** Deletes what lies before a row of the log; the row itself always stays. */
    void trim(long before) {
        if (before <= oldest) {
            return;
        }
        long start = clock.millis();
        try {
            if (!isDue(before, start)) {
                return;
            }
            while (oldest < before && clock.millis() - start <= LONGEST.toMillis()) {
                oldest = session().inWriteOnce(s -> batch(s, before));
            }
            trimmedBytes = readBytes;
            skippedInARow = 0;
        } catch (SQLException e) {
            // Of a database that was made read-only nothing more will come; what is there is still carried over.
            if (!Session.isLock(e) && !Session.isReadOnly(e)) {
                throw session().failure(e);
            }
            skip();
        }
    }

    /** How often a lock of the application, or a database that lets nobody write, kept the log from being trimmed. */
    long skipped() {
        return skipped;
    }

    private boolean isDue(long before, long now) throws SQLException {
        Session s = session();
        if (oldest == 0) {
            oldest = oldest(s, before);
        }
        boolean many = before - oldest >= MANY_ROWS || readBytes - trimmedBytes >= MANY_BYTES;
        return before > oldest && (isQuiet(s, now) || many);
    }

    private boolean isQuiet(Session s, long now) throws SQLException {
        Long version = s.number("PRAGMA data_version");
        if (!Objects.equals(version, dataVersion) || now < quietSince) {
            dataVersion = version;
            quietSince = now;
        }
        return now - quietSince >= settings.trimAfterQuiet().toMillis();
    }

    private long oldest(Session s, long none) throws SQLException {
        Long first = s.number("SELECT min(seq) FROM " + log);
        return first == null ? none : first;
    }

    private long batch(Session s, long before) throws SQLException {
        long to = Math.min(before, oldest(s, before) + batchRows());
        PreparedStatement delete = s.prepare("DELETE FROM " + log + " WHERE seq < ?");
        delete.setLong(1, to);
        delete.executeUpdate();
        // Nobody else writes now, so no statement is still to replace the rows it noted.
        s.execute("DELETE FROM " + replaced);
        return to;
    }

    /** By what the rows weighed on the average. */
    private long batchRows() {
        long bytesPerRow = readRows == 0 ? 1 : Math.max(1, readBytes / readRows);
        return Math.max(1, Math.min(MANY_ROWS, MANY_BYTES / bytesPerRow));
    }

    private void skip() {
        skipped++;
        skippedInARow++;
        if (skippedInARow == SKIPS_WORTH_A_WORD) {
            LOGGER.warn(
                    "Log of {} could not be trimmed {} times in a row because the database was locked or read-only; it grows",
                    settings.name(),
                    skippedInARow);
        }
    }

    private Session session() {
        if (session == null) {
            session = Session.writer(settings.file(), BUSY_TIMEOUT);
        }
        return session;
    }

    @Override
    public void close() {
        if (session != null) {
            session.close();
            session = null;
        }
    }
}
