package dev.sluice.cli.run;

import dev.sluice.cli.binding.ExpressionBinder;
import dev.sluice.cli.binding.ValueRuleBinder;
import dev.sluice.cli.config.ApplySettings;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.config.PublishMode;
import dev.sluice.cli.prepare.PreparedPipeline;
import dev.sluice.cli.stations.Stations;
import dev.sluice.cli.stations.StreamsState;
import dev.sluice.producers.api.PublisherSettings;
import dev.sluice.sinks.postgresql.SinkSettings;
import dev.sluice.sinks.postgresql.apply.BackfillSettings;
import dev.sluice.sinks.postgresql.database.RetryPolicy;
import dev.sluice.streams.LaneSettings;
import java.time.Duration;
import java.util.Optional;

/** What the configuration says to each part of a pipeline. */
public final class PartSettings {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
    /** Below this a batch is no longer worth its transaction. */
    private static final long SMALLEST_BATCH_BYTES = 1 << 20;

    private final Configuration configuration;
    private final Stations stations;
    private final PreparedPipeline prepared;

    public PartSettings(Configuration configuration, Stations stations, PreparedPipeline prepared) {
        this.configuration = configuration;
        this.stations = stations;
        this.prepared = prepared;
    }

    /** What batches may take of the memory, and connections and rows per second of backfills, are shared by the lanes. */
    SinkSettings sink(String lane) {
        ApplySettings apply = configuration.apply();
        long bytes = apply.batchBytes().bytes();
        int lanes = prepared.layout().lanes().size();
        long share = bytes / lanes;
        return new SinkSettings(
                configuration.pipeline(),
                lane,
                apply.batchRows(),
                Math.min(bytes, Math.max(share, SMALLEST_BATCH_BYTES)),
                apply.batchTime(),
                new RetryPolicy(apply.retryFor(), FIRST_PAUSE, LONGEST_PAUSE),
                new BackfillSettings(
                        Math.max(1, apply.parallelism() / lanes),
                        apply.deferIndexes(),
                        (apply.maxRowsPerSecond() + lanes - 1) / lanes,
                        apply.maxReplicaLag(),
                        apply.maxActiveSessions()),
                ValueRuleBinder.nullDefaults(
                        configuration.tables(),
                        prepared.catalog(),
                        configuration.target().schema()),
                ExpressionBinder.of(
                        configuration.tables(),
                        prepared.catalog(),
                        configuration.target().schema()));
    }

    /** Of a lane of any layout. */
    public LaneSettings topology(String lane) {
        LaneSettings settings = LaneSettings.of(
                        configuration.pipeline(),
                        prepared.pipelineId(),
                        lane,
                        prepared.firstSequence(lane),
                        StreamsState.in(stations.directory()).of(prepared.pipelineId()),
                        stations.kafka())
                .withCommitInterval(configuration.kafka().commitInterval())
                .withPublishPerTable(configuration.publish() == PublishMode.PER_TABLE)
                .withStandbyReplicas(configuration.streams().standbyReplicas());
        Optional<Short> replication = configuration.kafka().replicationFactor();
        return replication.isPresent() ? settings.withReplicationFactor(replication.get()) : settings;
    }

    PublisherSettings publisher() {
        return PublisherSettings.of(configuration.pipeline(), prepared.pipelineId())
                .withLanes(prepared.layout(), prepared.firstSequences())
                .withCommitInterval(configuration.kafka().commitInterval())
                .withSnapshotRowsPerSecond(configuration.source().snapshotRowsPerSecond())
                .withMaxRecordBytes((int) configuration.kafka().maxRecordBytes().bytes());
    }
}
