package dev.sluice.schemas.progress;

import dev.sluice.schemas.Position;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Everything a producer needs to continue; written in the same Kafka transaction as the events it covers.
 *
 * @param pipelineId the incarnation
 * @param position everything of the source's tail up to here is published; null before the source was opened for the first time
 * @param lanes that the producer writes
 * @param past lanes of earlier layouts, with the sequence that would have come next; nothing is written to them any more
 * @param snapshots by table, in the order in which tables are read
 * @param signalsOffset offset of the next signal to handle
 */
public record ProducerProgress(
        String pipelineId,
        @Nullable Position position,
        SortedMap<String, LaneProgress> lanes,
        SortedMap<String, Long> past,
        List<SnapshotProgress> snapshots,
        long signalsOffset) {
    public ProducerProgress {
        lanes = Collections.unmodifiableSortedMap(new TreeMap<>(lanes));
        past = Collections.unmodifiableSortedMap(new TreeMap<>(past));
        snapshots = List.copyOf(snapshots);
        for (String lane : past.keySet()) {
            if (lanes.containsKey(lane)) {
                throw new IllegalArgumentException("lane " + lane + " is both written and one of the past");
            }
        }
    }

    /** The same place in the source, in other lanes. */
    public ProducerProgress withLanes(SortedMap<String, LaneProgress> present, SortedMap<String, Long> left) {
        return new ProducerProgress(pipelineId, position, present, left, snapshots, signalsOffset);
    }

    /** By lane, those of the past included: the sequence of its next event. */
    public Map<String, Long> nextSequence() {
        Map<String, Long> next = new TreeMap<>(past);
        lanes.forEach((lane, progress) -> next.put(lane, progress.nextSequence()));
        return Collections.unmodifiableMap(next);
    }

    /** Whether a source transaction is open at {@code position}. */
    public boolean isInsideTransaction() {
        return lanes.values().stream().anyMatch(lane -> lane.transactionOrder() > 0);
    }
}
