package dev.sluice.streams.gate;

import dev.sluice.streams.state.ByteReader;
import dev.sluice.streams.state.ByteWriter;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What waits for the end of its source transaction, children before parents. */
final class Deferred {
    /** @param sequence of the event that brought it about */
    @SuppressWarnings("ArrayRecordComponent") // looked at, never compared
    record Entry(byte[] place, long sequence, Task task, byte[] key) {}

    private static final int RANK_BYTES = 2;
    private static final long NONE = Long.MAX_VALUE;

    private final GateStore store;
    private final ByteWriter out = new ByteWriter();
    /** By rank, the smallest sequence that may still have entries: a store steps over the remains of what is done before it finds what is left. */
    private final NavigableMap<Integer, Long> left = new TreeMap<>();
    /** Of the pass under way: the rank, the last entry given, the smallest sequence passed over. */
    private int rank = -1;

    private byte @Nullable [] behind;
    private long passed = NONE;

    Deferred(GatePlan plan, GateStore store) {
        this.store = store;
        if (!store.deferred(new byte[0], null, 1).isEmpty()) {
            plan.ranks().forEach(each -> left.put(each, 0L));
        }
    }

    boolean isEmpty() {
        return left.isEmpty();
    }

    void add(GatedTable table, long sequence, Task task, byte[] key) {
        store.putDeferred(place(table.rank(), sequence).u8(task.code()).raw(key).toBytes());
        left.merge(table.rank(), sequence, Math::min);
        if (table.rank() == rank) {
            passed = Math.min(passed, sequence);
        }
    }

    private ByteWriter place(int of, long sequence) {
        return out.reset().i16(of).i64(sequence);
    }

    /** The next entries of a pass, of any transaction, children's before their parents'; none when the pass is over. */
    List<Entry> next(int limit) {
        while (true) {
            if (rank < 0 && !enter(left.isEmpty() ? null : left.firstKey())) {
                return List.of();
            }
            byte[] prefix = new byte[] {(byte) (rank >>> 8), (byte) rank};
            List<byte[]> found = store.deferred(prefix, behind, limit);
            if (!found.isEmpty()) {
                return found.stream().map(Deferred::entry).toList();
            }
            Integer next = left.higherKey(rank);
            leave();
            if (!enter(next)) {
                return List.of();
            }
        }
    }

    private boolean enter(@Nullable Integer next) {
        if (next == null) {
            return false;
        }
        rank = next;
        passed = NONE;
        behind = place(rank, left.getOrDefault(rank, 0L)).toBytes();
        return true;
    }

    private void leave() {
        if (passed == NONE) {
            left.remove(rank);
        } else {
            left.put(rank, passed);
        }
        rank = -1;
    }

    private static Entry entry(byte[] place) {
        ByteReader in = new ByteReader(place, RANK_BYTES);
        long sequence = in.i64();
        Task task = Task.ofCode(in.u8());
        return new Entry(place, sequence, task, Arrays.copyOfRange(place, in.at(), place.length));
    }

    /** Leaves an entry to a later pass. */
    void pass(Entry entry) {
        behind = entry.place();
        passed = Math.min(passed, entry.sequence());
    }

    void remove(Entry entry) {
        store.deleteDeferred(entry.place());
        behind = entry.place();
    }
}
