package dev.sluice.streams.gate;

import dev.sluice.streams.gate.GateStore.Task;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Work that calls leave to later ones, most urgent first. What is added and done within one call never reaches the store: a store that sees every
 * entry come and go has to step over all their tombstones to find the next one.
 */
final class WorkQueue {
    /** Entries kept in memory; the others stay in the store until these are done. */
    static final int ENTRIES_IN_MEMORY = 1_000;

    /**
     * @param key what it is about: a row, a key, or a key's spec
     * @param cursor the last entry dealt with; null at the beginning
     */
    @SuppressWarnings("ArrayRecordComponent") // looked at, never compared
    record Work(Task task, byte[] key, byte @Nullable [] cursor) {
        /** Sorts by urgency. */
        byte[] place() {
            byte[] place = new byte[key.length + 1];
            place[0] = (byte) task.code();
            System.arraycopy(key, 0, place, 1, key.length);
            return place;
        }
    }

    private record Entry(Work work, boolean saved, boolean stored) {}

    private final GateStore store;
    private final int entriesInMemory;
    private final NavigableMap<byte[], Entry> known = new TreeMap<>(Arrays::compareUnsigned);
    private boolean storeHasMore;

    WorkQueue(GateStore store, int entriesInMemory) {
        this.store = store;
        this.entriesInMemory = entriesInMemory;
        load();
    }

    private void load() {
        List<Work> found = store.work(entriesInMemory);
        found.forEach(work -> known.put(work.place(), new Entry(work, true, true)));
        storeHasMore = found.size() == entriesInMemory;
    }

    boolean isEmpty() {
        return known.isEmpty() && !storeHasMore;
    }

    /** The most urgent work that is known, or null. */
    @Nullable
    Work next() {
        if (known.isEmpty() && storeHasMore) {
            load();
        }
        return known.isEmpty() ? null : known.firstEntry().getValue().work();
    }

    /** In the place of work with the same task and key. */
    void add(Work work) {
        byte[] place = work.place();
        Entry before = known.get(place);
        // The store may hold one that is not known.
        boolean stored = before == null ? storeHasMore : before.stored();
        known.put(place, new Entry(work, false, stored));
    }

    void remove(Work work) {
        Entry before = known.remove(work.place());
        if (before != null && before.stored()) {
            store.deleteWork(work);
        }
    }

    /** Writes what is left at the end of a call. */
    void save() {
        if (known.isEmpty()) {
            return;
        }
        List<Work> unsaved = new ArrayList<>();
        known.values().stream().filter(e -> !e.saved()).forEach(e -> unsaved.add(e.work()));
        for (Work work : unsaved) {
            store.putWork(work);
            known.put(work.place(), new Entry(work, true, true));
        }
        if (known.size() > entriesInMemory) {
            known.clear();
            storeHasMore = true;
        }
    }
}
