package dev.sluice.producers.sqlite;

import java.nio.file.Path;
import java.time.Duration;
import java.util.function.BiPredicate;

/**
 * How a SQLite database is read.
 *
 * @param file the database; it is never created
 * @param busyTimeout how long a lock of another process is waited for, per attempt
 * @param realTimestamps what a REAL in a timestamp column means
 * @param ignoredColumns tells of a table and a column, as the source spells them, whether the column may appear in the captured table without stopping the pipeline
 * @param chunkRows the most rows read in one read transaction, so that writers in rollback mode are not kept waiting
 * @param trimAfterQuiet how long nobody must have written before the rows of the log that are durable downstream are deleted; many of them are deleted sooner
 */
public record SqliteSettings(
        Path file,
        Duration busyTimeout,
        RealTimestamps realTimestamps,
        BiPredicate<String, String> ignoredColumns,
        int chunkRows,
        Duration trimAfterQuiet) {
    /** Long enough for a checkpoint or a bulk write of the application, short enough that an operator sees a stuck lock. */
    public static final Duration DEFAULT_BUSY_TIMEOUT = Duration.ofSeconds(5);

    /** Some milliseconds of reading. */
    public static final int DEFAULT_CHUNK_ROWS = 2_000;

    public static final Duration DEFAULT_TRIM_AFTER_QUIET = Duration.ofSeconds(1);

    /** What a REAL in a timestamp column means. SQLite's own functions know two meanings, so none is assumed. */
    public enum RealTimestamps {
        /** The row is refused. */
        REFUSE,
        /** Days since noon in Greenwich on November 24, 4714 B.C., rounded to milliseconds as SQLite does. */
        JULIAN_DAY,
        /** Seconds since 1970-01-01T00:00Z, rounded to microseconds. */
        UNIX_SECONDS
    }

    public SqliteSettings {
        file = file.toAbsolutePath().normalize();
        if (busyTimeout.isNegative() || trimAfterQuiet.isNegative()) {
            throw new IllegalArgumentException("a duration must not be negative");
        }
        if (chunkRows < 1) {
            throw new IllegalArgumentException("chunkRows must be at least 1, not " + chunkRows);
        }
    }

    public static SqliteSettings of(Path file) {
        return new SqliteSettings(
                file,
                DEFAULT_BUSY_TIMEOUT,
                RealTimestamps.REFUSE,
                (table, column) -> false,
                DEFAULT_CHUNK_ROWS,
                DEFAULT_TRIM_AFTER_QUIET);
    }

    public SqliteSettings withBusyTimeout(Duration timeout) {
        return new SqliteSettings(file, timeout, realTimestamps, ignoredColumns, chunkRows, trimAfterQuiet);
    }

    public SqliteSettings withRealTimestamps(RealTimestamps meaning) {
        return new SqliteSettings(file, busyTimeout, meaning, ignoredColumns, chunkRows, trimAfterQuiet);
    }

    public SqliteSettings withIgnoredColumns(BiPredicate<String, String> columns) {
        return new SqliteSettings(file, busyTimeout, realTimestamps, columns, chunkRows, trimAfterQuiet);
    }

    public SqliteSettings withTrimAfterQuiet(Duration every) {
        return new SqliteSettings(file, busyTimeout, realTimestamps, ignoredColumns, chunkRows, every);
    }

    boolean isIgnored(String table, String column) {
        return ignoredColumns.test(table, column);
    }

    /** A name of the database for people. */
    String name() {
        return String.valueOf(file.getFileName());
    }
}
