package dev.sluice.cli.run;

import dev.sluice.sinks.postgresql.control.LaneRegistry;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import java.util.Map;

/**
 * Tells the target which lanes stopped by themselves; a sink tells it itself, a topology cannot. A process that starts the lane's other part says that the lane runs, so
 * whoever knows better says it again. Used by one thread.
 */
final class LaneReports {
    private static final String STOPPED = "stopped";

    private final LaneRegistry registry;

    LaneReports(LaneRegistry registry) {
        this.registry = registry;
    }

    /** A lane that an earlier process left stopped runs again. */
    void running(String lane) {
        registry.report(lane, null);
    }

    /**
     * @param stopped by lane
     * @param known the target's account
     * @return whether it was told anything
     * @throws dev.sluice.runtime.SluiceException when the target cannot be told now; the next call tries again
     */
    boolean send(Map<String, RuntimeException> stopped, PipelineStatus known) {
        boolean told = false;
        for (PipelineStatus.Lane lane : known.lanes()) {
            RuntimeException failure = stopped.get(lane.name());
            if (failure != null && !STOPPED.equals(lane.state())) {
                registry.report(lane.name(), String.valueOf(failure.getMessage()));
                told = true;
            }
        }
        return told;
    }
}
