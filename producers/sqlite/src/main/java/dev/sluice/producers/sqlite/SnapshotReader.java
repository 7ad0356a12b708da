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
    private final int[] orderIndexes;

    /**
     * Rows as they are stored.
     *
     * @param cursor null when no row follows
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Rows(List<@Nullable Object[]> rows, byte @Nullable [] cursor) {}

    SnapshotReader(CapturedTable captured, TableInfo info) {
        this.table = captured.sourceName();
        this.order = ScanOrder.of(info, captured.sourceKey());
        this.columns = captured.sourceColumns().size();
        List<String> selected = new ArrayList<>(captured.sourceColumns());
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
        this.select = "SELECT " + Sql.names(selected) + " FROM " + Sql.name(table);
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
                    @Nullable Object[] row = StoredValue.read(found, 1, columns);
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
                place[i] = index < columns ? row[index] : StoredValue.read(found, index + 1);
            }
            return place;
        }

        byte @Nullable [] cursor() {
            return last == null ? null : Cursor.encode(order, last);
        }
    }
}
