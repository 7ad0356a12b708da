package dev.sluice.cli.prepare;

import dev.sluice.cli.Sources;
import dev.sluice.cli.binding.Binder;
import dev.sluice.cli.binding.Binding;
import dev.sluice.cli.config.Configuration;
import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.SourceTable;
import dev.sluice.runtime.Finding;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.catalog.TargetCatalog;
import dev.sluice.sinks.postgresql.catalog.TargetTable;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The target's tables as the source's tables find them. */
final class TargetShape {
    private final Configuration configuration;
    private final Collection<SourceTable> source;
    private final TargetCatalog catalog;

    private TargetShape(Configuration configuration, Collection<SourceTable> source, TargetCatalog catalog) {
        this.configuration = configuration;
        this.source = source;
        this.catalog = catalog;
    }

    static TargetShape read(Configuration configuration, Collection<SourceTable> source, TargetDatabase target) {
        Set<String> schemas = new TreeSet<>(Set.of(configuration.target().schema()));
        for (SourceTable table : Binder.selected(source, configuration.tables())) {
            schemas.add(targetId(configuration, table).schema());
        }
        return new TargetShape(configuration, source, TargetCatalog.read(target, schemas));
    }

    private static TableId targetId(Configuration configuration, SourceTable table) {
        return Binder.targetId(
                table, configuration.tables(), configuration.target().schema());
    }

    /** None of the tables that should be captured is there, so the operator's script may make them. */
    boolean isBlank() {
        return Binder.selected(source, configuration.tables()).stream()
                .map(table -> targetId(configuration, table))
                .noneMatch(id -> catalog.tables().stream()
                        .anyMatch(t -> t.id().schema().equals(id.schema())
                                && t.id().name().equalsIgnoreCase(id.name())));
    }

    Binding bind() {
        return Binder.bind(
                source,
                configuration.tables(),
                configuration.source().ignoreColumns(),
                configuration.foreignKeys(),
                Sources.enforcesForeignKeys(Sources.SQLITE),
                configuration.target().schema(),
                catalog.tables().stream()
                        .map(dev.sluice.cli.binding.TargetTable::of)
                        .toList());
    }

    /**
     * Tables with rows that nobody has said may be there.
     *
     * @param known tables that this pipeline captures already
     */
    List<Finding> unadopted(Binding binding, Collection<TableId> known) {
        List<Finding> findings = new ArrayList<>();
        for (CapturedTable table : binding.tables()) {
            TableId id = table.target().id();
            boolean holdsRows = catalog.table(id).map(TargetTable::holdsRows).orElse(false);
            if (holdsRows
                    && !known.contains(id)
                    && !configuration.tables().of(table.sourceName()).adopt()) {
                findings.add(Finding.error(
                        "target-table-not-empty",
                        "table " + id,
                        "holds rows that Sluice did not write",
                        "empty it, or set tables." + table.sourceName()
                                + ".adopt: true to let Sluice overwrite rows with equal keys"));
            }
        }
        return findings;
    }
}
