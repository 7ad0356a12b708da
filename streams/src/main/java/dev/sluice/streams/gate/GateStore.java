package dev.sluice.streams.gate;

import dev.sluice.streams.gate.PendingVersion.Awaited;
import dev.sluice.streams.gate.WorkQueue.Work;
import dev.sluice.streams.state.ByteReader;
import dev.sluice.streams.state.ByteWriter;
import dev.sluice.streams.state.LaneState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The gate's entries in the lane's state. Layout, each value after a version byte:
 *
 * <pre>
 * N key                  node of a key
 * P row                  pending version of a row, with the event
 * M row                  what changed since of what a pending row waits for and what people were told
 * W for key row          a row filed under a key it waits for
 * K key row              a pending version of the row would have the key, which is not its primary one
 * R key foreign-key row  a live row that refers to the key, where the foreign key wants referrers known
 * A rank sequence what key  what to look at when the source transaction of the sequence is over
 * Q task key             work to be done, most urgent task first → where it got to
 * T table                a truncate that is walking through the table
 * L table                the table's snapshot has been loaded
 * E table                how often the table was truncated, and up to which time nothing is left of its rows
 * C foreign-key          live references through it
 * U table                pending rows that may be in the target
 * G                      totals of pending rows
 * F                      fingerprint of the plan
 * </pre>
 */
final class GateStore {
    private static final int VERSION = 1;
    private static final byte[] TOTALS = {'G'};
    static final byte[] FINGERPRINT = {'F'};
    private static final byte[] QUEUE = {'Q'};
    private static final byte[] NO_VALUE = {VERSION};

    private final LaneState state;
    private final ByteWriter keys = new ByteWriter();
    private final ByteWriter values = new ByteWriter();

    GateStore(LaneState state) {
        this.state = state;
    }

    Node node(byte[] key) {
        return Node.decode(state.get(key('N', key)));
    }

    void put(byte[] key, Node node) {
        if (node.isEmpty()) {
            state.delete(key('N', key));
        } else {
            state.put(key('N', key), node.encode(values));
        }
    }

    /** Keys of nodes of one spec behind a cursor, in order. */
    List<byte[]> nodes(KeySpec spec, byte @Nullable [] after, int limit) {
        byte[] prefix = keys.reset().u8('N').i16(spec.id()).toBytes();
        return behind(prefix, 1, after == null ? null : key('N', after), limit);
    }

    PendingVersion pending(byte[] row) {
        byte[] value = state.get(key('P', row));
        if (value == null) {
            throw new IllegalStateException("a row is marked as pending and has no pending version");
        }
        PendingVersion pending = PendingVersion.decode(value);
        byte[] since = state.get(key('M', row));
        return since == null ? pending : pending.since(since);
    }

    /** Writes all of a pending version but its event, which may be large. */
    void putPendingSince(byte[] row, PendingVersion pending) {
        state.put(key('M', row), pending.encodeSince(values));
    }

    /** Of a row that had nothing pending. */
    void putPending(byte[] row, PendingVersion pending) {
        state.put(key('P', row), pending.encode(values));
    }

    void replacePending(byte[] row, PendingVersion pending) {
        putPending(row, pending);
        state.delete(key('M', row));
    }

    void deletePending(byte[] row) {
        state.delete(key('P', row));
        state.delete(key('M', row));
    }

    /** Pending rows of a table behind a cursor, in order. */
    List<byte[]> pendingRows(KeySpec primary, byte @Nullable [] after, int limit) {
        byte[] prefix = keys.reset().u8('P').i16(primary.id()).toBytes();
        return behind(prefix, 1, after == null ? null : key('P', after), limit);
    }

    void claim(byte[] key, byte[] row) {
        state.put(keys.reset().u8('K').raw(key).raw(row).toBytes(), NO_VALUE);
    }

