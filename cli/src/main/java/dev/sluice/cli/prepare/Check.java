package dev.sluice.cli.prepare;

import dev.sluice.cli.binding.Binding;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.stations.Stations;
import dev.sluice.embedded.Addresses;
import dev.sluice.embedded.DataDirectory;
import dev.sluice.embedded.EmbeddedStack;
import dev.sluice.producers.api.SourceConnector;
import dev.sluice.producers.api.SourceTable;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.Finding;
import dev.sluice.schemas.registry.SchemaRegistryException;
import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.sinks.postgresql.catalog.TargetCatalog;
import dev.sluice.sinks.postgresql.control.LaneRegistry;
import dev.sluice.sinks.postgresql.control.PreparationRequest;
import dev.sluice.sinks.postgresql.control.StoredLayout;
import dev.sluice.sinks.postgresql.control.TargetPreparation;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Looks at every place and changes none. Tables that {@code target.ddl} has still to make are made in a throw-away PostgreSQL, so that they are checked
 * like any others.
 */
final class Check {
    private final Configuration configuration;
    private final SourceConnector source;
    private final Path dataDirectory;
    private final InstantSource clock;
    private final FindingsReport report = new FindingsReport();
    /** What can be said before the tables are known. */
    private LaneLayout layout = LaneLayout.single(List.of());

    private Optional<StoredLayout> storedLayout = Optional.empty();
    private @Nullable Binding bound;

    Check(Configuration configuration, SourceConnector source, Path dataDirectory, InstantSource clock) {
        this.configuration = configuration;
        this.source = source;
        this.dataDirectory = dataDirectory;
        this.clock = clock;
    }

    FindingsReport run() {
        AtomicReference<@Nullable List<SourceTable>> tables = new AtomicReference<>();
        report.attempt("source", () -> tables.set(source.tables()));
        Optional<Addresses> running = DataDirectory.readAddresses(dataDirectory);
        report.attempt("data directory", this::dataDirectory);
        report.attempt("target", () -> target(tables.get(), running));
        if (!configuration.kafka().embedded()) {
            report.attempt("kafka", this::kafka);
        }
        report.attempt("lanes", () -> plans(running));
        if (!configuration.schemaRegistry().embedded()) {
            report.attempt("schema registry", this::registry);
        }
        return report;
    }

    private void dataDirectory() {
        if (Files.exists(dataDirectory) && !Files.isWritable(dataDirectory)) {
            report.add(
                    ErrorKind.CONFIGURATION,
                    List.of(Finding.error(
                            "data-directory",
                            "data directory " + dataDirectory,
                            "is not writable for this user",
                            "change its permissions or choose another with --data-dir")));
        }
    }

    /** @param tables null when the source cannot be read: then nothing can be said of what should be in the target */
    private void target(@Nullable List<SourceTable> tables, Optional<Addresses> running) {
        if (!configuration.target().embedded()) {
            try (TargetDatabase target = Stations.target(configuration, null, clock)) {
                shapes(tables, target);
            }
        } else if (running.isPresent() && running.get().jdbcUrl() != null) {
            try (TargetDatabase target =
                    Stations.target(configuration, running.get().jdbcUrl(), clock)) {
                shapes(tables, target);
            }
        } else if (Files.exists(dataDirectory.resolve("postgresql"))) {
            try (DataDirectory directory = DataDirectory.open(dataDirectory, configuration.pipeline());
                    EmbeddedStack stopped = EmbeddedStack.start(directory, false, true, false);
                    TargetDatabase target =
                            Stations.target(configuration, stopped.addresses().jdbcUrl(), clock)) {
                shapes(tables, target);
            }
        } else {
            try (TargetDatabase target = ScratchTarget.empty(configuration, clock)) {
                shapes(tables, target);
            }
        }
    }

