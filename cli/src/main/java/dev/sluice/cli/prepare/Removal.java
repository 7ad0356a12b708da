package dev.sluice.cli.prepare;

import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.stations.PipelineIdFile;
import dev.sluice.cli.stations.PipelineLease;
import dev.sluice.cli.stations.Stations;
import dev.sluice.cli.stations.StreamsState;
import dev.sluice.producers.api.SourceConnector;
import dev.sluice.runtime.SluiceException;
import dev.sluice.sinks.postgresql.control.TargetPreparation;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes a pipeline out of all its places, in the opposite order of {@link Preparation}: Kafka, source, target, data directory. May be killed at any point
 * and run again.
 */
final class Removal {
    private final Configuration configuration;
    private final SourceConnector source;
    private final Stations stations;
    private final PipelineLease lease;
    private final InstantSource clock;

    Removal(
            Configuration configuration,
            SourceConnector source,
            Stations stations,
            PipelineLease lease,
            InstantSource clock) {
        this.configuration = configuration;
        this.source = source;
        this.stations = stations;
        this.lease = lease;
        this.clock = clock;
    }

    /**
     * A place that cannot be reached does not keep the others from being cleaned.
     *
     * @return what was done, or would be done
     * @throws SluiceException of the first place that could not be cleaned; run it again when it can
     */
    List<String> remove(boolean truncateTarget, boolean dryRun) {
        TargetPreparation target = new TargetPreparation(stations.target(), configuration.pipeline(), clock);
        // Says early, before anything is gone, that an instance of the pipeline still runs.
        target.remove(truncateTarget, true);
        if (!dryRun && target.pipeline().isPresent()) {
            lease.take();
        }
        List<String> actions = new ArrayList<>();
        List<SluiceException> failures = new ArrayList<>();
        attempt(failures, () -> actions.addAll(kafka(dryRun)));
        attempt(
                failures,
                () -> source.remove(configuration.pipeline(), dryRun).forEach(s -> actions.add("source: " + s)));
        // The target refuses to forget a pipeline that somebody holds, and looks again in its own transaction.
        lease.close();
        attempt(failures, () -> target.remove(truncateTarget, dryRun).forEach(s -> actions.add("target: " + s)));
        if (!failures.isEmpty()) {
            throw incomplete(actions, failures);
        }
        if (!dryRun) {
            StreamsState.in(stations.directory()).delete();
            PipelineIdFile.in(stations.directory()).delete();
        }
        return actions;
    }

    private List<String> kafka(boolean dryRun) {
        String pipeline = configuration.pipeline();
        try (KafkaTopics topics = KafkaTopics.connect(stations.kafka())) {
            List<String> actions =
                    new ArrayList<>(topics.delete(topics.names(topic -> TopicPlan.isOf(pipeline, topic)), dryRun));
            actions.addAll(topics.deleteGroups(group -> TopicPlan.isOf(pipeline, group), dryRun));
            return actions;
        }
    }

    private static void attempt(List<SluiceException> failures, Runnable step) {
        try {
            step.run();
        } catch (SluiceException e) {
            failures.add(e);
        }
    }

    private static SluiceException incomplete(List<String> actions, List<SluiceException> failures) {
        SluiceException first = failures.get(0);
        failures.subList(1, failures.size()).forEach(first::addSuppressed);
        String done = actions.isEmpty() ? "" : " Done so far: " + String.join("; ", actions) + ".";
        return SluiceException.of(
                first.kind(), "the pipeline is not removed completely: " + first.getMessage() + "." + done, first);
    }
}
