package dev.sluice.streams.state;

import org.jspecify.annotations.Nullable;

/**
 * Ordered bytes by bytes, of one lane. Keys compare unsigned and lexicographically. Arrays handed over or given back are never changed by either side.
 * Not thread-safe.
 */
public interface LaneState {
    byte @Nullable [] get(byte[] key);

    void put(byte[] key, byte[] value);

    /** Removes the entry if there is one. */
    void delete(byte[] key);

    /**
     * Visits entries in key order until the visitor has enough. The visitor does not change the state.
     *
     * @param prefix what every visited key begins with
     * @param after only keys behind this one, where it is given
     */
    void scan(byte[] prefix, byte @Nullable [] after, Visitor visitor);

    /** Sees one entry. */
    interface Visitor {
        /** Whether to go on. */
        boolean visit(byte[] key, byte[] value);
    }
}
