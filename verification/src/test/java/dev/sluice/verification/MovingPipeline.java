package dev.sluice.verification;

import dev.sluice.producers.api.Capabilities;
import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ChangeSource;
import dev.sluice.producers.api.KeyedRead;
import dev.sluice.producers.api.Polled;
import dev.sluice.producers.api.SnapshotChunk;
import dev.sluice.producers.api.SourceRecord;
import dev.sluice.schemas.Position;
import dev.sluice.schemas.event.Compared;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.RowText;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A source that is written all the time and a pipeline that follows it into a real target with some delay, without a thread of their own: between any two things that a comparison does, some writes happen and some events are applied, as the seed says. Writes prefer
 * few keys, delete and bring back the very same rows, and let values toggle.
 */
final class MovingPipeline implements ChangeSource, Passage {
    static final Table TABLE = new Table(
            TableId.parse("t"),
            List.of(
                    new Column("id", LogicalType.INT64, "bigint", false, false),
                    new Column("v", LogicalType.TEXT, "text", true, false)),
            List.of("id"),
            List.of(),
            List.of());
    static final CapturedTable CAPTURED = new CapturedTable("t", List.of("id", "v"), TABLE);
    private static final int HOT = 5;

    private final VerificationWorld world;
    private final Random random;
    private final NavigableMap<Long, String> rows = new TreeMap<>();
    private final List<Event> events = new ArrayList<>();
    private long applied;
    private int signals;
    private boolean moving = true;
    private boolean storm;
    private int tick;
    int comparisons;
    int refreshed;
    Runnable before = () -> {};

    /** One event of the lane; its sequence is its place, from 1. */
    private record Event(long key, @Nullable String value, boolean isRow) {}

    MovingPipeline(VerificationWorld world, long seed, int keys) {
        this.world = world;
        this.random = new Random(seed);
        for (long key = 0; key < keys; key++) {
            write(key, "v" + key);
        }
        applyAll();
    }

    void stand() {
        moving = false;
    }

    /** From now on the hot keys change between any two things, and come back to what they were. */
    void storm() {
        storm = true;
    }

    /** A row that is written now, applied, and left alone afterwards. */
    void settled(long key, String value) {
        write(key, value);
        applyAll();
    }

    private void write(long key, @Nullable String value) {
        if (value == null ? rows.remove(key) == null : value.equals(rows.put(key, value))) {
            return;
        }
        events.add(new Event(key, value, true));
    }

    /** What happens between two things that the comparison does. */
    private void time() {
        before.run();
        tick++;
        for (int writes = moving ? random.nextInt(6) : 0; writes > 0; writes--) {
            boolean hot = random.nextInt(3) > 0;
            long key = hot ? random.nextInt(HOT) : random.nextInt(400);
            boolean delete = random.nextInt(3) == 0;
            write(key, delete ? null : hot ? "toggle" + random.nextInt(2) : "v" + random.nextInt(50));
        }
        for (long key = 0; storm && key < HOT; key++) {
            write(key, "toggle" + (tick + key) % 5);
        }
        apply(random.nextInt(storm ? 30 : 6));
    }

    private void applyAll() {
        apply(Integer.MAX_VALUE);
    }

    private void apply(int most) {
        long to = Math.min(events.size(), applied + (long) most);
        if (to == applied) {
            return;
        }
        world.database.inTransactionDo(connection -> {
            for (long sequence = applied + 1; sequence <= to; sequence++) {
                Event event = events.get((int) sequence - 1);
                String sql = event.value == null
                        ? "DELETE FROM t WHERE id = ? AND coalesce(_sluice_seq, 0) < ?"
                        : "INSERT INTO t (id, _sluice_seq, v) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET v = excluded.v, _sluice_seq = excluded._sluice_seq"
                                + " WHERE coalesce(t._sluice_seq, 0) < excluded._sluice_seq";
                if (event.isRow) {
                    try (var statement = connection.prepareStatement(sql)) {
                        statement.setLong(1, event.key);
                        statement.setLong(2, sequence);
                        if (event.value != null) {
                            statement.setString(3, event.value);
                        }
                        statement.executeUpdate();
                    }
                }
            }
            connection
                    .createStatement()
                    .execute("UPDATE sluice.progress SET sequence = " + to + ", source_time = clock_timestamp()");
        });
        applied = to;
    }

