package dev.sluice.streams;

import dev.sluice.streams.gate.PendingTotals;

/** What the processors tell the runner. Written by the stream thread, read by any. */
final class LaneMeter {
    private volatile long nextSequence;
    private volatile PendingTotals pending = PendingTotals.NONE;

    void nextSequence(long sequence) {
        nextSequence = sequence;
    }

    void pending(PendingTotals totals) {
        pending = totals;
    }

    long nextSequence() {
        return nextSequence;
    }

    PendingTotals pending() {
        return pending;
    }
}
