package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.SourceRecord;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Op;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads rows of the log and turns them into records. */
final class LogReader {
    /** Rows with large values end a read early. */
    private static final long MAX_WEIGHT = 32L << 20;

    private static final int FIRST_VALUE = 6;

    private final String log;
    private final String select;
    private final int keyWidth;
    private final int lengths;
    private final Map<Integer, Reading> readings;

    /**
     * A row of the log.
     *
     * @param key the old key
     * @param row the new row, in the order of its layout
     * @param present of a row that was logged without some of the columns: what has its key now, in the order of the table; null when nothing has
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Entry(
            long seq,
            int layout,
            String op,
            long atMillis,
            long nonce,
            @Nullable Object[] key,
            @Nullable Object[] row,
            @Nullable Object @Nullable [] present) {}

    /**
     * Consecutive rows of the log that are of interest.
     *
     * @param exhausted whether nothing of interest follows up to the asked-for end
     * @param weight about how many bytes the rows hold
     */
    record Slice(List<Entry> entries, boolean exhausted, long weight) {}

    /** @param selected by table */
    LogReader(Names names, List<CapturedTable> tables, List<Layout> layouts, Function<String, SelectedRows> selected) {
        this.log = Sql.name(names.log());
        this.readings = readings(tables, layouts, selected);
        this.keyWidth = readings.values().stream()
                .mapToInt(r -> r.layout.key().size())
                .max()
                .orElse(0);
        int rowWidth = readings.values().stream()
                .mapToInt(r -> r.layout.columns().size())
                .max()
                .orElse(0);
        this.lengths = FIRST_VALUE + keyWidth + rowWidth;
        List<String> values =
                Stream.concat(numbers("k", keyWidth), numbers("c", rowWidth)).toList();
        this.select = "SELECT seq, t, op, at, nonce, " + String.join(", ", values) + ", " + LargeRows.lengths(values)
                + " FROM " + log
                + " WHERE seq > ? AND seq <= ? AND t IN ("
                + readings.keySet().stream().map(String::valueOf).collect(Collectors.joining(", "))
                + ") ORDER BY seq LIMIT ?";
    }

    /** The newest row; null when the log is empty, which it never is while it is ours. */
    @Nullable
    LogPosition newest(Session session) throws SQLException {
        try (ResultSet rows = session.query("SELECT seq, nonce FROM " + log + " ORDER BY seq DESC LIMIT 1")) {
            return rows.next() ? LogPosition.at(rows.getLong(1), rows.getLong(2)) : null;
        }
    }

    @Nullable
    Long nonce(Session session, long seq) throws SQLException {
        return session.number("SELECT nonce FROM " + log + " WHERE seq = ?", seq);
    }

    Slice read(Session session, long after, long upTo, int maxEntries) throws SQLException {
        List<Entry> entries = new ArrayList<>();
        long weight = 0;
        try (ResultSet rows = session.query(select, after, upTo, maxEntries + 1L)) {
            while (rows.next()) {
                if (entries.size() == maxEntries || weight > MAX_WEIGHT) {
                    return new Slice(entries, false, weight);
                }
                Entry entry = entry(session, rows);
                weight += StoredValue.weight(entry.key) + StoredValue.weight(entry.row);
                weight += entry.present == null ? 0 : StoredValue.weight(entry.present);
                entries.add(entry);
            }
        }
        return new Slice(entries, true, weight);
    }

    private Entry entry(Session session, ResultSet rows) throws SQLException {
        int number = rows.getInt(2);
        Reading reading = reading(number);
        Layout layout = reading.layout;
        String op = rows.getString(3);
        int keys = op.equals("i") ? 0 : layout.key().size();
        int columns = op.equals("d") ? 0 : layout.columns().size();
        String tooLong = rows.getString(lengths);
        @Nullable Object[] row = LargeRows.read(rows, FIRST_VALUE + keyWidth, columns, tooLong, keyWidth);
        return new Entry(
                rows.getLong(1),
                number,
                op,
                rows.getLong(4),
                rows.getLong(5),
                LargeRows.read(rows, FIRST_VALUE, keys, tooLong, 0),
                row,
                reading.isWhole() || columns == 0 ? null : reading.present(session, row));
    }

    /** One record, two for a changed key, none for a delete that the target cannot have missed. */
    void convert(Entry entry, List<SourceRecord> records) {
        Reading reading = reading(entry.layout);
        switch (entry.op) {
            case "i" -> reading.upsert(Op.CREATE, entry, records);
            case "d" -> reading.delete(entry.key, records);
            case "u" -> reading.update(entry, records);
            default ->
                throw SluiceException.of(
                        ErrorKind.REFUSED,
                        "row " + entry.seq + " of table " + log + " has the unknown op " + entry.op
                                + "; the log was changed by hand, or a newer version of Sluice prepared it");
        }
    }

