package dev.sluice.cli.prepare;

import dev.sluice.cli.binding.Binding;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.stations.PipelineIdFile;
import dev.sluice.cli.stations.Stations;
import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.SourceConnector;
import dev.sluice.producers.api.SourceTable;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.schemas.Topics;
import dev.sluice.schemas.event.EventWriter;
import dev.sluice.sinks.postgresql.control.PreparationRequest;
import dev.sluice.sinks.postgresql.control.Prepared;
import dev.sluice.sinks.postgresql.control.TargetPreparation;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Sets a pipeline up in all its places. Looks at all of them before it writes to any, then writes the pipeline's id in the order that {@link Incarnation}
 * expects. May be killed at any point and run again.
 */
public final class Preparation {
    private final Configuration configuration;
    private final SourceConnector source;
    private final Stations stations;
    private final InstantSource clock;
    private final List<String> actions = new ArrayList<>();

    public Preparation(Configuration configuration, SourceConnector source, Stations stations, InstantSource clock) {
        this.configuration = configuration;
        this.source = source;
        this.stations = stations;
        this.clock = clock;
    }

    /**
     * @param dryRun only say what would be done
     * @throws dev.sluice.runtime.SluiceException with everything that stands against it; nothing is written then
     */
    public PreparedPipeline prepare(boolean dryRun) {
        List<SourceTable> sourceTables = source.tables();
        try (KafkaTopics topics = KafkaTopics.connect(stations.kafka())) {
            Optional<String> known =
                    new Places(configuration, source, stations).incarnation().id();
            Optional<DdlScript> script = scriptToRun(sourceTables);
            script.ifPresent(s -> actions.add("target: run " + s.file()));
            if (script.isPresent() && dryRun) {
                try (TargetDatabase scratch = ScratchTarget.with(script.get(), configuration, clock)) {
                    return prepare(sourceTables, known, scratch, topics, true);
                }
            }
            script.ifPresent(
                    s -> s.run(stations.target(), configuration.target().schema()));
            return prepare(sourceTables, known, stations.target(), topics, dryRun);
        }
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
            boolean dryRun) {
        TargetPreparation target = new TargetPreparation(database, configuration.pipeline(), clock);
        TargetShape shape = TargetShape.read(configuration, sourceTables, database);
        Binding binding = shape.bind();
        FindingsReport report = check(binding, shape, target, topics);
        report.throwIfErrors();
        String pipelineId = known.orElseGet(() -> UUID.randomUUID().toString());
        return write(binding, pipelineId, target, topics, dryRun, report.remarks());
    }

    private FindingsReport check(Binding binding, TargetShape shape, TargetPreparation target, KafkaTopics topics) {
        FindingsReport report = new FindingsReport();
        report.add(ErrorKind.CONFIGURATION, binding.findings());
        report.add(ErrorKind.CONFIGURATION, shape.unadopted(binding, target.capturedTables()));
        report.add(ErrorKind.SOURCE, source.check(binding.tables()));
        if (!binding.tables().isEmpty()) {
            report.add(ErrorKind.TARGET, target.check(request("", binding)));
        }
        report.add(ErrorKind.KAFKA, topics.check(plan()));
        return report;
    }

    private PreparedPipeline write(
            Binding binding,
            String pipelineId,
            TargetPreparation target,
            KafkaTopics topics,
            boolean dryRun,
            List<String> remarks) {
        PipelineIdFile file = PipelineIdFile.in(stations.directory());
        if (!dryRun && file.read().isEmpty()) {
            file.write(pipelineId);
        }
        Prepared prepared = target.prepare(request(pipelineId, binding), dryRun);
        prepared.statements().forEach(s -> actions.add("target: " + oneLine(s)));
        actions.addAll(topics.create(plan(), configuration.kafka().replicationFactor(), dryRun));
        if (!dryRun) {
            registerSchemas(binding.tables());
        }
        source.prepare(binding.tables(), configuration.pipeline(), pipelineId, dryRun)
                .forEach(s -> actions.add("source: " + oneLine(s)));
        return new PreparedPipeline(pipelineId, prepared.pipeline().firstSequence(), binding, actions, remarks);
    }

    private static String oneLine(String statement) {
        return statement.replaceAll("\\s+", " ");
    }

    /** A schema that the registry refuses is better refused now than in the middle of the night. */
    private void registerSchemas(List<CapturedTable> tables) {
        String topic = new Topics(configuration.pipeline()).changes(Topics.MAIN_LANE);
        EventWriter writer = new EventWriter(configuration.pipeline(), topic, stations.registry());
        tables.forEach(table -> writer.register(table.target()));
    }

    /** Rows that are there already are {@link TargetShape#unadopted}'s concern, table by table. */
    private PreparationRequest request(String pipelineId, Binding binding) {
        return new PreparationRequest(
                pipelineId, source.kind(), List.of(Topics.MAIN_LANE), binding.catalog(), true, true);
    }

    private TopicPlan plan() {
        return TopicPlan.of(configuration.pipeline(), configuration.kafka());
    }
}
