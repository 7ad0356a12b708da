package dev.sluice.cli.prepare;

import dev.sluice.cli.binding.Binding;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.stations.PipelineIdFile;
import dev.sluice.cli.stations.PipelineLease;
import dev.sluice.cli.stations.Role;
import dev.sluice.cli.stations.Stations;
import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.SourceConnector;
import dev.sluice.producers.api.SourceTable;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Topics;
import dev.sluice.schemas.event.EventWriter;
import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.sinks.postgresql.control.LaneRegistry;
import dev.sluice.sinks.postgresql.control.PreparationRequest;
import dev.sluice.sinks.postgresql.control.Prepared;
import dev.sluice.sinks.postgresql.control.StoredLayout;
import dev.sluice.sinks.postgresql.control.TargetPreparation;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Sets a pipeline up in all its places. Looks at all of them before it writes to any, then writes the pipeline's id in the order that {@link Incarnation}
 * expects. May be killed at any point and run again.
 *
 * <p>Whoever prepares holds the pipeline's lease before anything is written, so that nothing is changed under a process that runs. Only a target that does
 * not know the pipeline yet is written to first, in one transaction, because the lease stands in it.
 */
public final class Preparation {
    private final Configuration configuration;
    private final SourceConnector source;
    private final Stations stations;
    private final InstantSource clock;

    public Preparation(Configuration configuration, SourceConnector source, Stations stations, InstantSource clock) {
        this.configuration = configuration;
        this.source = source;
        this.stations = stations;
        this.clock = clock;
    }

    /** Says what {@link #prepare} would do. */
    public PreparedPipeline plan() {
        return prepare(null);
    }

    /**
     * Prepares for a process that runs some roles only. Others may run elsewhere, so that what they need must stand already, or none of them may run.
     *
     * @param lease has these roles afterwards
     */
    public PreparedPipeline prepare(Set<Role> roles, PipelineLease lease) {
        if (roles.containsAll(Role.SINGLE)) {
            return prepare(lease);
        }
        Optional<PreparedPipeline> standing = standing();
        if (standing.isPresent()) {
            lease.take(roles);
            confirm(standing.get());
            return standing.get();
        }
        PreparedPipeline prepared = prepare(lease);
        lease.keep(roles);
        return prepared;
    }

    /** As {@link #prepare}, but beside a running process where everything that the configuration asks for stands already. */
    PreparedPipeline complete(PipelineLease lease) {
        Optional<PreparedPipeline> standing = standing();
        if (standing.isPresent()) {
            confirm(standing.get());
            return standing.get();
        }
        return prepare(lease);
    }

