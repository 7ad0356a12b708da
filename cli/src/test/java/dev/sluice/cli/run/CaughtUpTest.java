package dev.sluice.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.producers.api.PublisherStatus;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.SinkStatus;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.streams.LaneStatus;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class CaughtUpTest {
    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

    private final CaughtUp caughtUp = new CaughtUp(() -> NOON);
    private String phase = "live";
    private boolean read = true;
    private Instant sourceTime = NOON;
    private Instant complete = NOON;
    private long published = 5;
    private long decided = 6;
    private boolean hasWork;
    private long applied = 7;

    private boolean look() {
        return look(applied);
    }

    /** @param second newest applied sequence of a second lane; the same as the first's for a pipeline of one lane */
    private boolean look(long second) {
        TableId table = new TableId("public", "a");
        Map<String, Long> next =
                second == applied ? Map.of("main", published + 1) : Map.of("main", published + 1, "other", 4L);
        return caughtUp.test(new Snapshot(
                new PipelineStatus(
                        Optional.empty(),
                        List.of(lane("main", applied), lane("other", second)),
                        List.of(new PipelineStatus.TableStatus(table, phase, 7, 0, 0, 0, 0, 0, NOON)),
                        List.of(),
                        NOON),
                null,
                new PublisherStatus(
                        PublisherStatus.Phase.FOLLOWING,
                        next,
                        List.of(new PublisherStatus.TableStatus(table, 7, 7, read, 0)),
                        complete,
                        "",
                        published,
                        1),
                List.of(decided("main", decided), decided("other", 5))));
    }

    private PipelineStatus.Lane lane(String name, long sequence) {
        return new PipelineStatus.Lane(name, sequence, 5, 1, sourceTime, NOON, "running", null);
    }

    private LaneSnapshot decided(String name, long sequence) {
        return new LaneSnapshot(
                name,
                new LaneStatus(LaneStatus.State.RUNNING, sequence + 1, 0, 0, 0, hasWork, null),
                new SinkStatus(SinkStatus.State.RUNNING, applied, NOON, NOON, 5, 0, 1, null),
                null);
    }

    @Test
    void everyLaneHasToCatchUp() {
        assertThat(look(5)).isFalse();
        assertThat(look(6)).isTrue();
    }

    @Test
    void whatIsToBeReadAgainIsWaitedForThoughTheTargetKnowsTheTableAsLoaded() {
        read = false;
        assertThat(look()).isFalse();
        read = true;
        assertThat(look()).isTrue();
    }

    @Test
    void aPipelineHasCaughtUpWhenAnEventBehindEverythingIsApplied() {
        assertThat(look()).isTrue();
        applied = 0;
        assertThat(look()).as("later").isTrue();
    }

    @Test
    void everyTableIsLoadedFirst() {
        phase = "loading";
        assertThat(look()).isFalse();
        phase = "live";
        assertThat(look()).isTrue();
    }

    @Test
    void whatTheSourceCommittedBeforeIsPublishedFirst() {
        complete = NOON.minusMillis(1);
        assertThat(look()).isFalse();
        complete = NOON;
        assertThat(look()).isTrue();
    }

    @Test
    void aTargetThatSawTimesToComeIsNotBelieved() {
        sourceTime = NOON.plusSeconds(3600);
        applied = 4;
        assertThat(look()).isFalse();
        applied = 7;
        assertThat(look()).isTrue();
    }

    @Test
    void aTargetWhoseTimesAreBehindIsNotWaitedFor() {
        sourceTime = NOON.minusSeconds(3600);
        assertThat(look()).isTrue();
    }

    @Test
    void theNewestEventAloneIsNotEnoughBecauseRowsMayWaitUnderIt() {
        decided = 5;
        assertThat(look()).isFalse();
        decided = 6;
        assertThat(look()).isTrue();
    }

    @Test
    void releasesThatAreQueuedAreAppliedToo() {
        hasWork = true;
        applied = 8;
        assertThat(look()).isFalse();
        decided = 9;
        hasWork = false;
        // The last releases stand behind event 9, and the target has not seen an event behind them.
        assertThat(look()).isFalse();
        applied = 9;
        assertThat(look()).isFalse();
        applied = 10;
        assertThat(look()).isTrue();
    }

    @Test
    void whatIsWrittenMeanwhileIsNotWaitedFor() {
        applied = 4;
        assertThat(look()).isFalse();
        published = 1000;
        decided = 500;
        applied = 7;
        assertThat(look()).isTrue();
    }
}
