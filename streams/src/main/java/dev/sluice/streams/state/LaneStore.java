package dev.sluice.streams.state;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.query.Position;
import org.apache.kafka.streams.query.PositionBound;
import org.apache.kafka.streams.query.Query;
import org.apache.kafka.streams.query.QueryConfig;
import org.apache.kafka.streams.query.QueryResult;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.internals.CacheFlushListener;
import org.apache.kafka.streams.state.internals.CachedStateStore;
import org.jspecify.annotations.Nullable;

/**
 * A lane's state in Kafka Streams: what decisions change goes to the store below, and to its changelog, once per commit and in one batch. Kafka
 * Streams' own caching layer does the same for any number of stores, threads and readers, and took half of the lane's time.
 *
 * <p>Kafka Streams calls {@link #flushCache} before it commits, so a transaction never holds a decision without its state. What was not committed is
 * lost with its transaction. Entries read or written lately stay in memory, absent ones too, within bounds. Used by the stream thread alone.
 */
public final class LaneStore implements StateStore, CachedStateStore<byte[], byte[]>, LaneState {
    /** For all lanes of the process together, however many they are. */
    private static final long ALL_LANES_BYTES = 64L << 20;

    /** Objects around a key and its value. */
    private static final int ENTRY_BYTES = 128;

    private static final AtomicInteger OPEN = new AtomicInteger();

    private final KeyValueStore<Bytes, byte[]> below;
    private final long mostBytes;
    private final List<List<Entry>> changed = new ArrayList<>();

    private final Map<Key, Entry> entries = new HashMap<>();
    private long bytes;

    /** Room is made in turns: what was not used since the last one goes. That is cheaper than to keep an order of use. */
    private int turn;

    private boolean counted;

    /** Kafka's {@link Bytes} give numbers that follow each other the same few hash codes. */
    private static class Key {
        private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

        final byte[] bytes;
        private final int hash;

        private Key(byte[] bytes) {
            this.bytes = bytes;
            this.hash = hash(bytes);
        }

        private Key(Key same) {
            this.bytes = same.bytes;
            this.hash = same.hash;
        }

        private static int hash(byte[] bytes) {
            long hash = bytes.length;
            int at = 0;
            for (; at + Long.BYTES <= bytes.length; at += Long.BYTES) {
                hash = mix(hash, (long) LONG.get(bytes, at));
            }
            for (; at < bytes.length; at++) {
                hash = mix(hash, bytes[at]);
            }
            return (int) (hash ^ (hash >>> 32));
        }

        private static long mix(long hash, long word) {
            long mixed = (hash ^ word) * 0x9E3779B97F4A7C15L;
            return mixed ^ (mixed >>> 29);
        }

        @Override
        public final boolean equals(@Nullable Object other) {
            return other instanceof Key key && hash == key.hash && Arrays.equals(bytes, key.bytes);
        }

        @Override
        public final int hashCode() {
            return hash;
        }
    }

    /** What is known of a key. */
    private static final class Entry extends Key {
        private byte @Nullable [] value;
        private int lastUsed;
        private boolean changed;

        /** What is only written is of no use here once it is: many entries are for scans alone. */
        private boolean wasRead;

        /** The store below is known to hold nothing under the key. */
        private boolean absentBelow;

        private Entry(Key key, byte @Nullable [] value) {
            super(key);
            this.value = value;
        }

        private long size() {
            return (long) ENTRY_BYTES + bytes.length + (value == null ? 0 : value.length);
        }
    }

    /** @param mostBytes of heap, less when many lanes are open in the process */
    LaneStore(KeyValueStore<Bytes, byte[]> below, long mostBytes) {
        this.below = below;
        this.mostBytes = mostBytes;
        for (int kind = 0; kind < 256; kind++) {
            changed.add(new ArrayList<>(0));
        }
    }

    @Override
    public byte @Nullable [] get(byte[] key) {
        Key sought = new Key(key);
        Entry entry = known(sought);
        if (entry == null) {
            entry = new Entry(sought, below.get(Bytes.wrap(key)));
            entry.absentBelow = entry.value == null;
            add(entry);
        }
        entry.wasRead = true;
        return entry.value;
    }

    @Override
    public void put(byte[] key, byte[] value) {
        change(key, value);
    }

    @Override
    public void delete(byte[] key) {
        change(key, null);
    }

    private void change(byte[] key, byte @Nullable [] value) {
        Key sought = new Key(key);
        Entry entry = known(sought);
        if (entry == null) {
            entry = new Entry(sought, value);
            add(entry);
        } else {
            bytes -= entry.size();
            entry.value = value;
            bytes += entry.size();
        }
        if (!entry.changed) {
            entry.changed = true;
            changed.get(key[0] & 0xff).add(entry);
        }
    }