    /** The pipeline, when nothing is left to be done. */
    private Optional<PreparedPipeline> standing() {
        if (target(stations.target()).pipeline().isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(plan()).filter(plan -> plan.actions().isEmpty());
    }

    private void confirm(PreparedPipeline standing) {
        writeId(standing.pipelineId());
        registerSchemas(standing.tables(), standing.layout());
    }

    /**
     * @param lease is held afterwards; null for a dry run
     * @throws dev.sluice.runtime.SluiceException with everything that stands against it, or naming who holds the lease; nothing is written then
     */
    public PreparedPipeline prepare(@Nullable PipelineLease lease) {
        List<SourceTable> sourceTables = source.tables();
        try (KafkaTopics topics = KafkaTopics.connect(stations.kafka())) {
            Optional<String> known = new Places(configuration, source, stations).pipelineId();
            takeIfKnown(lease);
            Optional<DdlScript> script = scriptToRun(sourceTables);
            List<String> actions = new ArrayList<>();
            script.ifPresent(s -> actions.add("target: run " + s.file()));
            if (script.isPresent() && lease == null) {
                try (TargetDatabase scratch = ScratchTarget.with(script.get(), configuration, clock)) {
                    return prepare(sourceTables, known, scratch, topics, null, actions);
                }
            }
            script.ifPresent(
                    s -> s.run(stations.target(), configuration.target().schema()));
            return prepare(sourceTables, known, stations.target(), topics, lease, actions);
        }
    }

    private void takeIfKnown(@Nullable PipelineLease lease) {
        if (lease != null && target(stations.target()).pipeline().isPresent()) {
            lease.take();
        }
    }

    private TargetPreparation target(TargetDatabase database) {
        return new TargetPreparation(database, configuration.pipeline(), clock);
    }

    /** The operator's script, when none of the tables that it should make is there. */
    private Optional<DdlScript> scriptToRun(List<SourceTable> sourceTables) {
        Optional<DdlScript> script = configuration.target().ddl().map(DdlScript::read);
        return script.filter(s ->
                TargetShape.read(configuration, sourceTables, stations.target()).isBlank());
    }

    private PreparedPipeline prepare(
            List<SourceTable> sourceTables,
            Optional<String> known,
            TargetDatabase database,
            KafkaTopics topics,
            @Nullable PipelineLease lease,
            List<String> actions) {
        TargetPreparation target = target(database);
        TargetShape shape = TargetShape.read(configuration, sourceTables, database);
        Binding binding = shape.bind();
        Optional<StoredLayout> stored = new LaneRegistry(stations.target(), configuration.pipeline()).read();
        LaneLayout layout = Layouts.of(configuration.lanes(), binding.catalog(), stored);
        FindingsReport report = new FindingsReport();
        stored.ifPresent(s -> report.add(ErrorKind.REFUSED, Layouts.changes(s, layout)));
        check(binding, layout, shape, target, topics, report);
        Expressions.check(configuration, binding.catalog(), database, report);
        stored.ifPresent(s -> report.attempt("lanes", () -> checkPlans(s, layout, binding, report)));
        report.throwIfErrors();
        PreparationRequest request =
                request(known.orElseGet(() -> UUID.randomUUID().toString()), binding, layout);
        Prepared prepared = writeTarget(request, target, lease);
        prepared.statements().forEach(s -> actions.add("target: " + oneLine(s)));
        String pipelineId = prepared.pipeline().pipelineId();
        actions.addAll(writeOthers(binding, layout, pipelineId, topics, lease == null));
        return new PreparedPipeline(
                pipelineId,
                layout,
                firstSequences(layout, prepared.pipeline().firstSequence()),
                binding.tables(),
                binding.catalog(),
                binding.rules().rules(),
                actions,
                report.remarks());
    }

    /** A plan can only be made where nothing else is wrong with the tables. */
    private void checkPlans(StoredLayout stored, LaneLayout layout, Binding binding, FindingsReport report) {
        if (report.firstError().isEmpty() && !binding.tables().isEmpty()) {
            LanePlans plans = new LanePlans(configuration.pipeline(), stations.kafka());
            report.add(
                    ErrorKind.REFUSED,
                    plans.findings(
                            stored, layout, binding.catalog(), binding.rules().rules()));
        }
    }

    /** Those of lanes that are not stored yet, in a dry run, begin where the pipeline does. */
    private Map<String, Long> firstSequences(LaneLayout layout, long first) {
        Optional<StoredLayout> stored = new LaneRegistry(stations.target(), configuration.pipeline()).read();
        Map<String, Long> firsts = new HashMap<>();
        for (String lane : layout.lanes()) {
            firsts.put(
                    lane,
                    stored.flatMap(s -> s.lane(lane))
                            .map(StoredLayout.Lane::firstSequence)
                            .orElse(first));
        }
        return firsts;
    }

    private void check(
            Binding binding,
            LaneLayout layout,
            TargetShape shape,
            TargetPreparation target,
            KafkaTopics topics,
            FindingsReport report) {
        report.add(ErrorKind.CONFIGURATION, binding.findings());
        report.add(ErrorKind.CONFIGURATION, shape.unadopted(binding, target.capturedTables()));
        report.addOfSource(source.check(binding.tables()));
        if (!binding.tables().isEmpty()) {
            Rules.check(binding, source, report);
            report.add(ErrorKind.TARGET, target.check(request("", binding, layout)));
        }
        report.add(ErrorKind.KAFKA, topics.check(TopicPlan.of(configuration, layout)));
    }

    private Prepared writeTarget(PreparationRequest request, TargetPreparation target, @Nullable PipelineLease lease) {
        if (lease == null) {
            return target.prepare(request, true);
        }
        writeId(request.newPipelineId());
        // Somebody else may have prepared the same pipeline for the first time since.
        takeIfKnown(lease);
        Prepared prepared = target.prepare(request, false);
        lease.take();
        if (!prepared.pipeline().pipelineId().equals(request.newPipelineId())) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "pipeline " + configuration.pipeline() + " was prepared by another process at the same time, as "
                            + prepared.pipeline().pipelineId() + "; remove "
                            + stations.directory().path()
                            + " or use that process's data directory");
        }
        return prepared;
    }

    /** For the data directory of this machine, which another one may have run without. */
    private void writeId(String pipelineId) {
        PipelineIdFile file = PipelineIdFile.in(stations.directory());
        if (file.read().isEmpty()) {
            file.write(pipelineId);
        }
    }

    private List<String> writeOthers(
            Binding binding, LaneLayout layout, String pipelineId, KafkaTopics topics, boolean dryRun) {
        TopicPlan plan = TopicPlan.of(configuration, layout);
        List<String> actions =
                new ArrayList<>(topics.create(plan, configuration.kafka().replicationFactor(), dryRun));
        if (!dryRun) {
            registerSchemas(binding.tables(), layout);
        }
        source.prepare(binding.tables(), configuration.pipeline(), pipelineId, dryRun)
                .forEach(s -> actions.add("source: " + oneLine(s)));
        return actions;
    }

    private static String oneLine(String statement) {
        return statement.replaceAll("\\s+", " ");
    }

    /** A schema that the registry refuses is better refused now than in the middle of the night. */
    private void registerSchemas(List<CapturedTable> tables, LaneLayout layout) {
        Topics topics = new Topics(configuration.pipeline());
        Map<String, EventWriter> writers = new HashMap<>();
        for (CapturedTable table : tables) {
            String topic = topics.changes(layout.laneOf(table.target().id()));
            writers.computeIfAbsent(topic, t -> new EventWriter(configuration.pipeline(), t, stations.registry()))
                    .register(table.target());
        }
    }

    private PreparationRequest request(String pipelineId, Binding binding, LaneLayout layout) {
        return TargetRequest.of(configuration, source.kind(), pipelineId, binding, layout);
    }
}
