package dev.sluice.streams;

import dev.sluice.streams.gate.PendingTotals;

/** What the processors tell the runner. Written by the stream thread, read by any; the figures of one reading belong to one decision. */
final class LaneMeter {
    /**
     * The lane behind a decision.
     *
     * @param nextSequence 0 while the lane's state is being restored
     * @param hasWork whether releases are queued
     */
    record Reading(long nextSequence, PendingTotals pending, boolean hasWork) {}

    private volatile Reading reading = new Reading(0, PendingTotals.NONE, false);

    void decided(long nextSequence, PendingTotals pending, boolean hasWork) {
        reading = new Reading(nextSequence, pending, hasWork);
    }

    Reading reading() {
        return reading;
    }
}
