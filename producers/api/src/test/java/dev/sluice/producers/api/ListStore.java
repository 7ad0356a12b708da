package dev.sluice.producers.api;

import dev.sluice.schemas.Position;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/** A store in memory that remembers its transactions, for tests of the publisher and of the contract suite itself. Thread-safe. */
final class ListStore {
    private static final byte LAYOUT = 1;
    private static final int KEYS_AT_ONCE = 300;

    private final InstantSource clock;
    private final List<CapturedTable> tables;
    private final Map<TableId, TreeMap<String, Object[]>> rows = new TreeMap<>();
    private final List<Committed> log = new ArrayList<>();
    private int forgotten;

    ListStore(InstantSource clock, List<CapturedTable> tables) {
        this.clock = clock;
        this.tables = List.copyOf(tables);
        tables.forEach(table -> rows.put(table.target().id(), new TreeMap<>()));
    }

    /** One transaction of the store. */
    record Committed(String id, Instant at, List<SourceRecord> records) {}

    List<CapturedTable> tables() {
        return tables;
    }

    /** Puts rows there without a trace in the log. */
    synchronized void load(Table table, List<Object[]> loaded) {
        loaded.forEach(row -> rows.get(table.id()).put(RecordText.key(table, row), row));
    }

    synchronized void commit(List<SourceRecord> records) {
        records.forEach(this::apply);
        log.add(new Committed("t" + (log.size() + 1), clock.instant(), List.copyOf(records)));
    }

    /** Puts a transaction into the log only: what a source gives need not be a row. */
    synchronized void log(List<SourceRecord> records) {
        log.add(new Committed("t" + (log.size() + 1), clock.instant(), List.copyOf(records)));
    }

    synchronized int size() {
        return log.size();
    }

    synchronized Committed transaction(int index) {
        return log.get(index);
    }

    synchronized int forgotten() {
        return forgotten;
    }

    synchronized void forgetBefore(int index) {
        forgotten = Math.max(forgotten, index);
    }

    synchronized List<Object[]> rows(Table table) {
        return List.copyOf(rows.get(table.id()).values());
    }

    /** Those rows behind a key that are wanted, as they stand now, and the position of now. Looks at twice as many rows as it gives. */
    synchronized SnapshotChunk chunk(Table table, String after, int maxRows, Predicate<Object[]> wanted) {
        List<SourceRecord> records = new ArrayList<>();
        byte[] cursor = null;
        String last = after;
        int looked = 0;
        for (Map.Entry<String, Object[]> row :
                rows.get(table.id()).tailMap(after, false).entrySet()) {
            if (records.size() == maxRows || looked == 2 * maxRows) {
                cursor = last.getBytes(java.nio.charset.StandardCharsets.UTF_8);
                break;
            }
            if (wanted.test(row.getValue())) {
                records.add(SourceRecord.Row.upsert(table, Op.READ, row.getValue(), List.of(), row.getValue()));
            }
            last = row.getKey();
            looked++;
        }
        return new SnapshotChunk(position(log.size(), 0), clock.instant(), records, cursor);
    }

    /** What stands under the keys now, and the position of now; at most {@value #KEYS_AT_ONCE} of them. */
    synchronized KeyedRead read(Table table, List<Object[]> keys) {
        List<SourceRecord> records = new ArrayList<>();
        List<Object[]> answered = keys.subList(0, Math.min(KEYS_AT_ONCE, keys.size()));
        for (Object[] key : answered) {
            Object[] row = rows.get(table.id()).get(KeyText.of(key));
            Object[] before = new Object[table.columns().size()];
            for (int i = 0; i < key.length; i++) {
                before[table.keyIndexes()[i]] = key[i];
            }
            records.add(
                    row == null
                            ? SourceRecord.Row.delete(table, before)
                            : SourceRecord.Row.upsert(table, Op.READ, row, List.of(), row));
        }
        return new KeyedRead(position(log.size(), 0), clock.instant(), records, answered.size());
    }

    /** All rows, and the position of now. */
    synchronized QueryRows all(Table table) {
        List<List<Object>> all = rows(table).stream().map(Arrays::asList).toList();
        return new QueryRows(
                position(log.size(), 0),
                table.columns().stream().map(Column::name).toList(),
                all);
    }

    /** Behind {@code records} records of the transaction at {@code index}. */
    static Position position(int index, int records) {
        return Position.of(
                ByteBuffer.allocate(9).put(LAYOUT).putInt(index).putInt(records).array());
    }

    private void apply(SourceRecord record) {
        SourceRecord.Row row = (SourceRecord.Row) record;
        TreeMap<String, Object[]> table = rows.get(row.tableId());
        if (row.op() == Op.TRUNCATE) {
            table.clear();
        } else if (row.op() == Op.DELETE) {
            table.remove(RecordText.key(row.table(), row.before()));
        } else {
            table.put(RecordText.key(row.table(), row.after()), row.after());
        }
    }
}
