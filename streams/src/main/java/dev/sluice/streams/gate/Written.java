package dev.sluice.streams.gate;

import java.util.Arrays;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Rows that were written under the present sequence, over all calls. A sink takes the sequence for the version of a row, so a second write under it would be
 * lost. Not kept over a restart: then nothing is released before the next event.
 */
final class Written {
    /** Bounds the memory; more releases wait for the next sequence, which comes at least with the next heartbeat. */
    private static final int MOST = 100_000;

    private final NavigableSet<byte[]> rows = new TreeSet<>(Arrays::compareUnsigned);
    private byte @Nullable [] own;
    private boolean knowsSequence;

    /** A new event: everything before was under an earlier sequence. */
    void begin() {
        if (!rows.isEmpty()) {
            rows.clear();
        }
        own = null;
        knowsSequence = true;
    }

    /** The event's own row. */
    void own(byte[] row) {
        own = row;
    }

    void add(byte[] row) {
        rows.add(row);
    }

    boolean mayWrite(byte[] row) {
        boolean isOwn = own != null && Arrays.equals(own, row);
        return hasRoom() && !isOwn && (rows.isEmpty() || !rows.contains(row));
    }

    boolean hasRoom() {
        return knowsSequence && rows.size() < MOST;
    }
}
