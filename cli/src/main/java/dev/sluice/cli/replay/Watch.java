package dev.sluice.cli.replay;

import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.control.Replay;
import java.util.List;

/** Shows how replays go on. */
interface Watch extends AutoCloseable {
    /** @param status as it was read a moment ago */
    void show(List<Replay> replays, PipelineStatus status);

    @Override
    void close();

    /** Why a replay does not go on by itself; empty while its sink works. */
    static String obstacle(Replay replay, PipelineStatus status) {
        PipelineStatus.Lane lane = status.lane(replay.lane()).orElse(null);
        if (lane != null && lane.isPaused()) {
            return "; the lane is paused " + lane.message() + "; go on with: sluice resume";
        }
        boolean runs = status.instances().stream()
                .anyMatch(one -> one.alive() && one.role().equals("sink"));
        if (!runs) {
            return "; it waits for: sluice run";
        }
        return lane != null && "stopped".equals(lane.state()) ? "; the lane has stopped: " + lane.message() : "";
    }
}
