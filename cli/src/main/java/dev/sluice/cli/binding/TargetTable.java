package dev.sluice.cli.binding;

import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.schemas.relational.UniqueKey;
import dev.sluice.sinks.postgresql.catalog.TargetColumn;
import dev.sluice.sinks.postgresql.catalog.TargetForeignKey;
import java.util.List;
import java.util.Optional;

/**
 * What the binding needs to know of a table of the target.
 *
 * @param columns those that can be written
 * @param computed names of those that PostgreSQL computes itself
 * @param primaryKey empty when there is none
 */
public record TargetTable(
        TableId id,
        List<Column> columns,
        List<String> computed,
        List<String> primaryKey,
        List<UniqueKey> uniqueKeys,
        List<ForeignKey> foreignKeys) {
    public TargetTable {
        columns = List.copyOf(columns);
        computed = List.copyOf(computed);
        primaryKey = List.copyOf(primaryKey);
        uniqueKeys = List.copyOf(uniqueKeys);
        foreignKeys = List.copyOf(foreignKeys);
    }

    public static TargetTable of(dev.sluice.sinks.postgresql.catalog.TargetTable table) {
        return new TargetTable(
                table.id(),
                table.columns().stream()
                        .filter(c -> !c.generated())
                        .map(TargetColumn::toColumn)
                        .toList(),
                table.columns().stream()
                        .filter(TargetColumn::generated)
                        .map(TargetColumn::name)
                        .toList(),
                table.primaryKey(),
                table.uniqueKeys(),
                table.foreignKeys().stream().map(TargetForeignKey::key).toList());
    }

    /** The column of that name; without one, the only column whose name differs in case alone. */
    Optional<Column> column(String name) {
        return Names.find(columns, Column::name, name);
    }

    boolean computes(String name) {
        return Names.find(computed, c -> c, name).isPresent();
    }

    List<String> columnNames() {
        return columns.stream().map(Column::name).toList();
    }
}
