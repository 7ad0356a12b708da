package dev.sluice.producers.api;

import dev.sluice.schemas.relational.Table;
import java.util.List;
import java.util.Map;

/**
 * A table of the source and the target table that its rows become.
 *
 * @param sourceName as the source spells it
 * @param sourceColumns the source's columns, one for each of {@code target.columns()}, in that order
 * @param rules by the target's name of the column; {@link ValueRules#DEFAULT} of those that are not there
 * @param selection which of its rows travel; columns that it computes are in {@code sourceColumns} too
 */
public record CapturedTable(
        String sourceName,
        List<String> sourceColumns,
        Table target,
        Map<String, ValueRules> rules,
        Selection selection) {
    public CapturedTable {
        sourceColumns = List.copyOf(sourceColumns);
        rules = Map.copyOf(rules);
        if (sourceColumns.size() != target.columns().size()) {
            throw new IllegalArgumentException(
                    "table " + sourceName + " maps " + sourceColumns + " onto " + target.columns());
        }
    }

    /** All rows travel. */
    public CapturedTable(String sourceName, List<String> sourceColumns, Table target, Map<String, ValueRules> rules) {
        this(sourceName, sourceColumns, target, rules, Selection.ALL);
    }

    public CapturedTable(String sourceName, List<String> sourceColumns, Table target) {
        this(sourceName, sourceColumns, target, Map.of());
    }

    /** The same table with other keys. */
    public CapturedTable with(Table other) {
        return new CapturedTable(sourceName, sourceColumns, other, rules, selection);
    }

    /** The same table with other rules for its values. */
    public CapturedTable with(Map<String, ValueRules> other) {
        return new CapturedTable(sourceName, sourceColumns, target, other, selection);
    }

    /** Other rows of the same table. */
    public CapturedTable with(Selection other) {
        return new CapturedTable(sourceName, sourceColumns, target, rules, other);
    }

    /** What is done with values of a column that PostgreSQL would not accept. */
    public ValueRules rules(String targetColumn) {
        return rules.getOrDefault(targetColumn, ValueRules.DEFAULT);
    }

    /** The source's own columns that tell its rows apart: those of the target's key, unless one of these is computed. */
    public List<String> identity() {
        return selection.identity().isEmpty() ? sourceKey() : selection.identity();
    }

    /** The source's names of the target's key columns, in key order. */
    public List<String> sourceKey() {
        return target.primaryKey().stream()
                .map(name -> sourceColumns.get(target.indexOf(name)))
                .toList();
    }
}
