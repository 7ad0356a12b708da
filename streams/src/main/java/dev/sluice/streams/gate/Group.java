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
    private long bytes;

    /** @param last whether a source transaction ends with the sequence */
    Group(long sequence, boolean last) {
        this.sequence = sequence;
        this.last = last;
    }

    long sequence() {
        return sequence;
    }

    void add(Outcome outcome, LaneRecord record, boolean settles, @Nullable String reason) {
        OrderedHeader header = new OrderedHeader(outcome, last, false, settles, sequence, record.sequence(), reason);
        records.add(new OrderedRecord(header, record));
        bytes += record.value().length;
    }

    boolean hasRoom() {
        return bytes < MOST_BYTES;
    }

    /** All of them, each but the last saying that more follows. */
    List<OrderedRecord> records() {
        for (int i = 0; i < records.size() - 1; i++) {
            OrderedRecord each = records.get(i);
            OrderedHeader h = each.header();
            OrderedHeader more =
                    new OrderedHeader(h.outcome(), h.last(), true, h.settles(), h.sequence(), h.origin(), h.reason());
            records.set(i, new OrderedRecord(more, each.record()));
        }
        return records;
    }
}
