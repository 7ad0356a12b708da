package dev.sluice.cli.prepare;

import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.stations.PipelineIdFile;
import dev.sluice.cli.stations.Stations;
import dev.sluice.cli.stations.StreamsState;
import dev.sluice.producers.api.SourceConnector;
import dev.sluice.schemas.Topics;
import dev.sluice.sinks.postgresql.control.TargetPreparation;
import dev.sluice.streams.LaneSettings;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Takes a pipeline out of all its places, in the opposite order of {@link Preparation}: Kafka, source, target, data directory. May be killed at any point
 * and run again.
 */
final class Removal {
    private final Configuration configuration;
    private final SourceConnector source;
    private final Stations stations;
    private final InstantSource clock;

    Removal(Configuration configuration, SourceConnector source, Stations stations, InstantSource clock) {
        this.configuration = configuration;
        this.source = source;
        this.stations = stations;
        this.clock = clock;
    }

    /** @return what was done, or would be done */
    List<String> remove(boolean truncateTarget, boolean dryRun) {
        String pipeline = configuration.pipeline();
        TargetPreparation target = new TargetPreparation(stations.target(), pipeline, clock);
        // Says early, before anything is gone, that an instance of the pipeline still runs.
        target.remove(truncateTarget, true);
        List<String> actions = new ArrayList<>();
        try (KafkaTopics topics = KafkaTopics.connect(stations.kafka())) {
            LaneSettings lane = LaneSettings.of(pipeline, "removed", Topics.MAIN_LANE, 1, Path.of("."), Map.of());
            List<String> names = new ArrayList<>(
                    TopicPlan.of(pipeline, configuration.kafka()).names());
            names.addAll(lane.internalTopics());
            actions.addAll(topics.delete(names, dryRun));
            actions.addAll(topics.deleteGroups(List.of(lane.applicationId()), dryRun));
        }
        source.remove(pipeline, dryRun).forEach(line -> actions.add("source: " + line));
        target.remove(truncateTarget, dryRun).forEach(line -> actions.add("target: " + line));
        if (!dryRun) {
            StreamsState.in(stations.directory()).delete();
            PipelineIdFile.in(stations.directory()).delete();
        }
        return actions;
    }
}
