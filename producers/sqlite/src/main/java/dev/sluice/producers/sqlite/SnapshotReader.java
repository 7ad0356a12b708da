package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.CapturedTable;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads a table in chunks. One per table and schema. */
final class SnapshotReader {
    /** Rows with large values end a chunk early. */
    private static final long MAX_WEIGHT = 32L << 20;

    private final String table;
    private final ScanOrder order;
    private final String select;
    private final int columns;
    private final int lengths;
    private final int[] orderIndexes;

    /**
     * Rows as they are stored.
     *
     * @param cursor null when no row follows
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Rows(List<@Nullable Object[]> rows, byte @Nullable [] cursor) {}

    SnapshotReader(CapturedTable table, TableInfo info) {
        this.table = table.sourceName();
        this.order = ScanOrder.of(info, table.sourceKey());
        this.columns = table.sourceColumns().size();
        List<String> selected = new ArrayList<>(table.sourceColumns());
        this.orderIndexes = new int[order.terms().size()];
        for (int i = 0; i < orderIndexes.length; i++) {
            String column = order.terms().get(i).column();
            int index = selected.indexOf(column);
            if (index < 0) {
                index = selected.size();
                selected.add(column);
            }
            orderIndexes[i] = index;
        }
        this.lengths = selected.size() + 1;
        List<String> captured =
                selected.subList(0, columns).stream().map(Sql::name).toList();
        this.select =
                "SELECT " + Sql.names(selected) + ", " + LargeRows.lengths(captured) + " FROM " + Sql.name(this.table);
    }

    Rows read(Session session, byte @Nullable [] cursor, int maxRows) throws SQLException {
        Reading reading = new Reading(maxRows);
        if (cursor == null) {
            reading.take(session.query(select + " ORDER BY " + order.orderBy(0) + " LIMIT ?", (long) maxRows));
        } else {
            @Nullable Object[] values = Cursor.decode(table, order, cursor);
            for (int depth = order.terms().size() - 1; depth >= 0 && !reading.full; depth--) {
                reading.take(query(session, values, depth, maxRows - reading.rows.size()));
            }
        }
        return new Rows(reading.rows, reading.cursor());
    }

    private ResultSet query(Session session, @Nullable Object[] cursor, int depth, int maxRows) throws SQLException {
        List<@Nullable Object> parameters = order.parameters(cursor, depth);
        parameters.add((long) maxRows);
        return session.query(statement(cursor, depth), parameters.toArray());
    }

    /** Visible for a test that asks SQLite for its plan. */
    String statement(@Nullable Object[] cursor, int depth) {
        return select + " WHERE " + order.behind(cursor, depth) + " ORDER BY " + order.orderBy(depth) + " LIMIT ?";
    }

    /** Rows of one chunk, collected over several queries. */
    private final class Reading {
        private final int maxRows;
        private final List<@Nullable Object[]> rows = new ArrayList<>();
        private @Nullable Object @Nullable [] last;
        private long weight;
        private boolean full;

        Reading(int maxRows) {
            this.maxRows = maxRows;
        }

        void take(ResultSet found) throws SQLException {
            try (found) {
                while (!full && found.next()) {
                    @Nullable Object[] row = LargeRows.read(found, 1, columns, found.getString(lengths), 0);
                    rows.add(row);
                    weight += StoredValue.weight(row);
                    full = rows.size() == maxRows || weight > MAX_WEIGHT;
                    if (full) {
                        last = place(found, row);
                    }
                }
            }
        }

        private @Nullable Object[] place(ResultSet found, @Nullable Object[] row) throws SQLException {
            @Nullable Object[] place = new @Nullable Object[orderIndexes.length];
            for (int i = 0; i < place.length; i++) {
                int index = orderIndexes[i];
                boolean known = index < columns && !(row[index] instanceof LargeRows.LeftOut);
                place[i] = known ? row[index] : StoredValue.read(found, index + 1);
            }
            return place;
        }

        byte @Nullable [] cursor() {
            return last == null ? null : Cursor.encode(order, last);
        }
    }
}
