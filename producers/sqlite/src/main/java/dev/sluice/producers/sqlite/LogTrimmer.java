package dev.sluice.producers.sqlite;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes rows of the log that are durable downstream, in small write transactions and never for long: the application has the right of way. When it holds the lock
 * the rows stay until the next time.
 */
final class LogTrimmer implements AutoCloseable {
    static final int BATCH_ROWS = 5_000;

    /** Of one call, so that the tail is not kept waiting. */
    private static final Duration LONGEST = Duration.ofMillis(200);

    private static final Duration BUSY_TIMEOUT = Duration.ofMillis(50);

    /** Skipped this often in a row, an operator should know. */
    private static final int SKIPS_WORTH_A_WORD = 100;

    private static final Logger LOGGER = LoggerFactory.getLogger(LogTrimmer.class);

    private final SqliteSettings settings;
    private final String log;
    private final InstantSource clock;
    private @Nullable Session session;
    private long trimmedTo;
    private long lastMillis = Long.MIN_VALUE;
    private long skipped;
    private int skippedInARow;

    LogTrimmer(SqliteSettings settings, Names names, InstantSource clock) {
        this.settings = settings;
        this.log = Sql.name(names.log());
        this.clock = clock;
    }

    /** Deletes what lies before a row of the log; the row itself always stays. */
    void trim(long before) {
        if (before <= trimmedTo || !isDue(before)) {
            return;
        }
        lastMillis = clock.millis();
        try {
            while (trimmedTo < before && clock.millis() - lastMillis <= LONGEST.toMillis()) {
                trimmedTo = session().inWriteOnce(s -> batch(s, before));
            }
            skippedInARow = 0;
        } catch (SQLException e) {
            if (!Session.isLock(e)) {
                throw session().failure(e);
            }
            skip();
        }
    }

    /** How often the application's lock kept the log from being trimmed. */
    long skipped() {
        return skipped;
    }

    private boolean isDue(long before) {
        long now = clock.millis();
        boolean manyRows = trimmedTo > 0 && before - trimmedTo >= BATCH_ROWS;
        return manyRows
                || lastMillis == Long.MIN_VALUE
                || now < lastMillis
                || now - lastMillis >= settings.trimEvery().toMillis();
    }

    private long batch(Session s, long before) throws SQLException {
        Long first = s.number("SELECT min(seq) FROM " + log);
        long to = first == null ? before : Math.min(before, first + BATCH_ROWS);
        PreparedStatement delete = s.prepare("DELETE FROM " + log + " WHERE seq < ?");
        delete.setLong(1, to);
        delete.executeUpdate();
        return to;
    }

    private void skip() {
        skipped++;
        skippedInARow++;
        if (skippedInARow == SKIPS_WORTH_A_WORD) {
            LOGGER.warn(
                    "Log of {} could not be trimmed {} times in a row because the database was locked; it grows",
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
