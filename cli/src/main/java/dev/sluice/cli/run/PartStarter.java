package dev.sluice.cli.run;

import dev.sluice.cli.config.ApplySettings;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.config.PublishMode;
import dev.sluice.cli.prepare.PreparedPipeline;
import dev.sluice.cli.stations.Stations;
import dev.sluice.cli.stations.StreamsState;
import dev.sluice.producers.api.Publisher;
import dev.sluice.producers.api.PublisherSettings;
import dev.sluice.producers.api.SourceConnector;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.sinks.postgresql.Sink;
import dev.sluice.sinks.postgresql.SinkSettings;
import dev.sluice.sinks.postgresql.database.RetryPolicy;
import dev.sluice.streams.LaneRunner;
import dev.sluice.streams.LaneSettings;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/** Starts the parts of a prepared pipeline, one sink and one topology per lane. */
final class PartStarter {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
    /** Below this a batch is no longer worth its transaction. */
    private static final long SMALLEST_BATCH_BYTES = 1 << 20;

    private final Configuration configuration;
    private final Stations stations;
    private final PreparedPipeline prepared;
    private final Parts parts;
    private final Ending ending;
    private final LaneEndings lanes;
    private final InstantSource clock;

    PartStarter(
            Configuration configuration,
            Stations stations,
            PreparedPipeline prepared,
            Parts parts,
            Ending ending,
            LaneEndings lanes,
            InstantSource clock) {
        this.configuration = configuration;
        this.stations = stations;
        this.prepared = prepared;
        this.parts = parts;
        this.ending = ending;
        this.lanes = lanes;
        this.clock = clock;
    }

    void sinks() {
        for (String lane : prepared.layout().lanes()) {
            Sink sink = Sink.create(
                    sinkSettings(lane),
                    stations.target(),
                    catalog(lane),
                    stations.registry(),
                    stations.kafka(),
                    clock);
            parts.startSink(lane, sink, ending, lanes);
        }
    }

    void topologies() {
        for (String lane : prepared.layout().lanes()) {
            parts.startTopology(
                    lane,
                    LaneRunner.start(
                            laneSettings(lane),
                            catalog(lane),
                            prepared.rules(),
                            stations.registry(),
                            failure -> lanes.failed(lane, failure)));
        }
    }

    void publisher(SourceConnector source) {
        Publisher publisher = Publisher.create(
                publisherSettings(),
                source.source(prepared.tables(), configuration.pipeline(), prepared.pipelineId()),
                stations.registry(),
                stations.kafka(),
                clock);
        parts.startPublisher(publisher, ending);
    }

    private Catalog catalog(String lane) {
        return prepared.layout().catalogOf(lane, prepared.catalog());
    }

    /** What batches may take of the memory is shared by the lanes. */
    private SinkSettings sinkSettings(String lane) {
        ApplySettings apply = configuration.apply();
        long bytes = apply.batchBytes().bytes();
        long share = bytes / prepared.layout().lanes().size();
        return new SinkSettings(
                configuration.pipeline(),
                lane,
                apply.batchRows(),
                Math.min(bytes, Math.max(share, SMALLEST_BATCH_BYTES)),
                apply.batchTime(),
                new RetryPolicy(apply.retryFor(), FIRST_PAUSE, LONGEST_PAUSE));
    }

    private LaneSettings laneSettings(String lane) {
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

    private PublisherSettings publisherSettings() {
        return PublisherSettings.of(configuration.pipeline(), prepared.pipelineId())
                .withLanes(prepared.layout(), prepared.firstSequences())
                .withCommitInterval(configuration.kafka().commitInterval())
                .withMaxRecordBytes((int) configuration.kafka().maxRecordBytes().bytes());
    }
}
