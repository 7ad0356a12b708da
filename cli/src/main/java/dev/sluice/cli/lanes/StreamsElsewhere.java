package dev.sluice.cli.lanes;

import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.prepare.LaneGroups;
import dev.sluice.cli.stations.Stations;
import dev.sluice.cli.stations.StreamsState;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.streams.InstanceId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Processes with role {@code streams} that no lease covers: their lanes' tasks would not come here. */
final class StreamsElsewhere {
    /** A process that was stopped keeps its place for its session timeout of 10 s. */
    private static final Duration GONE = Duration.ofSeconds(15);

    private static final long LOOK_AGAIN_MILLIS = 500;

    private final Configuration configuration;
    private final Stations stations;

    StreamsElsewhere(Configuration configuration, Stations stations) {
        this.configuration = configuration;
        this.stations = stations;
    }

    /** @throws SluiceException of kind REFUSED when there are some and they do not go */
    void requireNone(LaneLayout layout, String pipelineId) {
        if (configuration.kafka().embedded()) {
            return;
        }
        String own = InstanceId.of(StreamsState.in(stations.directory()).of(pipelineId));
        requireNone(configuration.pipeline(), layout, stations.kafka(), own, GONE);
    }

    /** @param own begins the name of a member that was this process, or another one before it with the same data directory; empty when there was none */
    static void requireNone(
            String pipeline, LaneLayout layout, Map<String, Object> kafka, String own, Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        try (LaneGroups groups = LaneGroups.connect(pipeline, kafka)) {
            Map<String, List<String>> members = members(groups, layout, own);
            while (!members.isEmpty() && System.nanoTime() < deadline) {
                Thread.sleep(LOOK_AGAIN_MILLIS);
                members = members(groups, layout, own);
            }
            if (!members.isEmpty()) {
                throw SluiceException.of(
                        ErrorKind.REFUSED,
                        "topologies of pipeline " + pipeline + " run elsewhere: expected none, found " + members
                                + ". Stop the processes with role streams, then migrate again; nothing is migrated.");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw SluiceException.of(ErrorKind.REFUSED, "interrupted before the lanes were migrated", e);
        }
    }

    private static Map<String, List<String>> members(LaneGroups groups, LaneLayout layout, String own) {
        Map<String, List<String>> members = new TreeMap<>();
        for (String lane : layout.lanes()) {
            List<String> others = groups.members(lane).stream()
                    .filter(m -> own.isEmpty() || !m.name().startsWith(own))
                    .map(LaneGroups.Member::describe)
                    .toList();
            if (!others.isEmpty()) {
                members.put("lane " + lane, others);
            }
        }
        return members;
    }
}
