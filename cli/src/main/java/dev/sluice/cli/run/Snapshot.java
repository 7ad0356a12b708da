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
import org.jspecify.annotations.Nullable;

/**
 * A running pipeline at a moment.
 *
 * @param target the target's account, possibly an older one; of its tables those that are captured now
 * @param targetProblem why it is an older one; null when it is the present one
 */
public record Snapshot(
        PipelineStatus target,
        @Nullable String targetProblem,
        PublisherStatus publisher,
        LaneStatus lane,
        SinkStatus sink) {
    /** Every captured table's first load is applied. */
    public boolean isLoaded() {
        return !target.tables().isEmpty()
                && target.tables().stream().allMatch(t -> t.phase().equals("live"));
    }

    /** Newest sequence that the target has applied; 0 for none. */
    public long appliedSequence() {
        return target.lanes().stream()
                .filter(l -> l.name().equals(Topics.MAIN_LANE))
                .mapToLong(PipelineStatus.Lane::sequence)
                .findFirst()
                .orElse(0);
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

    /** What keeps the target's account from being the present one, in an operator's words. */
    public Optional<String> trouble() {
        if (sink.state() == SinkStatus.State.WAITING_FOR_TARGET) {
            return Optional.of("waiting for the target: " + sink.message());
        }
        return Optional.ofNullable(targetProblem).map(problem -> "the target's status cannot be read: " + problem);
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
