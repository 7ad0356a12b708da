package dev.sluice.cli.lanes;

import dev.sluice.cli.binding.Binding;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.prepare.CapturedTables;
import dev.sluice.cli.prepare.LanePlans;
import dev.sluice.cli.prepare.LaneTopics;
import dev.sluice.cli.prepare.Layouts;
import dev.sluice.cli.prepare.PreparedPipeline;
import dev.sluice.cli.prepare.RecordedPipeline;
import dev.sluice.cli.run.Drain;
import dev.sluice.cli.stations.PipelineLease;
import dev.sluice.cli.stations.Stations;
import dev.sluice.producers.api.LaneMigration;
import dev.sluice.producers.api.ProgressStore;
import dev.sluice.producers.api.PublisherSettings;
import dev.sluice.producers.api.SourceConnector;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.progress.ProducerProgress;
import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.LaneRegistry;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.control.PipelineStatus.TableStatus;
import dev.sluice.sinks.postgresql.control.StoredLayout;
import dev.sluice.sinks.postgresql.control.TargetPreparation;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Another layout of a pipeline's lanes. The old lanes are drained and what their topologies know is carried over to the new ones, then the producer's progress
 * changes in one Kafka transaction, then the target's record of the lanes in one of PostgreSQL. Killed before the first the old layout stands; killed between the two, running it again does the second.
 */
final class Migration {
    private final Configuration configuration;
    private final SourceConnector source;
    private final Stations stations;
    private final PipelineLease lease;
    private final InstantSource clock;
    private final Runnable between;
    private final LaneRegistry registry;
    private final List<String> done = new ArrayList<>();

    /** @param between told between the two transactions */
    Migration(
            Configuration configuration,
            SourceConnector source,
            Stations stations,
            PipelineLease lease,
            InstantSource clock,
            Runnable between) {
        this.configuration = configuration;
        this.source = source;
        this.stations = stations;
        this.lease = lease;
        this.clock = clock;
        this.between = between;
        this.registry = new LaneRegistry(stations.target(), configuration.pipeline());
    }

    /**
     * @return what was done, one line each
     * @throws SluiceException of kind REFUSED while something of the pipeline runs, or rows of a table that moves wait
     */
    List<String> run() {
        PreparedPipeline before = recorded();
        lease.take();
        complete(before);
        StoredLayout stored = stored();
        Binding binding = CapturedTables.bindLeniently(configuration, source, stations.target());
        LaneLayout wanted = Layouts.wanted(configuration.lanes(), binding.catalog());
        LanePlans plans = new LanePlans(configuration.pipeline(), stations.kafka());
        LaneLayout named = Layouts.of(configuration.lanes(), binding.catalog(), Optional.of(stored));
        Set<String> renewed = plans.changed(
                        stored, named, binding.catalog(), binding.rules().rules())
                .keySet();
        LaneLayout next = Layouts.migrated(wanted, stored.layout(), renewed);
        if (Layouts.changes(stored, next).isEmpty()) {
            done.add("the lanes are as they should be");
            return done;
        }
        Optional<ProducerProgress> progress = progress();
        if (progress.isEmpty()) {
            replace(stored, next, Map.of());
        } else {
            LaneState state = new LaneState(configuration, stations, recorded(), binding.catalog());
            plans.requireUnchanged(
                    stored, state.before().catalog(), state.before().rules());
            migrate(state, stored, LaneMigration.named(next, progress.get()), progress.get());
        }
        return done;
    }

    /** What an earlier migration that was killed has left to do. */
    private void complete(PreparedPipeline before) {
        Optional<ProducerProgress> progress = progress();
        if (progress.isEmpty()
                || progress.get().lanes().keySet().equals(before.layout().lanes())) {
            return;
        }
        SortedMap<String, SortedSet<TableId>> members = new TreeMap<>();
        // Of a lane that goes on the target knows best: tables may have come since the publisher ran.
        StoredLayout stored = stored();
        progress.get()
                .lanes()
                .forEach((lane, at) -> members.put(
                        lane, stored.lane(lane).map(StoredLayout.Lane::tables).orElse(at.tables())));
        LaneLayout next = new LaneLayout(members);
        new LaneTopics(configuration, stations).create(next);
        replace(stored, next, progress.get().nextSequence());
    }