    // ---- the source

    @Override
    public SnapshotChunk snapshot(TableId table, byte @Nullable [] cursor, int maxRows) {
        synchronized (this) {
            time();
            long after =
                    cursor == null ? Long.MIN_VALUE : ByteBuffer.wrap(cursor).getLong();
            List<SourceRecord> records = new ArrayList<>();
            long last = after;
            for (Map.Entry<Long, String> row : rows.tailMap(after, false).entrySet()) {
                if (records.size() == maxRows) {
                    break;
                }
                records.add(upsert(row.getKey(), row.getValue()));
                last = row.getKey();
            }
            boolean more = rows.higherKey(last) != null && !records.isEmpty();
            return new SnapshotChunk(
                    position(),
                    Instant.EPOCH,
                    records,
                    more ? ByteBuffer.allocate(8).putLong(last).array() : null);
        }
    }

    private static SourceRecord upsert(long key, String value) {
        return SourceRecord.Row.upsert(TABLE, Op.READ, new Object[] {key, value});
    }

    @Override
    public KeyedRead read(TableId table, List<@Nullable Object[]> keys) {
        synchronized (this) {
            time();
            List<SourceRecord> records = new ArrayList<>();
            for (Object[] key : keys) {
                String value = rows.get((Long) key[0]);
                records.add(
                        value == null
                                ? SourceRecord.Row.delete(TABLE, new Object[] {key[0], null})
                                : upsert((Long) key[0], value));
            }
            return new KeyedRead(position(), Instant.EPOCH, records, keys.size());
        }
    }

    @Override
    public Position position() {
        return Position.of(
                ByteBuffer.allocate(9).put((byte) 1).putLong(events.size()).array());
    }

    // ---- the pipeline

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void awaitPresent(TableId table) {
        synchronized (this) {
            time();
            applyAll();
            time();
        }
    }

    @Override
    public List<Moment> compare(TableId table, List<String> keys) {
        synchronized (this) {
            time();
            comparisons += keys.size();
            Map<String, Optional<String>> source = new LinkedHashMap<>();
            for (String key : keys) {
                String value = rows.get(id(key));
                source.put(key, Optional.ofNullable(value).map(v -> RowText.of(new Object[] {id(key), v})));
            }
            events.add(new Event(0, null, false));
            applyAll();
            String signal = "compare-" + signals++;
            for (String key : keys) {
                world.execute(
                        "INSERT INTO sluice.compared (pipeline, signal, table_name, key, sequence, row) SELECT 'demo', '%s', 'public.t', '%s', %d,"
                                        .formatted(signal, key, applied)
                                + " (SELECT t::text FROM t WHERE id = " + id(key) + ")");
            }
            time();
            return List.of(new Moment(signal, new Compared(source, Map.of())));
        }
    }

    static long id(String key) {
        return Long.parseLong(key.substring(1, key.length() - 1));
    }

    @Override
    public void forget(String signal) {
        world.execute("DELETE FROM sluice.compared WHERE signal = '" + signal + "'");
    }

    @Override
    public void refresh(TableId table, List<String> keys) {
        synchronized (this) {
            time();
            refreshed += keys.size();
            keys.forEach(key -> events.add(new Event(id(key), rows.get(id(key)), true)));
            applyAll();
            time();
        }
    }

    // ---- the rest of a source

    @Override
    public List<CapturedTable> tables() {
        return List.of(CAPTURED);
    }

    @Override
    public long estimateRows(TableId table) {
        return rows.size();
    }

    @Override
    public Capabilities capabilities() {
        return new Capabilities(Capabilities.Transactions.CUT, Capabilities.Rewind.NONE, false, true);
    }

    @Override
    public String connector() {
        return "moving";
    }

    @Override
    public String database() {
        return "memory";
    }

    @Override
    public void open(@Nullable Position position) {}

    @Override
    public Polled poll(@Nullable Position upTo, int maxRecords) {
        return Polled.nothing();
    }

    @Override
    public void committed(Position position) {}

    @Override
    public void close() {}

    static String text(long key) {
        return KeyText.of(new Object[] {key});
    }
}
