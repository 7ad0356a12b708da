package dev.sluice.producers.api;

import dev.sluice.schemas.relational.UniqueKey;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A table as the source itself describes it.
 *
 * @param primaryKey names of the key's columns in key order; empty when the table has none
 * @param note something that the operator should know about the table, e.g. {@code WITHOUT ROWID}; empty when there is nothing
 */
public record SourceTable(
        String name,
        List<Column> columns,
        List<String> primaryKey,
        List<UniqueKey> uniqueKeys,
        List<ForeignKey> foreignKeys,
        long estimatedRows,
        String note) {
    public SourceTable {
        columns = List.copyOf(columns);
        primaryKey = List.copyOf(primaryKey);
        uniqueKeys = List.copyOf(uniqueKeys);
        foreignKeys = List.copyOf(foreignKeys);
    }

    /**
     * A column as declared.
     *
     * @param declaredType the source's spelling; may be empty
     * @param defaultExpression the source's spelling; null when there is none
     * @param generated computed by the source; it is read like any other column
     */
    public record Column(
            String name,
            String declaredType,
            boolean nullable,
            @Nullable String defaultExpression,
            boolean generated) {}

    /** A declared foreign key, whether or not the source enforces it. */
    public record ForeignKey(
            List<String> columns, String parentTable, List<String> parentColumns, String onDelete, String onUpdate) {
        public ForeignKey {
            columns = List.copyOf(columns);
            parentColumns = List.copyOf(parentColumns);
        }
    }
}
