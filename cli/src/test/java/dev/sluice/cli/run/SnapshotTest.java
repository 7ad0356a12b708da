package dev.sluice.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class SnapshotTest {
    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

    private static Snapshot snapshot(@Nullable Instant sourceTime, PipelineStatus.TableStatus... tables) {
        return snapshot(List.of(lane("main", sourceTime)), null, tables);
    }

    private static PipelineStatus.Lane lane(String name, @Nullable Instant sourceTime) {
        return new PipelineStatus.Lane(name, 5, 5, 1, sourceTime, sourceTime, "running", null);
    }

    private static Snapshot snapshot(
            List<PipelineStatus.Lane> lanes, @Nullable String failure, PipelineStatus.TableStatus... tables) {
        return new Snapshot(
                new PipelineStatus(Optional.empty(), lanes, List.of(tables), List.of(), NOON),
                null,
                new PublisherStatus(
                        PublisherStatus.Phase.FOLLOWING,
                        6,
                        List.of(new PublisherStatus.TableStatus(new TableId("public", "orders"), 10, 10, true, 0)),
                        null,
                        "",
                        5,
                        1),
                List.of(running("main", null), running("other", failure)));
    }

    private static LaneSnapshot running(String name, @Nullable String failure) {
        return new LaneSnapshot(
                name,
                new LaneStatus(LaneStatus.State.RUNNING, 6, 0, 0, 0, true, null),
                new SinkStatus(SinkStatus.State.RUNNING, 5, NOON, NOON, 5, 0, 1, null),
                failure);
    }

    private static PipelineStatus.TableStatus table(String name, String phase, long waiting, long deadLetters) {
        return new PipelineStatus.TableStatus(
                new TableId("public", name), phase, 7, 0, waiting, 0, 0, deadLetters, NOON);
    }

    @Test
    void aPipelineWithoutTablesIsNotLoaded() {
        assertThat(snapshot(NOON).isLoaded()).isFalse();
    }

    @Test
    void lagIsTimeSinceTheAppliedCommitAndNeverNegative() {
        assertThat(snapshot(NOON).lag(NOON.plusSeconds(2))).contains(Duration.ofSeconds(2));
        assertThat(snapshot(NOON).lag(NOON.minusSeconds(2))).contains(Duration.ZERO);
        assertThat(snapshot(null).lag(NOON)).isEmpty();
    }

    @Test
    void lagIsThatOfTheLaneFurthestBehind() {
        assertThat(snapshot(List.of(lane("main", NOON.minusSeconds(3)), lane("other", NOON)), null)
                        .lag(NOON))
                .contains(Duration.ofSeconds(3));
        assertThat(snapshot(List.of(lane("main", NOON), lane("other", null)), null)
                        .lag(NOON))
                .isEmpty();
    }

    @Test
    void figuresOfAllLanesAreAddedUp() {
        Snapshot two = snapshot(List.of(lane("main", NOON), lane("other", NOON)), null);
        assertThat(two.rowsApplied()).isEqualTo(10);
        assertThat(two.appliedEvents()).isEqualTo(10);
        assertThat(two.trouble()).isEmpty();
    }

    @Test
    void aStoppedLaneIsShown() {
        assertThat(snapshot(List.of(lane("main", NOON)), "a gap").trouble()).contains("lane other has stopped: a gap");
    }

    @Test
    void aStoppedLaneStopsAloneAndTheLastOneEndsThePipeline() throws Exception {
        Ending ending = new Ending();
        LaneEndings lanes = new LaneEndings(Set.of("a", "b"), ending);
        IllegalStateException first = new IllegalStateException("first");
        IllegalStateException follows = new IllegalStateException("follows");
        lanes.failed("a", first);
        ending.watchLane(
                "a",
                () -> {
                    throw follows;
                },
                lanes);
        assertThat(ending.await(Duration.ZERO)).isFalse();
        assertThat(lanes.stopped()).isEqualTo(Map.of("a", first));
        assertThat(first).hasSuppressedException(follows);
        lanes.failed("b", new IllegalStateException("last"));
        assertThat(ending.await(Duration.ZERO)).isTrue();
        assertThat(ending.failure()).containsSame(first);
    }

    @Test
    void aRateIsSmoothed() {
        Rate rate = new Rate();
        assertThat(rate.update(0, NOON)).isZero();
        assertThat(rate.update(100, NOON.plusSeconds(1))).isEqualTo(100);
        assertThat(rate.update(100, NOON.plusSeconds(2))).isEqualTo(70);
    }

    @Test
    void theFirstFailureIsThePipelinesAndTheRestIsSuppressed() throws Exception {
        Ending ending = new Ending();
        assertThat(ending.await(Duration.ZERO)).isFalse();
        IllegalStateException first = new IllegalStateException("first");
        IllegalStateException second = new IllegalStateException("second");
        ending.watch("sink", () -> {
            throw first;
        });
        ending.failed(second);
        assertThat(ending.await(Duration.ZERO)).isTrue();
        assertThat(ending.failure()).containsSame(first);
        assertThat(first).hasSuppressedException(second);
    }

    @Test
    void partsAreClosedInTheOppositeOrderEvenWhenOneFails() {
        StringBuilder order = new StringBuilder();
        Parts parts = new Parts();
        parts.opened(() -> order.append("stations "));
        parts.opened(() -> {
            order.append("sink ");
            throw new IllegalStateException("sink");
        });
        parts.opened(() -> order.append("publisher "));
        IllegalStateException cause = new IllegalStateException("cause");
        parts.closeAfter(cause);
        assertThat(order).hasToString("publisher sink stations ");
        assertThat(cause.getSuppressed()).hasSize(1);
        parts.close();
    }
}
