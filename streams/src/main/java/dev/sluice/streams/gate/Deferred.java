package dev.sluice.streams.gate;

import dev.sluice.streams.state.ByteReader;
import dev.sluice.streams.state.ByteWriter;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What waits for the end of its source transaction, children before parents. */
final class Deferred {
    /** @param sequence of the event that brought it about */
    @SuppressWarnings("ArrayRecordComponent") // looked at, never compared
    record Entry(byte[] place, long sequence, Task task, byte[] key) {}

    private static final int RANK_BYTES = 2;

    private final GateStore store;
    private final ByteWriter out = new ByteWriter();
    private boolean mayHaveEntries;
    private boolean addedSinceBegin;
    /** Nothing is left before. */
    private byte @Nullable [] behind;

    Deferred(GateStore store) {
        this.store = store;
        this.mayHaveEntries = !store.deferred(null, 1).isEmpty();
    }

    boolean isEmpty() {
        return !mayHaveEntries;
    }

    void add(GatedTable table, long sequence, Task task, byte[] key) {
        byte[] place = out.reset()
                .i16(table.rank())
                .i64(sequence)
                .u8(task.code())
                .raw(key)
                .toBytes();
        store.putDeferred(place);
        mayHaveEntries = true;
        addedSinceBegin = true;
        if (behind != null && Arrays.compareUnsigned(place, behind) <= 0) {
            behind = null;
        }
    }

    /** Entries behind the last one given, of any transaction. */
    List<Entry> next(int limit) {
        addedSinceBegin &= behind != null;
        return store.deferred(behind, limit).stream().map(Deferred::entry).toList();
    }

    private static Entry entry(byte[] place) {
        ByteReader in = new ByteReader(place, RANK_BYTES);
        long sequence = in.i64();
        Task task = Task.ofCode(in.u8());
        return new Entry(place, sequence, task, Arrays.copyOfRange(place, in.at(), place.length));
    }

    void pass(Entry entry) {
        behind = entry.place();
    }

    void remove(Entry entry) {
        store.deleteDeferred(entry.place());
        behind = entry.place();
    }

    /** @param anyLeft whether entries of a later transaction were passed */
    void finished(boolean anyLeft) {
        behind = null;
        mayHaveEntries = anyLeft || addedSinceBegin;
    }
}