    private void migrate(LaneState state, StoredLayout stored, LaneLayout next, ProducerProgress progress) {
        state.requireCarriable(next);
        refusePaused();
        new StreamsElsewhere(configuration, stations)
                .requireNone(stored.layout(), state.before().pipelineId());
        drain(state.before(), progress);
        refuseWaiting(stored, next);
        done.addAll(new LaneTopics(configuration, stations).create(next));
        state.carry(next);
        Set<TableId> joining = next.tables();
        joining.removeAll(stored.layout().tables());
        long atLeast = 1
                + new TargetPreparation(stations.target(), configuration.pipeline(), clock)
                        .largestKnownSequence(joining);
        Map<String, Long> firsts = LaneMigration.migrate(
                publisher(state.before()), next, status().applied(), atLeast, stations.registry(), stations.kafka());
        between.run();
        replace(stored, next, firsts);
    }

    private void drain(PreparedPipeline before, ProducerProgress progress) {
        Map<String, Long> published = new TreeMap<>();
        progress.lanes().forEach((lane, at) -> published.put(lane, at.nextSequence() - 1));
        PipelineStatus target = status();
        Map<String, Long> applied = target.applied();
        boolean dry = target.waiting() == 0
                && published.entrySet().stream()
                        .allMatch(lane -> applied.getOrDefault(lane.getKey(), 0L) >= lane.getValue());
        if (!dry) {
            published.putAll(Drain.run(configuration, stations, before, () -> heartbeat(before), clock));
        }
        published.forEach((lane, sequence) -> done.add("lane " + lane + " is drained up to sequence " + sequence));
    }

    private Map<String, Long> heartbeat(PreparedPipeline before) {
        return LaneMigration.heartbeat(
                publisher(before), before.layout(), stations.registry(), stations.kafka(), clock);
    }

    private PublisherSettings publisher(PreparedPipeline before) {
        return PublisherSettings.of(configuration.pipeline(), before.pipelineId());
    }

    private void refusePaused() {
        if (!status().replays().isEmpty()) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "the lanes of pipeline " + configuration.pipeline()
                            + " are not migrated while a replay is under way, which needs them as they are. Let it end with: sluice run, then migrate again.");
        }
        if (status().lanes().stream().anyMatch(PipelineStatus.Lane::isPaused)) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "the lanes of pipeline " + configuration.pipeline()
                            + " are not migrated: it is paused, and what is published could not be drained. Go on with: sluice resume, then migrate again.");
        }
    }

    /** What waits is known to the old lane's topology only, and a new one would not know of it. */
    private void refuseWaiting(StoredLayout stored, LaneLayout next) {
        Set<String> going = stored.layout().lanes().stream()
                .filter(lane -> !next.lanes().contains(lane))
                .collect(Collectors.toSet());
        Set<TableId> moving = new TreeSet<>();
        stored.layout().members().forEach((lane, tables) -> {
            if (going.contains(lane)) {
                moving.addAll(tables);
            }
        });
        String waiting = status().tables().stream()
                .filter(t -> moving.contains(t.table()) && t.waiting() + t.stale() + t.held() > 0)
                .map(Migration::describe)
                .collect(Collectors.joining("; "));
        if (!waiting.isEmpty()) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "the lanes of pipeline " + configuration.pipeline()
                            + " are not migrated, because rows of tables that move are not settled: " + waiting
                            + ". See them with: sluice waiting list. Correct them in the source, run the pipeline with its present lanes until they are gone,"
                            + " then migrate again.");
        }
    }

    private static String describe(TableStatus table) {
        return table.table() + " (" + table.waiting() + " waiting, " + table.stale() + " stale, " + table.held()
                + " held)";
    }

    private void replace(StoredLayout stored, LaneLayout next, Map<String, Long> firsts) {
        Map<String, Long> begin = new TreeMap<>();
        next.lanes().forEach(lane -> begin.put(lane, firsts.getOrDefault(lane, firstOfPipeline(stored))));
        registry.replace(stored.layout(), next, begin);
        next.members().forEach((lane, tables) -> {
            if (!stored.layout().lanes().contains(lane)) {
                done.add("lane " + lane + " begins at sequence " + begin.get(lane) + " with "
                        + tables.stream().map(TableId::toString).collect(Collectors.joining(", ")));
            }
        });
    }

    private static long firstOfPipeline(StoredLayout stored) {
        return stored.lanes().stream()
                .mapToLong(StoredLayout.Lane::firstSequence)
                .max()
                .orElse(1);
    }

    private PreparedPipeline recorded() {
        return new RecordedPipeline(configuration, stations.target(), clock).read(stations.directory());
    }

    private StoredLayout stored() {
        return registry.read().orElseThrow();
    }

    private Optional<ProducerProgress> progress() {
        return ProgressStore.read(stations.kafka(), configuration.pipeline());
    }

    private PipelineStatus status() {
        return PipelineStatus.read(stations.target(), configuration.pipeline());
    }
}
