package dev.sluice.cli.binding;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.schemas.relational.UniqueKey;
import dev.sluice.sinks.postgresql.catalog.TargetCatalog;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Captured tables from the target and the names of their columns, as the binding with the source made them. */
public final class RecordedTables {
    private RecordedTables() {}

    /** @throws SluiceException of kind TARGET when a table or a column is no more */
    public static Catalog catalog(TargetCatalog target, Map<TableId, List<String>> columns) {
        List<Table> tables = new ArrayList<>();
        columns.forEach((id, names) -> tables.add(table(target, id, names)));
        Catalog all = Catalog.of(tables);
        return Catalog.of(tables.stream().map(table -> gated(table, all)).toList());
    }

    private static Table table(TargetCatalog target, TableId id, List<String> names) {
        TargetTable found = target.table(id).map(TargetTable::of).orElseThrow(() -> gone("table " + id));
        List<Column> columns = names.stream()
                .map(name -> found.columns().stream()
                        .filter(c -> c.name().equals(name))
                        .findFirst()
                        .orElseThrow(() -> gone("column " + name + " of table " + id)))
                .toList();
        List<UniqueKey> unique = found.uniqueKeys().stream()
                .filter(key -> names.containsAll(key.columns())
                        && !Set.copyOf(key.columns()).equals(Set.copyOf(found.primaryKey())))
                .toList();
        List<ForeignKey> foreign = found.foreignKeys().stream()
                .filter(key -> names.containsAll(key.columns()))
                .toList();
        return new Table(id, columns, found.primaryKey(), unique, foreign);
    }

    private static Table gated(Table table, Catalog all) {
        List<ForeignKey> kept = table.foreignKeys().stream()
                .filter(key -> all.table(key.parent()).isPresent())
                .toList();
        return new Table(table.id(), table.columns(), table.primaryKey(), table.uniqueKeys(), kept);
    }

    private static SluiceException gone(String what) {
        return SluiceException.of(
                ErrorKind.TARGET,
                "the target has no " + what
                        + ", which the pipeline was prepared with; run where the source is: sluice check");
    }
}
