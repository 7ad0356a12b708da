package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.sinks.postgresql.apply.FaultPoints;
import dev.sluice.sinks.postgresql.control.Pause;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A person wants nothing to be written for a while. */
class PauseTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final TestLane lane = TestLane.with("CREATE TABLE parents (id bigint PRIMARY KEY, name text)")
            .capture("parents");
    private Pause pause;

    @BeforeEach
    void prepare() {
        pause = new Pause(lane.database, lane.pipeline);
    }

    @AfterEach
    void close() {
        lane.close();
    }

    private PipelineStatus.Lane standing() {
        return PipelineStatus.read(lane.database, lane.pipeline).lanes().get(0);
    }

    private static void awaitPaused(Sink sink) {
        TestLane.await("the sink to be paused", () -> sink.status().state() == SinkStatus.State.PAUSED);
    }

    @Test
    void nothingIsWrittenBetweenPauseAndResumeAndNothingIsLost() {
        lane.transaction(lane.create("parents", 1L, "a"));
        Sink sink = lane.sink(lane.settings(100), FaultPoints.NONE);
        CompletableFuture<Void> end = TestLane.start(sink);
        lane.awaitApplied(end);

        assertThat(pause.pause("somebody", "a night's peace", MINUTE)).containsExactly("main");
        assertThat(pause.pause("another", "again", MINUTE)).as("already").isEmpty();
        lane.transaction(lane.create("parents", 2L, "b"));
        lane.flush();
        awaitPaused(sink);
        assertThat(sink.status().message())
                .startsWith("paused by somebody since ")
                .endsWith(": a night's peace");
        assertThat(standing().isPaused()).isTrue();
        assertThat(standing().message()).startsWith("by somebody since ").endsWith(": a night's peace");
        assertThat(lane.rows("SELECT id FROM parents")).containsExactly("1");

        assertThat(pause.resume()).containsExactly("main");
        assertThat(pause.resume()).isEmpty();
        lane.awaitApplied(end);
        assertThat(sink.status().state()).isEqualTo(SinkStatus.State.RUNNING);
        assertThat(standing().state()).isEqualTo("running");
        assertThat(lane.rows("SELECT id FROM parents ORDER BY id")).containsExactly("1", "2");
        sink.stop();
        end.join();
    }

    @Test
    void aPauseOutlastsTheSinkAndAStopEndsASinkThatIsPaused() {
        pause.pause("somebody", "why", MINUTE);
        lane.transaction(lane.create("parents", 1L, "a"));
        lane.flush();
        for (int i = 0; i < 2; i++) {
            Sink sink = lane.sink(lane.settings(100), FaultPoints.NONE);
            CompletableFuture<Void> end = TestLane.start(sink);
            awaitPaused(sink);
            sink.stop();
            end.join();
            assertThat(sink.status().state()).isEqualTo(SinkStatus.State.STOPPED);
        }
        assertThat(lane.rows("SELECT id FROM parents")).isEmpty();
        pause.resume();
        lane.applyAll();
        assertThat(lane.rows("SELECT id FROM parents")).containsExactly("1");
    }

    /** When pause() returns, the transaction that was under way is over. */
    @Test
    void aTransactionUnderWayIsWaitedForOrTheLaneIsNotPaused() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        lane.transaction(lane.create("parents", 1L, "a"));
        lane.flush();
        Sink sink = lane.sink(lane.settings(100), place -> {
            if (place.equals("advance cursor")) {
                begun.countDown();
                await(goOn);
            }
        });
        CompletableFuture<Void> end = TestLane.start(sink);
        begun.await();

        assertThatThrownBy(() -> pause.pause("somebody", "why", Duration.ofMillis(50)))
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.TARGET))
                .hasMessageContaining("still under way");
        assertThat(standing().isPaused()).isFalse();

        CompletableFuture<List<String>> paused =
                CompletableFuture.supplyAsync(() -> pause.pause("somebody", "why", MINUTE));
        TestLane.await("the pause to wait for the sink", this::isSomebodyWaiting);
        assertThat(paused).isNotDone();
        goOn.countDown();
        assertThat(paused.get()).containsExactly("main");
        assertThat(lane.rows("SELECT id FROM parents"))
                .as("what was under way is committed")
                .containsExactly("1");
        sink.stop();
        end.join();
    }

    private boolean isSomebodyWaiting() {
        return !lane.rows(
                        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'UPDATE sluice.progress SET paused%'")
                .isEmpty();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aTransactionLargerThanABatchIsReadAgainAfterThePause() {
        TestLane.Draft[] rows = new TestLane.Draft[50];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = lane.create("parents", (long) i, "p");
        }
        pause.pause("somebody", "why", MINUTE);
        lane.transaction(rows);
        lane.flush();
        Sink sink = lane.sink(lane.settings(10), FaultPoints.NONE);
        CompletableFuture<Void> end = TestLane.start(sink);
        awaitPaused(sink);
        pause.resume();
        lane.awaitApplied(end);
        assertThat(lane.one("SELECT count(*) FROM parents")).isEqualTo("50");
        sink.stop();
        end.join();
    }
}