    private Reading reading(int number) {
        return Objects.requireNonNull(readings.get(number), "layout of a selected row");
    }

    private static Map<Integer, Reading> readings(
            List<CapturedTable> tables, List<Layout> layouts, Function<String, SelectedRows> selected) {
        Map<String, CapturedTable> bySource = new HashMap<>();
        tables.forEach(table -> bySource.put(table.sourceName(), table));
        Map<Integer, Reading> readings = new TreeMap<>();
        for (Layout layout : layouts) {
            CapturedTable table = bySource.get(layout.table());
            if (table != null) {
                readings.put(layout.number(), new Reading(layout, table, selected.apply(layout.table())));
            }
        }
        return readings;
    }

    private static Stream<String> numbers(String prefix, int count) {
        return IntStream.range(0, count).mapToObj(i -> prefix + i);
    }

    /** How rows of one layout become rows of the table as it is captured now. */
    private static final class Reading {
        private final Layout layout;
        private final SelectedRows rows;
        private final int[] columns;
        private final int[] key;
        private final PresentRow presentRow;

        Reading(Layout layout, CapturedTable table, SelectedRows rows) {
            this.layout = layout;
            this.rows = rows;
            RowSelection selection = rows.selection();
            this.columns = selection.logged().stream()
                    .mapToInt(layout.columns()::indexOf)
                    .toArray();
            this.key = selection.identity().stream()
                    .mapToInt(layout.key()::indexOf)
                    .toArray();
            this.presentRow = new PresentRow(table, selection);
        }

        private @Nullable Object[] identity(@Nullable Object[] image) {
            return rows.selection().identity(image);
        }

        /** Whether its rows have all columns that are captured now. */
        boolean isWhole() {
            return IntStream.of(columns).allMatch(index -> index >= 0);
        }

        @Nullable
        Object @Nullable [] present(Session session, @Nullable Object[] row) throws SQLException {
            return presentRow.read(session, identity(pick(row, columns)));
        }

        /**
         * A row without some of the columns would be an update of the others. In its place goes the row as it is at the end of the read; rows of the log that
         * follow say so again.
         */
        void upsert(Op op, Entry entry, List<SourceRecord> records) {
            @Nullable Object[] row = pick(entry.row, columns);
            @Nullable Object[] newKey = identity(row);
            if (isWhole() || Arrays.asList(newKey).contains(null)) {
                upsert(op, row, newKey, records);
            } else if (entry.present != null) {
                upsert(op, entry.present, newKey, records);
            } else {
                deleteOf(newKey, records);
            }
        }

        /** A row that stays behind may have been in the target: an update moved it out, or it replaced one that was, of which the log says nothing else. */
        private void upsert(Op op, @Nullable Object[] image, @Nullable Object[] newKey, List<SourceRecord> records) {
            SourceRecord upsert = rows.upsert(op, image);
            if (upsert == null) {
                deleteOf(newKey, records);
            } else {
                records.add(upsert);
            }
        }

        void delete(@Nullable Object[] storedKey, List<SourceRecord> records) {
            deleteOf(key(storedKey), records);
        }

        private void deleteOf(@Nullable Object[] identity, List<SourceRecord> records) {
            SourceRecord delete = rows.delete(identity);
            if (delete != null) {
                records.add(delete);
            }
        }

        void update(Entry entry, List<SourceRecord> records) {
            boolean sameKey = rows.isSameKey(key(entry.key), identity(pick(entry.row, columns)));
            if (!sameKey) {
                delete(entry.key, records);
            }
            upsert(sameKey ? Op.UPDATE : Op.CREATE, entry, records);
        }

        private @Nullable Object[] key(@Nullable Object[] storedKey) {
            for (int index : key) {
                if (index < 0) {
                    throw SluiceException.of(
                            ErrorKind.REFUSED,
                            "the log holds changes of table " + layout.table()
                                    + " that were captured under another key " + layout.key()
                                    + "; take the capture out with `sluice remove` and start the pipeline anew");
                }
            }
            return pick(storedKey, key);
        }

        private static @Nullable Object[] pick(@Nullable Object[] values, int[] indexes) {
            @Nullable Object[] picked = new @Nullable Object[indexes.length];
            for (int i = 0; i < indexes.length; i++) {
                picked[i] = indexes[i] < 0 ? null : values[indexes[i]];
            }
            return picked;
        }
    }
}
