package dev.sluice.sinks.postgresql;

import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Event;
import dev.sluice.sinks.postgresql.apply.BatchApplier;
import dev.sluice.sinks.postgresql.ordered.Batch;
import dev.sluice.sinks.postgresql.ordered.LanePosition;
import dev.sluice.sinks.postgresql.ordered.OrderedRecord;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a transaction has done so far.
 *
 * @param sourceTime everything that the source committed before is applied by it; null when it says nothing about that
 */
record Applied(LanePosition end, @Nullable Instant sourceTime, long rows, long deadLettered) {
    static Applied nothing(LanePosition position) {
        return new Applied(position, null, 0, 0);
    }

    Applied and(Batch piece, BatchApplier.Outcomes outcomes) {
        return new Applied(
                piece.end(end.pipelineId()),
                later(sourceTime, sourceTime(piece.records())),
                rows + outcomes.applied(),
                deadLettered + outcomes.deadLettered());
    }

    /** Rows of a snapshot say nothing about how far the tail has come; of the control events only a heartbeat does. */
    private static @Nullable Instant sourceTime(List<OrderedRecord> records) {
        for (int i = records.size() - 1; i >= 0; i--) {
            Event event = records.get(i).event();
            boolean tells = event instanceof Control control
                    ? control.kind() == Control.Kind.HEARTBEAT
                    : !event.source().snapshot() && !records.get(i).header().isRelease();
            if (tells) {
                return Instant.ofEpochMilli(event.source().commitMillis());
            }
        }
        return null;
    }

    static @Nullable Instant later(@Nullable Instant one, @Nullable Instant other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return one.isAfter(other) ? one : other;
    }
}
