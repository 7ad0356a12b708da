package dev.sluice.streams.gate;

import org.jspecify.annotations.Nullable;

/** A row some of whose columns the source left out because they did not change. */
@SuppressWarnings("ArrayRecordComponent") // looked at, never compared
record PartialRow(@Nullable Object[] row, boolean[] leftOut) {
    boolean leavesOut(int index) {
        return leftOut[index];
    }
}
