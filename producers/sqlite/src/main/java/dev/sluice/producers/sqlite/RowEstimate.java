package dev.sluice.producers.sqlite;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** About how many rows a table has, without a full scan: exact up to {@value #COUNTED}, beyond from statistics, rowids or the file's size. */
final class RowEstimate {
    private static final int COUNTED = 200_000;

    /** The least that a row takes, so that sparse rowids do not promise more rows than the file can hold. */
    private static final int MIN_ROW_BYTES = 12;

    private RowEstimate() {}

    static long of(Session session, TableInfo table) throws SQLException {
        String from = " FROM " + Sql.name(table.name());
        long counted = orZero(session.number("SELECT count(*) FROM (SELECT 1" + from + " LIMIT " + COUNTED + ")"));
        if (counted < COUNTED) {
            return counted;
        }
        long most = orZero(session.number(
                "SELECT page_count * page_size / " + MIN_ROW_BYTES + " FROM pragma_page_count(), pragma_page_size()"));
        if (table.rowidName().isPresent()) {
            String rowid = table.rowidName().get();
            long last = orZero(session.number("SELECT max(" + rowid + ")" + from));
            long first = orZero(session.number("SELECT min(" + rowid + ")" + from));
            // A negative span has overflowed.
            long span = last - first + 1;
            most = span > 0 ? Math.min(most, span) : most;
        }
        return Math.max(counted, Math.min(most, fromStatistics(session, table, most)));
    }

    private static long fromStatistics(Session session, TableInfo table, long unknown) throws SQLException {
        if (session.number("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'") == null) {
            return unknown;
        }
        long rows = orZero(
                session.number("SELECT max(CAST(stat AS INTEGER)) FROM sqlite_stat1 WHERE tbl = ?", table.name()));
        return rows > 0 ? rows : unknown;
    }

    private static long orZero(@Nullable Long value) {
        return value == null ? 0 : value;
    }
}