    private void shapes(@Nullable List<SourceTable> tables, TargetDatabase target) {
        if (tables == null) {
            TargetCatalog unused =
                    TargetCatalog.read(target, Set.of(configuration.target().schema()));
            return;
        }
        TargetShape shape = TargetShape.read(configuration, tables, target);
        Optional<DdlScript> script = configuration.target().ddl().map(DdlScript::read);
        if (script.isPresent() && shape.isBlank()) {
            try (TargetDatabase made = ScratchTarget.with(script.get(), configuration, clock)) {
                report(TargetShape.read(configuration, tables, made), made);
            }
        } else {
            report(shape, target);
        }
    }

    private void report(TargetShape shape, TargetDatabase database) {
        Binding binding = shape.bind();
        TargetPreparation target = new TargetPreparation(database, configuration.pipeline(), clock);
        report.add(ErrorKind.CONFIGURATION, binding.findings());
        report.add(ErrorKind.CONFIGURATION, shape.unadopted(binding, target.capturedTables()));
        if (!binding.tables().isEmpty()) {
            Optional<StoredLayout> stored = new LaneRegistry(database, configuration.pipeline()).read();
            layout = Layouts.of(configuration.lanes(), binding.catalog(), stored);
            storedLayout = stored;
            stored.ifPresent(s -> report.add(ErrorKind.REFUSED, Layouts.changes(s, layout)));
            report.addOfSource(source.check(binding.tables()));
            Rules.check(binding, source, report);
            SqlChecks.check(configuration, binding, source, report);
            Expressions.check(configuration, binding.catalog(), database, report);
            Expressions.remark(configuration, binding.catalog(), report);
            PreparationRequest request = TargetRequest.of(configuration, source.kind(), "", binding, layout);
            report.add(ErrorKind.TARGET, target.check(request));
            bound = binding;
        }
    }

    /** Under which foreign keys the lanes were written stands in Kafka; an embedded one that is not running is started for it. */
    private void plans(Optional<Addresses> running) {
        Binding binding = bound;
        if (binding == null || storedLayout.isEmpty() || report.firstError().isPresent()) {
            return;
        }
        if (!configuration.kafka().embedded()) {
            plans(binding, storedLayout.get(), Stations.kafka(configuration, null));
        } else if (running.isPresent() && running.get().bootstrapServers() != null) {
            plans(
                    binding,
                    storedLayout.get(),
                    Stations.kafka(configuration, running.get().bootstrapServers()));
        } else if (Files.exists(dataDirectory.resolve("kafka"))) {
            try (DataDirectory directory = DataDirectory.open(dataDirectory, configuration.pipeline());
                    EmbeddedStack stopped = EmbeddedStack.start(directory, true, false, false)) {
                plans(
                        binding,
                        storedLayout.get(),
                        Stations.kafka(configuration, stopped.addresses().bootstrapServers()));
            }
        }
    }

    private void plans(Binding binding, StoredLayout stored, Map<String, Object> kafka) {
        LanePlans plans = new LanePlans(configuration.pipeline(), kafka);
        report.add(
                ErrorKind.REFUSED,
                plans.findings(
                        stored, layout, binding.catalog(), binding.rules().rules()));
    }

    private void kafka() {
        try (KafkaTopics topics = KafkaTopics.connect(Stations.kafka(configuration, null))) {
            report.add(ErrorKind.KAFKA, topics.check(TopicPlan.of(configuration, layout)));
        }
    }

    /** Asks for a schema that no registry has; its refusal shows that it is there and lets us in. */
    private void registry() {
        try {
            Stations.registry(configuration, null).schema(Integer.MAX_VALUE);
        } catch (SchemaRegistryException e) {
            String message = String.valueOf(e.getMessage());
            if (!message.contains("40403")) {
                report.add(
                        ErrorKind.KAFKA,
                        List.of(Finding.error(
                                "schema-registry-failed",
                                "schema registry",
                                message,
                                "check schema-registry.url and its properties")));
            }
        }
    }
}