    void unclaim(byte[] key, byte[] row) {
        state.delete(keys.reset().u8('K').raw(key).raw(row).toBytes());
    }

    List<byte[]> claimants(byte[] key, int limit) {
        byte[] prefix = keys.reset().u8('K').raw(key).toBytes();
        return behind(prefix, prefix.length, null, limit);
    }

    void putReferrer(byte[] key, Edge edge, byte[] row) {
        state.put(referrer(key, edge.ordinal(), row), NO_VALUE);
    }

    void deleteReferrer(byte[] key, Edge edge, byte[] row) {
        state.delete(referrer(key, edge.ordinal(), row));
    }

    /** Edges, as their ordinals in two bytes, and rows that refer to a key, behind a cursor. */
    List<byte[]> referrers(byte[] key, byte @Nullable [] after, int limit) {
        byte[] prefix = keys.reset().u8('R').raw(key).toBytes();
        byte[] behind =
                after == null ? null : keys.reset().u8('R').raw(key).raw(after).toBytes();
        return behind(prefix, prefix.length, behind, limit);
    }

    private byte[] referrer(byte[] key, int edge, byte[] row) {
        return keys.reset().u8('R').raw(key).i16(edge).raw(row).toBytes();
    }

    void putDeferred(byte[] place) {
        state.put(key('A', place), NO_VALUE);
    }

    void deleteDeferred(byte[] place) {
        state.delete(key('A', place));
    }

    /** Places that begin with a prefix, behind one of them. */
    List<byte[]> deferred(byte[] prefix, byte @Nullable [] after, int limit) {
        return behind(key('A', prefix), 1, after == null ? null : key('A', after), limit);
    }

    void file(Awaited awaited, byte[] row) {
        state.put(filed(awaited, row), NO_VALUE);
    }

    void unfile(Awaited awaited, byte[] row) {
        state.delete(filed(awaited, row));
    }

    /** Rows filed under a key, behind a cursor, in order. */
    List<byte[]> filedUnder(Awaited awaited, byte @Nullable [] after, int limit) {
        byte[] prefix = filed(awaited, new byte[0]);
        return behind(prefix, prefix.length, after == null ? null : filed(awaited, after), limit);
    }

    /** Keys of a spec and the rows that wait for their arrival, one behind the other, behind a cursor. */
    List<byte[]> filedUnderArrivalOf(KeySpec spec, byte @Nullable [] after, int limit) {
        byte[] prefix = keys.reset()
                .u8('W')
                .u8(Awaited.For.ARRIVAL.code())
                .i16(spec.id())
                .toBytes();
        byte[] behind = after == null
                ? null
                : keys.reset().u8('W').u8(Awaited.For.ARRIVAL.code()).raw(after).toBytes();
        return behind(prefix, 2, behind, limit);
    }

    private List<byte[]> behind(byte[] prefix, int strip, byte @Nullable [] after, int limit) {
        List<byte[]> found = new ArrayList<>();
        state.scan(prefix, after, (key, value) -> {
            found.add(Arrays.copyOfRange(key, strip, key.length));
            return found.size() < limit;
        });
        return found;
    }

    void putWork(Work work) {
        byte[] cursor = work.cursor();
        values.reset().u8(VERSION);
        state.put(
                key('Q', work.place()),
                cursor == null ? values.toBytes() : values.raw(cursor).toBytes());
    }

    void deleteWork(Work work) {
        state.delete(key('Q', work.place()));
    }

    /** The most urgent entries of the queue behind a place. */
    List<Work> work(byte @Nullable [] after, int limit) {
        List<Work> found = new ArrayList<>();
        state.scan(QUEUE, after == null ? null : key('Q', after), (key, value) -> {
            ByteReader in = ByteReader.ofVersion(VERSION, "queue entry", value);
            byte[] cursor = in.hasMore() ? in.raw(value.length - 1) : null;
            found.add(new Work(Task.ofCode(key[1]), Arrays.copyOfRange(key, 2, key.length), cursor));
            return found.size() < limit;
        });
        return found;
    }

