package dev.sluice.schemas.relational;

import java.util.List;

/**
 * A foreign key of the target.
 *
 * @param columns the child's columns, in the order of {@code parentColumns}
 * @param parentColumns the referenced columns; the primary key or another unique key of {@code parent}
 * @param matchFull MATCH FULL instead of MATCH SIMPLE
 * @param deferrable whether PostgreSQL can check it at commit
 */
public record ForeignKey(
        String name,
        List<String> columns,
        TableId parent,
        List<String> parentColumns,
        boolean matchFull,
        boolean deferrable) {
    public ForeignKey {
        columns = List.copyOf(columns);
        parentColumns = List.copyOf(parentColumns);
        if (columns.isEmpty() || columns.size() != parentColumns.size()) {
            throw new IllegalArgumentException("foreign key " + name + " pairs " + columns + " with " + parentColumns);
        }
    }
}
