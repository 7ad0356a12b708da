package dev.sluice.sinks.postgresql.apply;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.catalog.TargetColumn;
import dev.sluice.sinks.postgresql.catalog.TargetTable;
import dev.sluice.sinks.postgresql.database.Sql;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Columns that PostgreSQL computes from the row's others, in the statement that writes the row.
 *
 * @param table its name is one by which an expression may call the row
 * @param columns those that are computed
 * @param row those that an expression sees
 */
record DerivedColumns(String table, List<Derived> columns, List<TargetColumn> row) {
    static final DerivedColumns NONE = new DerivedColumns("", List.of(), List.of());

    DerivedColumns {
        columns = List.copyOf(columns);
        row = List.copyOf(row);
    }

    /** A column and what it is computed by. */
    record Derived(TargetColumn column, String expression) {
        String name() {
            return Sql.quote(column.name());
        }
    }

    /**
     * @param captured the columns that travel
     * @param expressions by the target's name of the column
     * @throws SluiceException of kind TARGET when such a column is not there, or computed by the target itself
     */
    static DerivedColumns of(TargetTable target, Table captured, Map<String, String> expressions) {
        if (expressions.isEmpty()) {
            return NONE;
        }
        List<Derived> derived = new ArrayList<>();
        new TreeMap<>(expressions)
                .forEach((name, expression) -> derived.add(new Derived(column(target, name), expression)));
        List<TargetColumn> row = captured.columns().stream()
                .flatMap(column -> target.column(column.name()).stream())
                .filter(column -> !expressions.containsKey(column.name()))
                .toList();
        return new DerivedColumns(target.id().name(), derived, row);
    }

    private static TargetColumn column(TargetTable target, String name) {
        TableId id = target.id();
        return target.column(name)
                .filter(column -> !column.generated())
                .orElseThrow(
                        () -> SluiceException.of(
                                ErrorKind.TARGET,
                                "table " + id + " of the target has no column " + name
                                        + " that can be written, for which the configuration has an expr. Add the column or remove the expr; a lane that has stopped goes on at the next start."));
    }

    boolean isEmpty() {
        return columns.isEmpty();
    }

    boolean contains(String name) {
        return columns.stream().anyMatch(derived -> derived.column().name().equals(name));
    }

    /**
     * The value of a derived column for one row.
     *
     * @param values the row's: SQL of the column's base type or its own
     */
    String value(Derived derived, Function<TargetColumn, String> values) {
        String columns = row.stream()
                .map(column -> values.apply(column) + "::" + column.nativeType() + " AS " + Sql.quote(column.name()))
                .collect(Collectors.joining(", "));
        return "(SELECT " + computed(derived.expression(), derived.column()) + " FROM (SELECT " + columns + ") AS "
                + Sql.quote(table) + ")";
    }

    /** As the column's own type without length, which PostgreSQL checks when it assigns. On lines of its own, so that a comment at its end does no harm. */
    static String computed(String expression, TargetColumn column) {
        return "CAST((\n" + Sql.literally(expression) + "\n) AS " + column.baseType() + ")";
    }
}
