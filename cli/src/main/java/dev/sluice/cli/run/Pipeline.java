package dev.sluice.cli.run;

import dev.sluice.cli.Sources;
import dev.sluice.cli.config.ApplySettings;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.prepare.Preparation;
import dev.sluice.cli.prepare.PreparedPipeline;
import dev.sluice.cli.stations.PipelineLease;
import dev.sluice.cli.stations.Stations;
import dev.sluice.cli.stations.StreamsState;
import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.Publisher;
import dev.sluice.producers.api.PublisherSettings;
import dev.sluice.producers.api.SourceConnector;
import dev.sluice.schemas.Topics;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.Sink;
import dev.sluice.sinks.postgresql.SinkSettings;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.database.RetryPolicy;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.streams.LaneRunner;
import dev.sluice.streams.LaneSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * A running pipeline: publisher, topology and sink in one process. The first part that fails ends it. {@link #close} stops the parts in the order in which
 * the data passes them. Thread-safe.
 */
public final class Pipeline implements AutoCloseable {
    private static final Duration LOOK = Duration.ofMillis(500);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    private final Configuration configuration;
    private final Stations stations;
    private final PreparedPipeline prepared;
    private final Set<TableId> captured;
    private final Ending ending;
    private final Parts parts;

    private Pipeline(
            Configuration configuration, Stations stations, PreparedPipeline prepared, Ending ending, Parts parts) {
        this.configuration = configuration;
        this.stations = stations;
        this.prepared = prepared;
        this.captured = prepared.tables().stream().map(t -> t.target().id()).collect(Collectors.toUnmodifiableSet());
        this.ending = ending;
        this.parts = parts;
    }

    /**
     * Starts what is embedded, takes the lease, prepares every place and starts the parts.
     *
     * @param takeOver takes the lease away from a living holder
     * @throws dev.sluice.runtime.SluiceException when the pipeline must not or cannot run; nothing is left running then
     */
    public static Pipeline start(
            Configuration configuration, Path dataDirectory, boolean takeOver, InstantSource clock) {
        return start(configuration, dataDirectory, takeOver, clock, () -> false);
    }

    /**
     * As above.
     *
     * @param cancelled asked now and then while starting
     * @throws CancellationException when it was; nothing is left running
     */
    static Pipeline start(
            Configuration configuration,
            Path dataDirectory,
            boolean takeOver,
            InstantSource clock,
            BooleanSupplier cancelled) {
        Parts parts = new Parts();
        try {
            Stations stations = parts.opened(Stations.open(configuration, dataDirectory, clock));
            refuse(cancelled);
            SourceConnector source = Sources.of(configuration);
            Ending ending = new Ending();
            PipelineLease lease = parts.opened(
                    new PipelineLease(stations.target(), configuration.pipeline(), takeOver, ending::failed));
            PreparedPipeline prepared = new Preparation(configuration, source, stations, clock).prepare(lease);
            refuse(cancelled);
            Pipeline pipeline = new Pipeline(configuration, stations, prepared, ending, parts);
            pipeline.startParts(source, clock);
            return pipeline;
        } catch (RuntimeException | Error e) {
            parts.closeAfter(e);
            throw e;
        }
    }

    private static void refuse(BooleanSupplier cancelled) {
        if (cancelled.getAsBoolean()) {
            throw new CancellationException("stopped while starting");
        }
    }

    private void startParts(SourceConnector source, InstantSource clock) {
        Topics topics = new Topics(configuration.pipeline());
        Sink sink = Sink.create(
                sinkSettings(), stations.target(), prepared.catalog(), stations.registry(), stations.kafka(), clock);
        parts.startSink(sink, ending);
        parts.startLane(LaneRunner.start(laneSettings(), prepared.catalog(), stations.registry(), ending::failed));
        Publisher publisher = Publisher.create(
                publisherSettings(),
                source.source(prepared.tables(), topics.pipeline(), prepared.pipelineId()),
                stations.registry(),
                stations.kafka(),
                clock);
        parts.startPublisher(publisher, ending);
        parts.startWatch(TargetWatch.start(this::readTarget, LOOK, ending::failed));
    }

    private SinkSettings sinkSettings() {
        ApplySettings apply = configuration.apply();
        return new SinkSettings(
                configuration.pipeline(),
                Topics.MAIN_LANE,
                apply.batchRows(),
                apply.batchBytes().bytes(),
                apply.batchTime(),
                new RetryPolicy(apply.retryFor(), FIRST_PAUSE, LONGEST_PAUSE));
    }

    private LaneSettings laneSettings() {
        LaneSettings settings = LaneSettings.of(
                        configuration.pipeline(),
                        prepared.pipelineId(),
                        Topics.MAIN_LANE,
                        prepared.firstSequence(),
                        StreamsState.in(stations.directory()).of(prepared.pipelineId()),
                        stations.kafka())
                .withCommitInterval(configuration.kafka().commitInterval());
        return configuration
                .kafka()
                .replicationFactor()
                .map(settings::withReplicationFactor)
                .orElse(settings);
    }

    private PublisherSettings publisherSettings() {
        return PublisherSettings.of(configuration.pipeline(), prepared.pipelineId())
                .withFirstSequence(prepared.firstSequence())
                .withCommitInterval(configuration.kafka().commitInterval())
                .withMaxRecordBytes((int) configuration.kafka().maxRecordBytes().bytes());
    }

    /** Captured tables, parents before children. */
    public List<CapturedTable> tables() {
        return prepared.tables();
    }

    /** Warnings and notes of the preparation. */
    public List<String> remarks() {
        return prepared.remarks();
    }

    public TargetDatabase target() {
        return stations.target();
    }

    /** JDBC address of the target, with user and password when it is embedded; not for logs. */
    public String targetUrl() {
        return stations.targetUrl();
    }

    /**
     * As every part sees itself, and the target's own account, read now.
     *
     * @throws dev.sluice.runtime.SluiceException when the target cannot be read
     */
    public Snapshot status() {
        return snapshot(new TargetWatch.Reading(readTarget(), null));
    }

    /** As {@link #status}, with the target's account as it could be read last. Never waits. */
    public Snapshot latestStatus() {
        return snapshot(parts.watch().latest());
    }

    private PipelineStatus readTarget() {
        PipelineStatus all = PipelineStatus.read(stations.target(), configuration.pipeline());
        return new PipelineStatus(
                all.pipeline(),
                all.lanes(),
                all.tables().stream().filter(t -> captured.contains(t.table())).toList(),
                all.instances(),
                all.readAt());
    }

    private Snapshot snapshot(TargetWatch.Reading target) {
        return new Snapshot(
                target.account(),
                target.problem(),
                parts.publisher().status(),
                parts.lane().status(),
                parts.sink().status());
    }

    /** Asks the pipeline to end; {@link #close} does it. */
    public void requestStop() {
        ending.request();
    }

    /**
     * Waits until the pipeline has to end, or the time is over.
     *
     * @return whether it has to end
     * @throws RuntimeException the failure of its first part that failed
     */
    public boolean awaitEnd(Duration time) throws InterruptedException {
        boolean ended = ending.await(time);
        if (ending.failure().isPresent()) {
            throw ending.failure().get();
        }
        return ended;
    }

    /** Stops publisher, topology and sink, gives the lease back and stops what is embedded. Idempotent. */
    @Override
    public void close() {
        ending.request();
        parts.close();
    }
}