    private @Nullable Entry known(Key key) {
        Entry entry = entries.get(key);
        if (entry != null) {
            entry.lastUsed = turn;
        }
        return entry;
    }

    private void add(Entry entry) {
        long most = Math.min(mostBytes, ALL_LANES_BYTES / Math.max(1, OPEN.get()));
        if (bytes > most) {
            makeRoom(most / 2);
        }
        entry.lastUsed = turn;
        entries.put(entry, entry);
        bytes += entry.size();
    }

    private void makeRoom(long goal) {
        flushCache();
        entries.values().removeIf(entry -> {
            boolean goes = entry.lastUsed != turn;
            bytes -= goes ? entry.size() : 0;
            return goes;
        });
        if (bytes > goal) {
            clearCache();
        }
        turn++;
    }

    /** Only keys that begin with the prefix's first byte are written below for it; these are few and change once. */
    @Override
    public void scan(byte[] prefix, byte @Nullable [] after, Visitor visitor) {
        List<KeyValue<Bytes, byte[]>> unwritten = new ArrayList<>();
        collect(changed.get(prefix[0] & 0xff), unwritten);
        write(unwritten);
        byte[] from = after == null ? prefix : Arrays.copyOf(after, after.length + 1);
        try (KeyValueIterator<Bytes, byte[]> found = below.range(Bytes.wrap(from), Bytes.wrap(behind(prefix)))) {
            while (found.hasNext()) {
                KeyValue<Bytes, byte[]> entry = found.next();
                // The range includes its end, which does not begin with the prefix.
                if (!startsWith(entry.key.get(), prefix) || !visitor.visit(entry.key.get(), entry.value)) {
                    return;
                }
            }
        }
    }

    private static boolean startsWith(byte[] key, byte[] prefix) {
        return key.length >= prefix.length && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
    }

    /** The smallest key greater than all that begin with the prefix. Every prefix begins with a letter, so there is one. */
    private static byte[] behind(byte[] prefix) {
        int end = prefix.length;
        while (prefix[end - 1] == (byte) 0xff) {
            end--;
        }
        byte[] next = Arrays.copyOf(prefix, end);
        next[end - 1]++;
        return next;
    }

    KeyValueStore<Bytes, byte[]> below() {
        return below;
    }

    /** Writes what has changed to the store below and its changelog. */
    @Override
    public void flushCache() {
        List<KeyValue<Bytes, byte[]>> unwritten = new ArrayList<>();
        changed.forEach(kind -> collect(kind, unwritten));
        write(unwritten);
    }

    private void collect(List<Entry> kind, List<KeyValue<Bytes, byte[]>> unwritten) {
        for (Entry entry : kind) {
            entry.changed = false;
            if (entry.value != null || !entry.absentBelow) {
                unwritten.add(KeyValue.pair(Bytes.wrap(entry.bytes), entry.value));
            }
            entry.absentBelow = entry.value == null;
            if (!entry.wasRead) {
                entries.remove(entry);
                bytes -= entry.size();
            }
        }
        kind.clear();
    }

    private void write(List<KeyValue<Bytes, byte[]>> unwritten) {
        if (!unwritten.isEmpty()) {
            below.putAll(unwritten);
        }
    }

    /** Kafka Streams is about to write the store below without asking: what is known may no longer hold. */
    @Override
    public void clearCache() {
        entries.clear();
        changed.forEach(List::clear);
        bytes = 0;
    }

    @Override
    public boolean setFlushListener(CacheFlushListener<byte[], byte[]> listener, boolean sendOldValues) {
        return false;
    }

    @Override
    public String name() {
        return below.name();
    }

    @Override
    public void init(StateStoreContext context, StateStore root) {
        below.init(context, root);
        if (!counted) {
            counted = true;
            OPEN.incrementAndGet();
        }
    }

    @Override
    public void commit(Map<TopicPartition, Long> changelogOffsets) {
        flushCache();
        below.commit(changelogOffsets);
    }

    @Override
    public @Nullable Long committedOffset(TopicPartition partition) {
        return below.committedOffset(partition);
    }

    @Override
    @Deprecated
    @SuppressWarnings("deprecation") // Kafka Streams still asks, and RocksDB does.
    public boolean managesOffsets() {
        return below.managesOffsets();
    }

    @Override
    public void close() {
        clearCache();
        if (counted) {
            counted = false;
            OPEN.decrementAndGet();
        }
        below.close();
    }

    @Override
    public boolean persistent() {
        return below.persistent();
    }

    @Override
    public boolean isOpen() {
        return below.isOpen();
    }

    @Override
    public <R> QueryResult<R> query(Query<R> query, PositionBound bound, QueryConfig config) {
        return below.query(query, bound, config);
    }

    @Override
    public Position getPosition() {
        return below.getPosition();
    }
}
