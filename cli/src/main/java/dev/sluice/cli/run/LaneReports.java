package dev.sluice.cli.run;

import dev.sluice.sinks.postgresql.control.LaneRegistry;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Tells the target which lanes stopped by themselves, once each; a sink tells it itself, a topology cannot. Used by one thread. */
final class LaneReports {
    private final LaneRegistry registry;
    private final Set<String> told = new HashSet<>();

    LaneReports(LaneRegistry registry) {
        this.registry = registry;
    }

    /** A lane that an earlier process left stopped runs again. */
    void running(String lane) {
        registry.report(lane, null);
    }

    /**
     * @param stopped by lane
     * @throws dev.sluice.runtime.SluiceException when the target cannot be told now; the next call tries again
     */
    void send(Map<String, RuntimeException> stopped) {
        stopped.forEach((lane, failure) -> {
            if (!told.contains(lane)) {
                registry.report(lane, String.valueOf(failure.getMessage()));
                told.add(lane);
            }
        });
    }
}
