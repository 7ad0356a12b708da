package dev.sluice.streams.state;

import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** In memory, for tests and simulations: a copy is a commit, going back to it is a crash. */
public final class TreeLaneState implements LaneState {
    private final NavigableMap<byte[], byte[]> entries;

    public TreeLaneState() {
        this.entries = new TreeMap<>(Arrays::compareUnsigned);
    }

    private TreeLaneState(NavigableMap<byte[], byte[]> entries) {
        this.entries = new TreeMap<>(entries);
    }

    public TreeLaneState copy() {
        return new TreeLaneState(entries);
    }

    public int size() {
        return entries.size();
    }

    @Override
    public byte @Nullable [] get(byte[] key) {
        return entries.get(key);
    }

    @Override
    public void put(byte[] key, byte[] value) {
        entries.put(key, value);
    }

    @Override
    public void delete(byte[] key) {
        entries.remove(key);
    }

    @Override
    public void scan(byte[] prefix, byte @Nullable [] after, Visitor visitor) {
        NavigableMap<byte[], byte[]> rest =
                after == null ? entries.tailMap(prefix, true) : entries.tailMap(after, false);
        for (Map.Entry<byte[], byte[]> entry : rest.entrySet()) {
            boolean matches =
                    Arrays.mismatch(entry.getKey(), prefix) == prefix.length || Arrays.equals(entry.getKey(), prefix);
            if (!matches || !visitor.visit(entry.getKey(), entry.getValue())) {
                return;
            }
        }
    }
}
