package dev.sluice.sinks.postgresql.catalog;

import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.schemas.relational.UniqueKey;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A table of the target as it stands in PostgreSQL's catalog.
 *
 * @param columns all but {@code _sluice_seq}, in the table's order; generated ones included
 * @param primaryKey in key order; empty when there is none
 * @param deferrableKey the primary key is deferrable, so PostgreSQL cannot use it for upserts
 * @param uniqueKeys unique constraints and full unique indexes over plain columns, beside the primary key
 * @param holdsRows whether at least one row is there; false where the user may not read the table
 * @param sequenceColumn whether {@code _sluice_seq} is there
 * @param userTriggers triggers that are not PostgreSQL's own
 * @param owned whether the session's user is the owner, or a member of it
 * @param missingPrivileges of SELECT, INSERT, UPDATE and DELETE those that the session's user lacks
 */
public record TargetTable(
        TableId id,
        List<TargetColumn> columns,
        List<String> primaryKey,
        boolean deferrableKey,
        List<UniqueKey> uniqueKeys,
        List<TargetForeignKey> foreignKeys,
        boolean holdsRows,
        boolean sequenceColumn,
        List<TargetTrigger> userTriggers,
        String owner,
        boolean owned,
        List<String> missingPrivileges) {
    public TargetTable {
        columns = List.copyOf(columns);
        primaryKey = List.copyOf(primaryKey);
        uniqueKeys = List.copyOf(uniqueKeys);
        foreignKeys = List.copyOf(foreignKeys);
        userTriggers = List.copyOf(userTriggers);
        missingPrivileges = List.copyOf(missingPrivileges);
    }

    public Optional<TargetColumn> column(String name) {
        return columns.stream().filter(c -> c.name().equals(name)).findFirst();
    }

    /**
     * The table as it is captured: the named columns in the target's order, and the keys that these columns hold entirely.
     *
     * @throws IllegalArgumentException when there is no primary key, or it is not among the names
     */
    public Table toTable(Collection<String> captured) {
        Set<String> names = Set.copyOf(captured);
        return new Table(
                id,
                columns.stream()
                        .filter(c -> names.contains(c.name()))
                        .map(TargetColumn::toColumn)
                        .toList(),
                primaryKey,
                uniqueKeys.stream().filter(k -> names.containsAll(k.columns())).toList(),
                foreignKeys.stream()
                        .map(TargetForeignKey::key)
                        .filter(k -> names.containsAll(k.columns()))
                        .toList());
    }

    /** The table with all columns that can be written. */
    public Table toTable() {
        return toTable(columns.stream()
                .filter(c -> !c.generated())
                .map(TargetColumn::name)
                .toList());
    }
}