    /** Its two numbers: how often truncated, and up to which time nothing is left. */
    long[] epochs(int table) {
        byte[] value = state.get(numbered('E', table));
        if (value == null) {
            return new long[] {0, 0};
        }
        ByteReader in = ByteReader.ofVersion(VERSION, "count", value);
        long epoch = in.varint();
        return new long[] {epoch, in.hasMore() ? in.varint() : epoch};
    }

    void putEpochs(int table, long epoch, long emptied) {
        state.put(
                numbered('E', table),
                values.reset().u8(VERSION).varint(epoch).varint(emptied).toBytes());
    }

    @Nullable
    LaneRecord truncate(int table) {
        byte[] value = state.get(numbered('T', table));
        if (value == null) {
            return null;
        }
        ByteReader in = ByteReader.ofVersion(VERSION, "truncate", value);
        long sequence = in.varint();
        long commitMillis = in.i64();
        return LaneRecord.read(in, value.length, sequence, commitMillis);
    }

    void putTruncate(int table, @Nullable LaneRecord record) {
        if (record == null) {
            state.delete(numbered('T', table));
            return;
        }
        values.reset().u8(VERSION).varint(record.sequence()).i64(record.commitMillis());
        record.writeTo(values);
        state.put(numbered('T', table), values.toBytes());
    }

    boolean isLoaded(int table) {
        return state.get(numbered('L', table)) != null;
    }

    void putLoaded(int table) {
        state.put(numbered('L', table), NO_VALUE);
    }

    long unsettled(int table) {
        return number(numbered('U', table));
    }

    void putUnsettled(int table, long count) {
        put(numbered('U', table), count);
    }

    long references(int edge) {
        return number(numbered('C', edge));
    }

    void putReferences(int edge, long count) {
        put(numbered('C', edge), count);
    }

    PendingTotals totals() {
        byte[] value = state.get(TOTALS);
        if (value == null) {
            return PendingTotals.NONE;
        }
        ByteReader in = ByteReader.ofVersion(VERSION, "total of waiting rows", value);
        return new PendingTotals(in.varint(), in.varint(), in.varint());
    }

    void putTotals(PendingTotals totals) {
        values.reset()
                .u8(VERSION)
                .varint(totals.waiting())
                .varint(totals.stale())
                .varint(totals.held());
        state.put(TOTALS, values.toBytes());
    }

    @Nullable
    String fingerprint() {
        byte[] value = state.get(FINGERPRINT);
        return value == null ? null : decodeFingerprint(value);
    }

    void putFingerprint(String fingerprint) {
        state.put(FINGERPRINT, encodeFingerprint(fingerprint));
    }

    static String decodeFingerprint(byte[] value) {
        return ByteReader.ofVersion(VERSION, "plan of foreign keys", value).text();
    }

    static byte[] encodeFingerprint(String fingerprint) {
        return new ByteWriter().u8(VERSION).text(fingerprint).toBytes();
    }

    private long number(byte[] key) {
        byte[] value = state.get(key);
        return value == null ? 0 : ByteReader.ofVersion(VERSION, "count", value).varint();
    }

    private void put(byte[] key, long number) {
        if (number == 0) {
            state.delete(key);
        } else {
            state.put(key, values.reset().u8(VERSION).varint(number).toBytes());
        }
    }

    private byte[] key(char kind, byte[] rest) {
        return keys.reset().u8(kind).raw(rest).toBytes();
    }

    private byte[] numbered(char kind, int number) {
        return keys.reset().u8(kind).i16(number).toBytes();
    }

    private byte[] filed(Awaited awaited, byte[] row) {
        return keys.reset()
                .u8('W')
                .u8(awaited.what().code())
                .raw(awaited.key())
                .raw(row)
                .toBytes();
    }
}
