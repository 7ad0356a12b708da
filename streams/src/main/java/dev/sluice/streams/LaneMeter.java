package dev.sluice.streams;

import dev.sluice.streams.gate.PendingTotals;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.processor.StandbyUpdateListener;
import org.apache.kafka.streams.processor.StateRestoreListener;
import org.apache.kafka.streams.processor.TaskId;

/** What the processors and the restore of the state tell the runner. Written by the stream thread, read by any; the figures of one reading belong to one decision. */
final class LaneMeter implements StateRestoreListener, StandbyUpdateListener {
    /**
     * The lane behind a decision.
     *
     * @param nextSequence 0 while the lane's state is being restored
     * @param hasWork whether releases are queued
     */
    record Reading(long nextSequence, PendingTotals pending, boolean hasWork) {}

    /** Behind a transaction's last record stands a marker that nobody is given. */
    private static final int LAST_MARKER = 1;

    private final AtomicLong restored = new AtomicLong();
    private final AtomicLong followed = new AtomicLong();
    private volatile boolean following;
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

    /** Entries read from the changelog as a standby of another instance. */
    long followed() {
        return followed.get();
    }

    /** Whether the last entries read as a standby were the newest ones. */
    boolean isFollowing() {
        return following;
    }

    @Override
    public void onUpdateStart(TopicPartition changelog, String store, long from) {}

    @Override
    public void onBatchLoaded(TopicPartition changelog, String store, TaskId task, long at, long count, long end) {
        followed.addAndGet(count);
        following = at + LAST_MARKER >= end - 1;
    }

    @Override
    public void onUpdateSuspended(TopicPartition changelog, String store, long at, long end, SuspendReason reason) {
        following = false;
    }
}
