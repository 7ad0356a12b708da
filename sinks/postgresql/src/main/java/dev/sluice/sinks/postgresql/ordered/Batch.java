package dev.sluice.sinks.postgresql.ordered;

import java.util.List;

/**
 * Records that follow each other.
 *
 * @param complete a target transaction may end behind the last record; if not, what follows belongs to the same source transaction
 * @param full more records are waiting: it ends because it is as large as a batch may be, or has been collected for as long
 */
public record Batch(List<OrderedRecord> records, boolean complete, boolean full) {
    /** What a reader gives that was told to stop. */
    public static final Batch NOTHING = new Batch(List.of(), true, false);

    public Batch {
        records = List.copyOf(records);
    }

    public boolean isEmpty() {
        return records.isEmpty();
    }

    /** The position when the batch is applied. */
    public LanePosition end(String pipelineId) {
        OrderedRecord last = records.get(records.size() - 1);
        return new LanePosition(pipelineId, last.header().sequence(), last.offset());
    }
}
