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

    /** Most rows that one read under a condition looks at, so that it is short even where the condition hardly ever holds: some 10 ms. */
    static final int SCANNED_ROWS = 10_000;

    private final String table;
    private final ScanOrder order;
    private final List<String> selected;
    private final String select;
    private final int columns;
    private final int lengths;
    private final int[] orderIndexes;

    /**
     * Rows as they are stored.
     *
     * @param rows images, whether they are selected or not
     * @param cursor null when no row follows
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Rows(List<@Nullable Object[]> rows, byte @Nullable [] cursor) {}

    SnapshotReader(CapturedTable table, TableInfo info, RowSelection selection) {
        this.table = table.sourceName();
        this.order = ScanOrder.of(info, selection.identity());
        this.columns = selection.logged().size();
        this.selected = new ArrayList<>(selection.logged());
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
        this.select = select("");
    }

    private String select(String more) {
        List<String> captured =
                selected.subList(0, columns).stream().map(Sql::name).toList();
        return "SELECT " + Sql.names(selected) + ", " + LargeRows.lengths(captured) + more + " FROM " + Sql.name(table);
    }

    Rows read(Session session, byte @Nullable [] cursor, int maxRows) throws SQLException {
        return read(session, cursor, new Reading(select, maxRows, maxRows, false));
    }

    /**
     * Rows for which a condition holds. It is asked of each row that is looked at instead of being left to SQLite, which would go through the whole table for it in one
     * transaction, while writers in rollback mode wait.
     *
     * @param maxScanned how many rows are looked at
     */
    Rows read(Session session, byte @Nullable [] cursor, int maxRows, Condition condition, int maxScanned)
            throws SQLException {
        return read(session, cursor, new Reading(select(", " + condition.asColumn()), maxRows, maxScanned, true));
    }

    private Rows read(Session session, byte @Nullable [] cursor, Reading reading) throws SQLException {
        if (cursor == null) {
            String sql = reading.select + " ORDER BY " + order.orderBy(0) + " LIMIT ?";
            reading.take(session.query(sql, (long) reading.unseen));
        } else {
            @Nullable Object[] values = Cursor.decode(table, order, cursor);
            for (int depth = order.terms().size() - 1; depth >= 0 && !reading.full; depth--) {
                List<@Nullable Object> parameters = order.parameters(values, depth);
                parameters.add((long) reading.unseen);
                reading.take(session.query(reading.select + behind(values, depth), parameters.toArray()));
            }
        }
        return new Rows(reading.rows, reading.cursor());
    }

    /** Visible for a test that asks SQLite for its plan. */
    String statement(@Nullable Object[] cursor, int depth) {
        return select + behind(cursor, depth);
    }

    private String behind(@Nullable Object[] cursor, int depth) {
        return " WHERE " + order.behind(cursor, depth) + " ORDER BY " + order.orderBy(depth) + " LIMIT ?";
    }

    /** Rows of one chunk, collected over several queries; with a condition each row says behind its lengths whether it is wanted. */
    private final class Reading {
        private final String select;
        private final int maxRows;
        private final boolean conditional;
        private final List<@Nullable Object[]> rows = new ArrayList<>();
        /** How many rows may still be looked at. */
        private int unseen;

        private @Nullable Object @Nullable [] last;
        private long weight;
        private boolean full;

        Reading(String select, int maxRows, int maxScanned, boolean conditional) {
            this.select = select;
            this.maxRows = maxRows;
            this.unseen = maxScanned;
            this.conditional = conditional;
        }

        void take(ResultSet found) throws SQLException {
            try (found) {
                while (!full && found.next()) {
                    unseen--;
                    boolean wanted = !conditional || found.getInt(lengths + 1) == 1;
                    @Nullable Object[] row = wanted ? add(found) : null;
                    full = rows.size() == maxRows || weight > MAX_WEIGHT || unseen == 0;
                    if (full) {
                        last = place(found, row == null ? new @Nullable Object[0] : row);
                    }
                }
            }
        }

        private @Nullable Object[] add(ResultSet found) throws SQLException {
            @Nullable Object[] row = LargeRows.read(found, 1, columns, found.getString(lengths), 0);
            rows.add(row);
            weight += StoredValue.weight(row);
            return row;
        }

        private @Nullable Object[] place(ResultSet found, @Nullable Object[] row) throws SQLException {
            @Nullable Object[] place = new @Nullable Object[orderIndexes.length];
            for (int i = 0; i < place.length; i++) {
                int index = orderIndexes[i];
                boolean known = index < Math.min(columns, row.length) && !(row[index] instanceof LargeRows.LeftOut);
                place[i] = known ? row[index] : StoredValue.read(found, index + 1);
            }
            return place;
        }

        byte @Nullable [] cursor() {
            return last == null ? null : Cursor.encode(order, last);
        }
    }
}
