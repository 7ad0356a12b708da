package dev.sluice.verification;

import dev.sluice.producers.api.Capabilities;
import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ChangeSource;
import dev.sluice.producers.api.KeyedRead;
import dev.sluice.producers.api.Polled;
import dev.sluice.producers.api.SnapshotChunk;
import dev.sluice.producers.api.SourceRecord;
import dev.sluice.producers.api.ValueRules;
import dev.sluice.producers.api.ValueRules.OnNull;
import dev.sluice.schemas.Position;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A quiet source that holds rows in memory. */
final class RowsSource implements ChangeSource {
    private final Map<TableId, CapturedTable> tables = new LinkedHashMap<>();
    private final Map<TableId, List<SourceRecord>> records = new LinkedHashMap<>();

    private int chunksLeft = Integer.MAX_VALUE;
    private Runnable beforeChunk = () -> {};

    RowsSource with(Table table, Object[]... rows) {
        List<SourceRecord> read = new ArrayList<>();
        for (Object[] row : rows) {
            read.add(SourceRecord.Row.upsert(table, Op.READ, row));
        }
        tables.put(
                table.id(),
                new CapturedTable(
                        table.id().name(),
                        table.columns().stream().map(Column::name).toList(),
                        table));
        records.put(table.id(), read);
        return this;
    }

    RowsSource rejectingNull(Table table, String column) {
        CapturedTable captured = tables.get(table.id());
        ValueRules reject = ValueRules.DEFAULT.with(OnNull.REJECT);
        tables.put(
                table.id(),
                new CapturedTable(
                        captured.sourceName(), captured.sourceColumns(), captured.target(), Map.of(column, reject)));
        return this;
    }

    /** What happens before each chunk. */
    void beforeChunk(Runnable action) {
        beforeChunk = action;
    }

    /** From now on: so many chunks, then a failure. */
    RowsSource failingAfter(int chunks) {
        chunksLeft = chunks;
        return this;
    }

    RowsSource refusing(Table table, String key) {
        byte[] raw = "[]".getBytes(StandardCharsets.UTF_8);
        records.get(table.id())
                .add(new SourceRecord.Refused(
                        table.id(), Op.READ, key, "c", "nul-character", "has a NUL", raw, "test/1"));
        return this;
    }

    @Override
    public SnapshotChunk snapshot(TableId table, byte @Nullable [] cursor, int maxRows) {
        beforeChunk.run();
        if (chunksLeft-- == 0) {
            throw new IllegalStateException("the source fails");
        }
        List<SourceRecord> all = records.get(table);
        int from = cursor == null ? 0 : ByteBuffer.wrap(cursor).getInt();
        int to = Math.min(all.size(), from + maxRows);
        byte[] next =
                to == all.size() ? null : ByteBuffer.allocate(4).putInt(to).array();
        return new SnapshotChunk(position(), Instant.EPOCH, all.subList(from, to), next);
    }

    /** Of at most 300 keys. */
    @Override
    public KeyedRead read(TableId id, List<@Nullable Object[]> keys) {
        Table table = tables.get(id).target();
        Map<String, List<SourceRecord>> present = new HashMap<>();
        for (SourceRecord record : records.get(id)) {
            String text = record instanceof SourceRecord.Refused refused
                    ? refused.key()
                    : KeyText.of(key(table, ((SourceRecord.Row) record).after()));
            present.computeIfAbsent(text, k -> new ArrayList<>()).add(record);
        }
        List<SourceRecord> answers = new ArrayList<>();
        List<Object[]> answered = keys.subList(0, Math.min(300, keys.size()));
        for (Object[] key : answered) {
            Object[] row = new Object[table.columns().size()];
            for (int i = 0; i < key.length; i++) {
                row[table.keyIndexes()[i]] = key[i];
            }
            answers.addAll(present.getOrDefault(KeyText.of(key), List.of(SourceRecord.Row.delete(table, row))));
        }
        return new KeyedRead(position(), Instant.EPOCH, answers, answered.size());
    }

    private static Object[] key(Table table, Object[] row) {
        return IntStream.of(table.keyIndexes()).mapToObj(i -> row[i]).toArray();
    }

    @Override
    public List<CapturedTable> tables() {
        return List.copyOf(tables.values());
    }

    @Override
    public long estimateRows(TableId table) {
        return records.get(table).size();
    }

    @Override
    public Capabilities capabilities() {
        return new Capabilities(Capabilities.Transactions.CUT, Capabilities.Rewind.NONE, false, true);
    }

    @Override
    public String connector() {
        return "rows";
    }

    @Override
    public String database() {
        return "memory";
    }

    @Override
    public void open(@Nullable Position position) {}

    @Override
    public Position position() {
        return Position.of(new byte[] {1});
    }

    @Override
    public Polled poll(@Nullable Position upTo, int maxRecords) {
        return Polled.nothing();
    }

    @Override
    public void committed(Position position) {}

    @Override
    public void close() {}
}
