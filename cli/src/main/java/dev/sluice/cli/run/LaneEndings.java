package dev.sluice.cli.run;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Which lanes have stopped by themselves: the others run on, and the pipeline ends with the last of them. Thread-safe. */
final class LaneEndings {
    private final Set<String> lanes;
    private final Ending ending;
    private final Map<String, RuntimeException> stopped = new LinkedHashMap<>();

    LaneEndings(Set<String> lanes, Ending ending) {
        this.lanes = Set.copyOf(lanes);
        this.ending = ending;
    }

    /** The first failure of a lane is the lane's; what fails later fails because of that. */
    synchronized void failed(String lane, RuntimeException failure) {
        RuntimeException first = stopped.putIfAbsent(lane, failure);
        if (first != null && first != failure) {
            first.addSuppressed(failure);
        }
        if (stopped.keySet().containsAll(lanes)) {
            stopped.values().forEach(ending::failed);
        }
    }

    /** By lane. */
    synchronized Map<String, RuntimeException> stopped() {
        return Collections.unmodifiableMap(new LinkedHashMap<>(stopped));
    }

    /** Of the lane that stopped first. */
    synchronized Optional<RuntimeException> first() {
        return stopped.values().stream().findFirst();
    }
}
