package dev.sluice.cli.run;

import dev.sluice.producers.api.PublisherStatus;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.SinkStatus;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.streams.LaneStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A running pipeline at a moment, as far as this process sees it.
 *
 * @param target the target's account, possibly an older one; of its tables and lanes those that are captured now
 * @param targetProblem why it is an older one; null when it is the present one
 * @param publisher null when another process runs it
 * @param lanes every lane of the layout
 */
public record Snapshot(
        PipelineStatus target,
        @Nullable String targetProblem,
        @Nullable PublisherStatus publisher,
        List<LaneSnapshot> lanes) {
    public Snapshot {
        lanes = List.copyOf(lanes);
    }

    /** Every captured table's load is applied, and none is to be read again as far as the publisher is here to say so. */
    public boolean isLoaded() {
        boolean read = publisher == null
                || (!publisher.tables().isEmpty()
                        && publisher.tables().stream().allMatch(PublisherStatus.TableStatus::done));
        return read
                && !target.tables().isEmpty()
                && target.tables().stream().allMatch(t -> t.phase().equals("live"));
    }

    /** By lane, the sequence of the next event, once everything that the source committed before a time is published; empty until then. */
    Map<String, Long> publishedAsOf(Instant time) {
        return Optional.ofNullable(publisher)
                .filter(p -> p.completeAsOf().filter(t -> !t.isBefore(time)).isPresent())
                .map(PublisherStatus::nextSequences)
                .orElse(Map.of());
    }

    /** Null when another process runs it. */
    @Nullable
    LaneStatus topology(String lane) {
        return lanes.stream()
                .filter(l -> l.name().equals(lane))
                .findFirst()
                .map(LaneSnapshot::topology)
                .orElse(null);
    }

    /** Newest sequence of a lane that the target has applied; 0 for none. */
    public long appliedSequence(String lane) {
        return target.appliedSequence(lane);
    }

    /** Of all lanes together: grows with every event that the target has applied. */
    public long appliedEvents() {
        return target.lanes().stream().mapToLong(PipelineStatus.Lane::sequence).sum();
    }

    /** Records of rows that this process has applied. */
    public long rowsApplied() {
        return lanes.stream()
                .map(LaneSnapshot::sink)
                .flatMap(sink -> Optional.ofNullable(sink).stream())
                .mapToLong(SinkStatus::rowsApplied)
                .sum();
    }

    /** Everything that the source committed before is applied in every lane; empty before the first transaction of any. */
    public Optional<Instant> sourceTime() {
        boolean known = target.lanes().stream().allMatch(l -> l.sourceTime() != null);
        return target.lanes().stream()
                .filter(l -> known)
                .flatMap(l -> Optional.ofNullable(l.sourceTime()).stream())
                .min(Instant::compareTo);
    }

    /** How far the target is behind the source. */
    public Optional<Duration> lag(Instant now) {
        return sourceTime().map(time -> Duration.between(time, now)).map(lag -> lag.isNegative() ? Duration.ZERO : lag);
    }

    /** What keeps lanes from going on, or the target's account from being the present one, in an operator's words. */
    public Optional<String> trouble() {
        Optional<String> stopped = stopped();
        if (stopped.isPresent()) {
            return stopped;
        }
        for (LaneSnapshot lane : lanes) {
            SinkStatus sink = lane.sink();
            if (sink != null && sink.state() == SinkStatus.State.WAITING_FOR_TARGET) {
                return Optional.of("waiting for the target: " + sink.message());
            }
        }
        for (LaneSnapshot lane : lanes) {
            SinkStatus sink = lane.sink();
            if (sink != null && sink.state() == SinkStatus.State.PAUSED) {
                return Optional.of("lane " + lane.name() + " is " + sink.message() + "; go on with: sluice resume");
            }
        }
        for (LaneSnapshot lane : lanes) {
            SinkStatus sink = lane.sink();
            if (sink != null && sink.state() == SinkStatus.State.HELD_BACK) {
                return Optional.of("lane " + lane.name() + ": " + sink.message());
            }
        }
        for (LaneSnapshot lane : lanes) {
            SinkStatus sink = lane.sink();
            if (sink != null && sink.state() == SinkStatus.State.REPLAYING) {
                return Optional.of("lane " + lane.name() + " is replayed, new events wait; "
                        + (sink.message() == null ? "see: sluice status" : sink.message()));
            }
        }
        return Optional.ofNullable(targetProblem).map(problem -> "the target's status cannot be read: " + problem);
    }

    private Optional<String> stopped() {
        List<LaneSnapshot> stopped =
                lanes.stream().filter(l -> l.failure() != null).toList();
        return stopped.isEmpty()
                ? Optional.empty()
                : Optional.of(stopped.stream()
                        .map(l -> "lane " + l.name() + " has stopped: " + l.failure())
                        .collect(Collectors.joining("; ")));
    }

    /** What the publisher knows about a table; empty while it starts, or when another process runs it. */
    public Optional<PublisherStatus.TableStatus> published(TableId table) {
        return Optional.ofNullable(publisher).stream()
                .flatMap(p -> p.tables().stream())
                .filter(t -> t.table().equals(table))
                .findFirst();
    }
}
