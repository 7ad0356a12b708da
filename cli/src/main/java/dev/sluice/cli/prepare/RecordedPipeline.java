package dev.sluice.cli.prepare;

import dev.sluice.cli.Sources;
import dev.sluice.cli.binding.BoundRules;
import dev.sluice.cli.binding.RecordedTables;
import dev.sluice.cli.binding.RuleBinder;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.stations.PipelineIdFile;
import dev.sluice.embedded.DataDirectory;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.Finding;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.catalog.TargetCatalog;
import dev.sluice.sinks.postgresql.control.LaneRegistry;
import dev.sluice.sinks.postgresql.control.PipelineRow;
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
import java.util.stream.Collectors;

/** A pipeline as its target knows it, for roles that run where the source cannot be seen. Writes nothing to the target. */
public final class RecordedPipeline {
    private final Configuration configuration;
    private final TargetDatabase target;
    private final InstantSource clock;

    public RecordedPipeline(Configuration configuration, TargetDatabase target, InstantSource clock) {
        this.configuration = configuration;
        this.target = target;
        this.clock = clock;
    }

    /** Empty where the pipeline was never prepared, or by a version that did not record what it captures. */
    public Optional<PreparedPipeline> find() {
        TargetPreparation preparation = new TargetPreparation(target, configuration.pipeline(), clock);
        Optional<PipelineRow> row = preparation.pipeline();
        Optional<StoredLayout> layout = new LaneRegistry(target, configuration.pipeline()).read();
        Map<TableId, List<String>> columns = preparation.capturedColumns();
        boolean recorded = columns.values().stream().noneMatch(List::isEmpty);
        return row.isEmpty() || layout.isEmpty() || columns.isEmpty() || !recorded
                ? Optional.empty()
                : Optional.of(pipeline(row.get(), layout.get(), columns));
    }

    /** @throws SluiceException of kind CONFIGURATION where it is not prepared or columns cannot be computed as this configuration says, or REFUSED where the data directory belongs to another incarnation */
    public PreparedPipeline read(DataDirectory directory) {
        PreparedPipeline found = find().orElseThrow(
                        () -> SluiceException.of(
                                ErrorKind.CONFIGURATION,
                                "pipeline " + configuration.pipeline()
                                        + " is not prepared in the target, so its tables are not known here; where the source is, and with its present lanes, run: sluice prepare"));
        new TargetPreparation(target, configuration.pipeline(), clock).requireCurrent();
        requireExpressions(found.catalog());
        PipelineIdFile file = PipelineIdFile.in(directory);
        Optional<String> known = file.read();
        if (known.isPresent() && !known.get().equals(found.pipelineId())) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "data directory " + directory.path() + " belongs to incarnation " + known.get() + " of pipeline "
                            + configuration.pipeline() + ", the target to " + found.pipelineId()
                            + ". Use another --data-dir, or delete this one when that incarnation is no more.");
        }
        file.write(found.pipelineId());
        return found;
    }

    /** The configuration of the process that prepared may have been another. */
    private void requireExpressions(Catalog catalog) {
        FindingsReport report = new FindingsReport();
        Expressions.check(configuration, catalog, target, report);
        report.throwIfErrors();
    }

    private PreparedPipeline pipeline(PipelineRow row, StoredLayout layout, Map<TableId, List<String>> columns) {
        Set<String> schemas = columns.keySet().stream().map(TableId::schema).collect(Collectors.toSet());
        Catalog catalog = RecordedTables.catalog(TargetCatalog.read(target, schemas), columns);
        List<Finding> findings = new ArrayList<>();
        BoundRules rules = RuleBinder.bind(
                configuration.foreignKeys(),
                catalog,
                configuration.target().schema(),
                Sources.enforcesForeignKeys(row.sourceKind()),
                findings);
        FindingsReport report = new FindingsReport();
        // The configuration may be ahead of what is recorded; names are for those to judge who see the source.
        findings.removeIf(f -> f.code().equals(RuleBinder.UNKNOWN));
        report.add(ErrorKind.CONFIGURATION, findings);
        report.throwIfErrors();
        Map<String, Long> firsts = new HashMap<>();
        layout.lanes().forEach(lane -> firsts.put(lane.name(), lane.firstSequence()));
        return new PreparedPipeline(
                row.pipelineId(), layout.layout(), firsts, List.of(), catalog, rules.rules(), List.of(), List.of());
    }
}
