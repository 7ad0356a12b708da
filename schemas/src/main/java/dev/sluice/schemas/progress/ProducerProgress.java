package dev.sluice.schemas.progress;

import dev.sluice.schemas.Position;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Everything a producer needs to continue; written in the same Kafka transaction as the events it covers.
 *
 * @param pipelineId the incarnation
 * @param position everything of the source's tail up to here is published; null before the source was opened for the first time
 * @param transactionOrder events already published of a source transaction that is still open at {@code position}; 0 on a transaction boundary
 * @param nextSequence by lane, the sequence of the next event
 * @param snapshots by table, in the order in which tables are read
 * @param signalsOffset offset of the next signal to handle
 */
public record ProducerProgress(
        String pipelineId,
        @Nullable Position position,
        long transactionOrder,
        Map<String, Long> nextSequence,
        List<SnapshotProgress> snapshots,
        long signalsOffset) {
    public ProducerProgress {
        nextSequence = Map.copyOf(nextSequence);
        snapshots = List.copyOf(snapshots);
    }
}
