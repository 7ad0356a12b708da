package dev.sluice.streams.gate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Work that calls leave to later ones, most urgent first. A store steps over the tombstones of what is done to find what is left, so what is added and
 * done within one call never reaches the store, and what was read from it is not looked for again.
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

    /** What the store holds up to here is known; meant where the store has more. */
    private byte @Nullable [] readTo;

    WorkQueue(GateStore store, int entriesInMemory) {
        this.store = store;
        this.entriesInMemory = entriesInMemory;
        load();
    }

    private void load() {
        List<Work> found = store.work(readTo, entriesInMemory);
        // What is known already is newer than what the store has of it.
        found.forEach(work -> known.putIfAbsent(work.place(), new Entry(work, true, true)));
        storeHasMore = found.size() == entriesInMemory;
        if (storeHasMore) {
            readTo = found.get(found.size() - 1).place();
        }
    }

    private boolean mayBeUnread(byte[] place) {
        return storeHasMore && (readTo == null || Arrays.compareUnsigned(place, readTo) > 0);
    }

    boolean isEmpty() {
        return known.isEmpty() && !storeHasMore;
    }

    /** The most urgent work, or null. */
    @Nullable
    Work next() {
        if (storeHasMore && (known.isEmpty() || mayBeUnread(known.firstKey()))) {
            load();
        }
        return known.isEmpty() ? null : known.firstEntry().getValue().work();
    }

    /** In the place of work with the same task and key. */
    void add(Work work) {
        byte[] place = work.place();
        Entry before = known.get(place);
        boolean stored = before == null ? mayBeUnread(place) : before.stored();
        known.put(place, new Entry(work, false, stored));
    }

    /** Notes how far work has got, unless it was asked for anew meanwhile. */
    @SuppressWarnings("ReferenceEquality") // the request itself, not an equal one made since
    void replace(Work work, Work next) {
        Entry now = known.get(work.place());
        if (now != null && now.work() == work) {
            add(next);
        }
    }

    /** Work is done, unless it was asked for anew meanwhile. */
    @SuppressWarnings("ReferenceEquality") // the request itself, not an equal one made since
    void done(Work work) {
        Entry now = known.get(work.place());
        if (now == null || now.work() == work) {
            remove(work);
        }
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
        forgetLeastUrgent();
    }

    private void forgetLeastUrgent() {
        if (known.size() <= entriesInMemory) {
            return;
        }
        while (known.size() > entriesInMemory) {
            known.pollLastEntry();
        }
        if (!mayBeUnread(known.lastKey())) {
            readTo = known.lastKey();
        }
        storeHasMore = true;
    }
}
