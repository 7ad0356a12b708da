package dev.sluice.streams;

import dev.sluice.streams.gate.PendingTotals;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.processor.StateRestoreListener;

/** What the processors and the restore of the state tell the runner. Written by the stream thread, read by any; the figures of one reading belong to one decision. */
final class LaneMeter implements StateRestoreListener {
    /**
     * The lane behind a decision.
     *
     * @param nextSequence 0 while the lane's state is being restored
     * @param hasWork whether releases are queued
     */
    record Reading(long nextSequence, PendingTotals pending, boolean hasWork) {}

    private final AtomicLong restored = new AtomicLong();
    private volatile Reading reading = new Reading(0, PendingTotals.NONE, false);

    void decided(long nextSequence, PendingTotals pending, boolean hasWork) {
        reading = new Reading(nextSequence, pending, hasWork);
    }

    Reading reading() {
        return reading;
    }

    /** Entries read from the changelog since the start. */
    long restored() {
        return restored.get();
    }

    @Override
    public void onRestoreStart(TopicPartition changelog, String store, long from, long to) {}

    @Override
    public void onBatchRestored(TopicPartition changelog, String store, long end, long count) {
        restored.addAndGet(count);
    }

    @Override
    public void onRestoreEnd(TopicPartition changelog, String store, long total) {}
}
