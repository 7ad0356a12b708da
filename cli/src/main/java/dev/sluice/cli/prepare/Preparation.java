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
    private final TargetPreparation target;
    private final List<String> actions = new ArrayList<>();

    public Preparation(Configuration configuration, SourceConnector source, Stations stations, InstantSource clock) {
        this.configuration = configuration;
        this.source = source;
        this.stations = stations;
        this.target = new TargetPreparation(stations.target(), configuration.pipeline(), clock);
    }

    /**
     * @param dryRun only say what would be done
     * @throws dev.sluice.runtime.SluiceException with everything that stands against it; nothing is written then
     */
    public PreparedPipeline prepare(boolean dryRun) {
        List<SourceTable> sourceTables = source.tables();
        try (KafkaTopics topics = KafkaTopics.connect(stations.kafka())) {
            Optional<String> known = new Places(configuration, source, stations)
                    .incarnation(topics)
                    .id();
            boolean tablesMissing = makeTables(sourceTables, dryRun);
            if (tablesMissing) {
                return new PreparedPipeline(known.orElse(""), 1, new Binding(List.of(), List.of()), actions, List.of());
            }
            TargetShape shape = TargetShape.read(configuration, sourceTables, stations.target());
            Binding binding = shape.bind();
            FindingsReport report = check(binding, shape, topics);
            report.throwIfErrors();
            return write(binding, known, topics, dryRun, report.remarks());
        }
    }

    /** @return true when a dry run stopped before it, so that nothing more can be said */
    private boolean makeTables(List<SourceTable> sourceTables, boolean dryRun) {
        Optional<DdlScript> script = configuration.target().ddl().map(DdlScript::read);
        boolean blank =
                TargetShape.read(configuration, sourceTables, stations.target()).isBlank();
        if (script.isEmpty() || !blank) {
            return false;
        }
        actions.add("target: run " + script.get().file());
        if (dryRun) {
            actions.add("then: what a dry run can list once the tables are there");
            return true;
        }
        script.get().run(stations.target(), configuration.target().schema());
        return false;
    }

    private FindingsReport check(Binding binding, TargetShape shape, KafkaTopics topics) {
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
            Binding binding, Optional<String> known, KafkaTopics topics, boolean dryRun, List<String> remarks) {
        String pipelineId = known.orElseGet(() -> UUID.randomUUID().toString());
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
