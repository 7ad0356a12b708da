package dev.sluice.cli.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.control.Replay;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

final class WatchTest {
    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

    private final AtomicReference<Instant> now = new AtomicReference<>(NOON);
    private final StringWriter out = new StringWriter();
    private final Watch lines = new Lines(new PrintWriter(out), now::get);

    private static Replay replay(String state, long done) {
        TreeSet<TableId> tables = new TreeSet<>(List.of(TableId.parse("orders")));
        return new Replay(7, "main", 1, tables, false, state, done, 100, 0, null, null, "me", NOON);
    }

    private static PipelineStatus status(String laneState, boolean sink) {
        return new PipelineStatus(
                Optional.empty(),
                List.of(new PipelineStatus.Lane("main", 42, 50, 1, NOON, NOON, laneState, "the reason")),
                List.of(),
                List.of(new PipelineStatus.Instance("sink", "x", "host", 17, NOON, sink)),
                NOON);
    }

    private void show(String state, long done, PipelineStatus status, long secondsLater) {
        now.updateAndGet(time -> time.plusSeconds(secondsLater));
        lines.show(List.of(replay(state, done)), status);
    }

    @Test
    void everyChangeIsALineAndTimeToGoFollowsFromTheSpeed() {
        PipelineStatus runs = status("running", true);
        show("indexing", 0, runs, 0);
        show("indexing", 10, runs, 1);
        show("indexing", 50, runs, 4);
        show("applying", 0, runs, 1);
        show("done", 100, runs, 1);
        assertThat(out.toString().lines())
                .containsExactly(
                        "lane main: indexing 0 of 100 sequences",
                        "lane main: indexing 50 of 100 sequences, about 5 s to go",
                        "lane main: applying 0 of 100 rows");
    }

    @Test
    void whatKeepsAReplayFromGoingOnIsSaid() {
        show("asked", 0, status("running", false), 0);
        show("asked", 0, status("paused", true), 0);
        show("asked", 0, status("stopped", true), 0);
        assertThat(out.toString().lines())
                .containsExactly(
                        "lane main: asked; it waits for: sluice run",
                        "lane main: asked; the lane is paused the reason; go on with: sluice resume",
                        "lane main: asked; the lane has stopped: the reason");
    }
}
