package dev.sluice.cli.run;

import dev.sluice.cli.Sources;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.prepare.Preparation;
import dev.sluice.cli.prepare.PreparedPipeline;
import dev.sluice.cli.prepare.RecordedPipeline;
import dev.sluice.cli.stations.PipelineLease;
import dev.sluice.cli.stations.Role;
import dev.sluice.cli.stations.Stations;
import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.Publisher;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.LaneRegistry;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.control.RowOutcomes;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A running pipeline: publisher, topologies and sinks in one process, or some of them beside other processes. A lane that stops by itself stops alone; the
 * pipeline ends with the last of them, or with the first failure of a part that all lanes need. {@link #close} stops the parts in the order in which the
 * data passes them. Thread-safe.
 */
public final class Pipeline implements AutoCloseable {
    private static final Duration LOOK = Duration.ofMillis(500);

    private final Configuration configuration;
    private final Stations stations;
    private final PipelineLease lease;
    private final PreparedPipeline prepared;
    private final Set<TableId> captured;
    private final Ending ending;
    private final LaneEndings lanes;
    private final LaneReports reports;
    private final Parts parts;

    private Pipeline(
            Configuration configuration,
            Stations stations,
            PipelineLease lease,
            PreparedPipeline prepared,
            Ending ending,
            Parts parts) {
        this.configuration = configuration;
        this.stations = stations;
        this.lease = lease;
        this.prepared = prepared;
        this.captured = prepared.catalog().tables().stream().map(Table::id).collect(Collectors.toUnmodifiableSet());
        this.ending = ending;
        this.lanes = new LaneEndings(prepared.layout().lanes(), ending);
        this.reports = new LaneReports(new LaneRegistry(stations.target(), configuration.pipeline()));
        this.parts = parts;
    }

    /**
     * Starts what is embedded, takes the lease, prepares every place and starts all parts.
     *
     * @param takeOver takes the lease away from a living holder
     * @throws SluiceException when the pipeline must not or cannot run; nothing is left running then
     */
    public static Pipeline start(
            Configuration configuration, Path dataDirectory, boolean takeOver, InstantSource clock) {
        return start(configuration, dataDirectory, Role.all(), takeOver, clock, () -> false);
    }

    /**
     * As above, some parts only. Without the publisher the source is not looked at: the target says what the pipeline was prepared with.
     *
     * @param cancelled asked now and then while starting
     * @throws CancellationException when it was; nothing is left running
     */
    static Pipeline start(
            Configuration configuration,
            Path dataDirectory,
            Set<Role> roles,
            boolean takeOver,
            InstantSource clock,
            BooleanSupplier cancelled) {
        Role.requireShared(configuration, roles);
        Parts parts = new Parts();
        try {
            Stations stations = parts.opened(Stations.open(configuration, dataDirectory, clock));
            refuse(cancelled);
            Ending ending = new Ending();
            PipelineLease lease = parts.opened(
                    new PipelineLease(stations.target(), configuration.pipeline(), takeOver, ending::failed));
            PreparedPipeline prepared = prepare(configuration, stations, roles, lease, clock);
            refuse(cancelled);
            Pipeline pipeline = new Pipeline(configuration, stations, lease, prepared, ending, parts);
            pipeline.startParts(roles, clock);
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

    private static PreparedPipeline prepare(
            Configuration configuration, Stations stations, Set<Role> roles, PipelineLease lease, InstantSource clock) {
        if (roles.contains(Role.PUBLISHER)) {
            return new Preparation(configuration, Sources.of(configuration), stations, clock).prepare(roles, lease);
        }
        PreparedPipeline recorded =
                new RecordedPipeline(configuration, stations.target(), clock).read(stations.directory());
        lease.take(roles);
        return recorded;
    }

    private void startParts(Set<Role> roles, InstantSource clock) {
        PartStarter starter = new PartStarter(configuration, stations, prepared, parts, ending, lanes, clock);
        if (roles.contains(Role.SINK)) {
            starter.sinks();
        } else if (roles.contains(Role.STREAMS)) {
            prepared.layout().lanes().forEach(reports::running);
        }
        if (roles.contains(Role.STREAMS)) {
            starter.topologies();
        }
        if (roles.contains(Role.PUBLISHER)) {
            starter.publisher(Sources.of(configuration));
        }
        parts.startWatch(TargetWatch.start(this::look, LOOK, ending::failed));
    }

    /** Captured tables, parents before children; empty where the source is not looked at. */
    public List<CapturedTable> tables() {
        return prepared.tables();
    }

    /** The number of captured tables and of lanes. */
    public String size() {
        int lanesOfIt = prepared.layout().lanes().size();
        return captured.size() + " tables" + (lanesOfIt == 1 ? "" : " in " + lanesOfIt + " lanes");
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
     * @throws SluiceException when the target cannot be read
     */
    public Snapshot status() {
        return snapshot(new TargetWatch.Reading(readTarget(), null));
    }

    /** What became of every row of the captured tables, by the target's own account. */
    public RowOutcomes outcomes() {
        RowOutcomes all = RowOutcomes.read(stations.target(), configuration.pipeline());
        return new RowOutcomes(
                all.pipeline(),
                all.readAt(),
                all.tables().stream().filter(t -> captured.contains(t.id())).toList());
    }

    /** As {@link #status}, with the target's account as it could be read last. Never waits. */
    public Snapshot latestStatus() {
        return snapshot(parts.watch().latest());
    }

    /** Tells the target what it cannot know by itself, then reads its account. */
    private PipelineStatus look() {
        PipelineStatus known = readTarget();
        return reports.send(lanes.stopped(), known) ? readTarget() : known;
    }

    private PipelineStatus readTarget() {
        PipelineStatus all = PipelineStatus.read(stations.target(), configuration.pipeline());
        return new PipelineStatus(
                all.pipeline(),
                all.lanes().stream()
                        .filter(l -> prepared.layout().lanes().contains(l.name()))
                        .toList(),
                all.tables().stream().filter(t -> captured.contains(t.table())).toList(),
                all.instances(),
                all.readAt());
    }

    private Snapshot snapshot(TargetWatch.Reading target) {
        Map<String, RuntimeException> stopped = lanes.stopped();
        @Nullable Publisher publisher = parts.publisher();
        return new Snapshot(
                target.account(),
                target.problem(),
                publisher == null ? null : publisher.status(),
                prepared.layout().lanes().stream()
                        .map(lane -> parts.lane(lane, stopped.get(lane)))
                        .toList());
    }

    /** Asks the pipeline to end; {@link #close} does it. */
    public void requestStop() {
        ending.request();
    }

    /**
     * Waits until the pipeline has to end, or the time is over.
     *
     * @return whether it has to end
     * @throws RuntimeException the failure of its first part that failed; of kind REFUSED when another process has taken over, whatever failed of it first
     */
    public boolean awaitEnd(Duration time) throws InterruptedException {
        boolean ended = ending.await(time);
        if (ending.failure().isPresent()) {
            throw reason(ending.failure().get());
        }
        return ended;
    }

    /** Whoever is taken over notices it in whichever part comes first: a fenced producer, a moved cursor, a partition that is gone. */
    private RuntimeException reason(RuntimeException failure) {
        Optional<SluiceException> taken = lease.takenOver().filter(taker -> !isRefused(failure));
        taken.ifPresent(taker -> taker.addSuppressed(failure));
        return taken.map(RuntimeException.class::cast).orElse(failure);
    }

    private static boolean isRefused(RuntimeException failure) {
        return failure instanceof SluiceException known && known.kind() == ErrorKind.REFUSED;
    }

    /** @throws RuntimeException the failure of the first lane that stopped by itself, though others may run on */
    void requireEveryLane() {
        if (lanes.first().isPresent()) {
            throw reason(lanes.first().get());
        }
    }

    /** Stops publisher, topologies and sinks, gives the lease back and stops what is embedded. Idempotent. */
    @Override
    public void close() {
        ending.request();
        parts.close();
    }
}
