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
 * P row                  pending version of a row
 * W for key row          a row filed under a key it waits for
 * Q task key             work to be done, most urgent task first → where it got to
 * E table                how often the table was emptied
 * C foreign-key          live references through it
 * G                      totals of pending rows
 * F                      fingerprint of the plan
 * </pre>
 */
final class GateStore {
    /** Work that one call may leave to the next, most urgent first. */
    enum Task {
        /** A row's keys are free: look at what it has pending. */
        RETRY(1),
        /** A key was given up: rows wait for that. */
        RELEASED(2),
        /** A key is in the target: rows wait for it. */
        ARRIVED(3),
        /** A table was emptied: forget what its keys' nodes say. */
        SWEEP(4);

        private final int code;

        Task(int code) {
            this.code = code;
        }

        int code() {
            return code;
        }

        static Task ofCode(int code) {
            return switch (code) {
                case 1 -> RETRY;
                case 2 -> RELEASED;
                case 3 -> ARRIVED;
                case 4 -> SWEEP;
                default -> throw new IllegalStateException("queue entry of kind " + code);
            };
        }
    }

    private static final int VERSION = 1;
    private static final byte[] TOTALS = {'G'};
    private static final byte[] FINGERPRINT = {'F'};
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
        return PendingVersion.decode(value);
    }

    void putPending(byte[] row, PendingVersion pending) {
        state.put(key('P', row), pending.encode(values));
    }

    void deletePending(byte[] row) {
        state.delete(key('P', row));
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

    long epoch(int table) {
        return number(numbered('E', table));
    }

    void putEpoch(int table, long epoch) {
        put(numbered('E', table), epoch);
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
        return value == null
                ? null
                : ByteReader.ofVersion(VERSION, "plan of foreign keys", value).text();
    }

    void putFingerprint(String fingerprint) {
        state.put(FINGERPRINT, values.reset().u8(VERSION).text(fingerprint).toBytes());
    }

    private long number(byte[] key) {
        byte[] value = state.get(key);
        return value == null ? 0 : ByteReader.ofVersion(VERSION, "count", value).varint();
    }

    private void put(byte[] key, long number) {
        state.put(key, values.reset().u8(VERSION).varint(number).toBytes());
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
