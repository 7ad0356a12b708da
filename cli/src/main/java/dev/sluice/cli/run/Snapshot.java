package dev.sluice.cli.run;

import dev.sluice.producers.api.PublisherStatus;
import dev.sluice.schemas.Topics;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.SinkStatus;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.streams.LaneStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** A running pipeline at a moment. */
public record Snapshot(PipelineStatus target, PublisherStatus publisher, LaneStatus lane, SinkStatus sink) {
    /** Every table's first load is applied. */
    public boolean isLoaded() {
        return !target.tables().isEmpty()
                && target.tables().stream().allMatch(t -> t.phase().equals("live"));
    }

    /** Everything that the source committed before is applied; empty before the first transaction. */
    public Optional<Instant> sourceTime() {
        return target.lanes().stream()
                .filter(l -> l.name().equals(Topics.MAIN_LANE))
                .findFirst()
                .map(PipelineStatus.Lane::sourceTime);
    }

    /** How far the target is behind the source. */
    public Optional<Duration> lag(Instant now) {
        return sourceTime().map(time -> Duration.between(time, now)).map(lag -> lag.isNegative() ? Duration.ZERO : lag);
    }

    /** Rows that wait or are quarantined. */
    public boolean isIncomplete() {
        return target.waiting() + target.openDeadLetters() > 0;
    }

    /** What the publisher knows about a table; empty while it starts. */
    public Optional<PublisherStatus.TableStatus> published(TableId table) {
        return publisher.tables().stream().filter(t -> t.table().equals(table)).findFirst();
    }
}
