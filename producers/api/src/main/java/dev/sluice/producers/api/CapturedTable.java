package dev.sluice.producers.api;

import dev.sluice.schemas.relational.Table;
import java.util.List;

/**
 * A table of the source and the target table that its rows become.
 *
 * @param sourceName as the source spells it
 * @param sourceColumns the source's columns, one for each of {@code target.columns()}, in that order
 */
public record CapturedTable(String sourceName, List<String> sourceColumns, Table target) {
    public CapturedTable {
        sourceColumns = List.copyOf(sourceColumns);
        if (sourceColumns.size() != target.columns().size()) {
            throw new IllegalArgumentException(
                    "table " + sourceName + " maps " + sourceColumns + " onto " + target.columns());
        }
    }

    /** The source's names of the target's key columns, in key order. */
    public List<String> sourceKey() {
        return target.primaryKey().stream()
                .map(name -> sourceColumns.get(target.indexOf(name)))
                .toList();
    }
}
