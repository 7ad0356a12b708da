package dev.sluice.streams.gate;

import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.event.Outcome;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one call decides: the record of its sequence, releases, or both. */
final class Group {
    /** Held in memory until the call ends, so bounded in bytes as well as in number. */
    private static final long MOST_BYTES = 8L << 20;

    private final long sequence;
    private final boolean last;
    private final List<OrderedRecord> records = new ArrayList<>(4);
    private final List<Refresh> refreshes = new ArrayList<>(0);
    private long bytes;
    private boolean judging;

    /** @param last whether a source transaction ends with the sequence */
    Group(long sequence, boolean last) {
        this.sequence = sequence;
        this.last = last;
    }

    long sequence() {
        return sequence;
    }

    /** Whether the source transaction of the sequence is over. */
    boolean last() {
        return last;
    }

    /** Whether the source transaction of what is being decided is over. */
    boolean judged() {
        return last || judging;
    }

    /** @param over the source transaction of what is decided next is over, whatever the sequence says */
    void judge(boolean over) {
        judging = over;
    }

    /** The record of the sequence. */
    void own(Outcome outcome, LaneRecord record, boolean settles, @Nullable String reason) {
        add(outcome, record, settles, reason, false, false);
    }

    /** What becomes of an earlier event, or of this one after its own record. */
    void release(Outcome outcome, LaneRecord record, boolean settles, @Nullable String reason) {
        add(outcome, record, settles, reason, true, false);
    }

    /** @param together with the next one */
    void release(LaneRecord record, boolean settles, boolean together) {
        add(Outcome.APPLY, record, settles, null, true, together);
    }

    /** A release after which the row waits on. */
    void together(Outcome outcome, LaneRecord record, String reason, boolean together) {
        add(outcome, record, false, reason, true, together);
    }

    private void add(
            Outcome outcome,
            LaneRecord record,
            boolean settles,
            @Nullable String reason,
            boolean release,
            boolean together) {
        OrderedHeader header = new OrderedHeader(
                outcome, last, false, settles, sequence, record.sequence(), reason, release, together);
        records.add(new OrderedRecord(header, record));
        bytes += record.value().length;
    }

    void refresh(Refresh refresh) {
        refreshes.add(refresh);
    }

    boolean hasRoom() {
        return bytes < MOST_BYTES;
    }

    /** All of it, each record but the last saying that more follows. */
    Decision decision() {
        for (int i = 0; i < records.size() - 1; i++) {
            OrderedRecord each = records.get(i);
            OrderedHeader h = each.header();
            OrderedHeader more = new OrderedHeader(
                    h.outcome(),
                    h.last(),
                    true,
                    h.settles(),
                    h.sequence(),
                    h.origin(),
                    h.reason(),
                    h.release(),
                    h.together());
            records.set(i, new OrderedRecord(more, each.record()));
        }
        return new Decision(records, refreshes);
    }
}
