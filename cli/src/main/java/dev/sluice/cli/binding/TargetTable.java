package dev.sluice.cli.binding;

import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.schemas.relational.UniqueKey;
import java.util.List;
import java.util.Optional;

/**
 * A whole table of the target as its catalog has it.
 *
 * @param primaryKey empty when there is none
 */
public record TargetTable(
        TableId id, List<Column> columns, List<String> primaryKey, List<UniqueKey> uniqueKeys, List<ForeignKey> foreignKeys) {
    public TargetTable {
        columns = List.copyOf(columns);
        primaryKey = List.copyOf(primaryKey);
        uniqueKeys = List.copyOf(uniqueKeys);
        foreignKeys = List.copyOf(foreignKeys);
    }

    /** The column of that name; without one, the only column whose name differs in case alone. */
    Optional<Column> column(String name) {
        return Names.find(columns, Column::name, name);
    }

    List<String> columnNames() {
        return columns.stream().map(Column::name).toList();
    }
}
