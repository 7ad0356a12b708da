package dev.sluice.schemas.relational;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A captured table in the shape of the target: only the columns that travel, in the order in which rows carry their values.
 *
 * @param primaryKey names of the key columns, in key order; every one is in {@code columns}
 */
public record Table(
        TableId id,
        List<Column> columns,
        List<String> primaryKey,
        List<UniqueKey> uniqueKeys,
        List<ForeignKey> foreignKeys) {
    public Table {
        columns = List.copyOf(columns);
        primaryKey = List.copyOf(primaryKey);
        uniqueKeys = List.copyOf(uniqueKeys);
        foreignKeys = List.copyOf(foreignKeys);
        Set<String> names = new HashSet<>();
        for (Column column : columns) {
            if (!names.add(column.name())) {
                throw new IllegalArgumentException("table " + id + " has column " + column.name() + " twice");
            }
        }
        if (primaryKey.isEmpty() || !names.containsAll(primaryKey)) {
            throw new IllegalArgumentException("table " + id + " needs a key among its columns, not " + primaryKey);
        }
    }

    /** Position of a column in a row's values, or -1. */
    public int indexOf(String column) {
        for (int i = 0; i < columns.size(); i++) {
            if (columns.get(i).name().equals(column)) {
                return i;
            }
        }
        return -1;
    }

    /** Positions of the named columns in a row's values; every name must be a column. */
    public int[] indexesOf(List<String> names) {
        int[] indexes = new int[names.size()];
        for (int i = 0; i < indexes.length; i++) {
            indexes[i] = indexOf(names.get(i));
            if (indexes[i] < 0) {
                throw new IllegalArgumentException("table " + id + " has no column " + names.get(i));
            }
        }
        return indexes;
    }

    /** Positions of the primary key's columns in a row's values, in key order. */
    public int[] keyIndexes() {
        return indexesOf(primaryKey);
    }

    public Optional<Column> column(String name) {
        int index = indexOf(name);
        return index < 0 ? Optional.empty() : Optional.of(columns.get(index));
    }
}
