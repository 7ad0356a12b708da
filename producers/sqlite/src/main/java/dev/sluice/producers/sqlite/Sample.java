package dev.sluice.producers.sqlite;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The first and the last rows of a table: all of a small one, and the oldest and newest habits of a large one. Bounded in rows and bytes. */
final class Sample {
    private static final long MAX_WEIGHT = 128L << 20;

    private Sample() {}

    /** Takes a row's values. */
    interface Taker {
        void take(@Nullable Object[] values);
    }

    /** @param rowsAtEachEnd where the ends overlap rows come twice */
    static void read(Session session, TableInfo table, List<String> columns, int rowsAtEachEnd, Taker taker)
            throws SQLException {
        ScanOrder order = ScanOrder.of(table, table.primaryKey());
        String lengths = LargeRows.lengths(columns.stream().map(Sql::name).toList());
        String select =
                "SELECT " + Sql.names(columns) + ", " + lengths + " FROM " + Sql.name(table.name()) + " ORDER BY ";
        String backwards =
                order.terms().stream().map(term -> term.sql() + " DESC").collect(Collectors.joining(", "));
        if (end(session, select + order.orderBy(0), columns.size(), rowsAtEachEnd, taker)) {
            end(session, select + backwards, columns.size(), rowsAtEachEnd, taker);
        }
    }

    /** @return whether there are more rows than were taken */
    private static boolean end(Session session, String select, int columns, int rows, Taker taker) throws SQLException {
        long weight = 0;
        int taken = 0;
        try (ResultSet found = session.query(select + " LIMIT ?", rows + 1L)) {
            while (found.next()) {
                if (taken == rows || weight > MAX_WEIGHT) {
                    return true;
                }
                @Nullable Object[] values = LargeRows.read(found, 1, columns, found.getString(columns + 1), 0);
                weight += StoredValue.weight(values);
                taken++;
                taker.take(values);
            }
        }
        return false;
    }
}
