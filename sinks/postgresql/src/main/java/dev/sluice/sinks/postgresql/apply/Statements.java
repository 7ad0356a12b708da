package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.sinks.postgresql.apply.ArrayEncoder.Carrier;
import dev.sluice.sinks.postgresql.catalog.TargetColumn;
import dev.sluice.sinks.postgresql.database.Sql;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The text of a step: one parameter per column, an array, and one for the sequences. The text depends on table and columns only, so that PostgreSQL keeps
 * its plan whatever the number of rows. Every statement leaves rows alone that are as new as the event, or newer.
 */
final class Statements {
    static final String SEQUENCE = Sql.quote(Sql.SEQUENCE_COLUMN);

    private Statements() {}

    static String of(Step step) {
        return switch (step.kind()) {
            case UPSERT -> upsert(step.table(), step.columns());
            case UPDATE -> update(step.table(), step.columns(), "<");
            case ATTACH -> update(step.table(), step.columns(), "=");
            case DETACH -> detach(step.table(), step.columns());
            case DELETE -> delete(step.table(), step.columns());
            case TRUNCATE ->
                "DELETE FROM " + Sql.quote(step.table().id()) + " AS t WHERE coalesce(t." + SEQUENCE + ", 0) < ?";
        };
    }

    private static String upsert(BoundTable table, int[] columns) {
        List<String> names = names(table, columns);
        boolean identity =
                IntStream.of(columns).anyMatch(i -> table.column(i).identity() != TargetColumn.Identity.NONE);
        return "INSERT INTO " + Sql.quote(table.id()) + " AS t (" + String.join(", ", names) + ", " + SEQUENCE + ")"
                + (identity ? " OVERRIDING SYSTEM VALUE" : "")
                + " SELECT " + values(table, columns) + ", u.s FROM " + rows(table, columns)
                + " ON CONFLICT (" + Sql.quoteAll(table.writer().primaryKey()) + ") DO UPDATE SET "
                + assignments(table, columns, "excluded.")
                + " WHERE coalesce(t." + SEQUENCE + ", 0) < excluded." + SEQUENCE;
    }

    /** @param older {@code <} for rows that are older than the event, {@code =} for rows that the same event wrote */
    private static String update(BoundTable table, int[] columns, String older) {
        String set = IntStream.of(columns)
                .filter(i -> table.assignable(i))
                .mapToObj(i -> Sql.quote(table.column(i).name()) + " = " + value(table, i) + ", ")
                .collect(Collectors.joining());
        return "UPDATE " + Sql.quote(table.id()) + " AS t SET " + set + SEQUENCE + " = u.s FROM " + rows(table, columns)
                + " WHERE " + sameKey(table) + " AND coalesce(t." + SEQUENCE + ", 0) " + older + " u.s";
    }

    private static String detach(BoundTable table, int[] columns) {
        String set = IntStream.of(columns)
                .filter(i -> table.assignable(i))
                .mapToObj(i -> Sql.quote(table.column(i).name()) + " = NULL")
                .collect(Collectors.joining(", "));
        return "UPDATE " + Sql.quote(table.id()) + " AS t SET " + set + " FROM " + rows(table, columns) + " WHERE "
                + sameKey(table) + " AND coalesce(t." + SEQUENCE + ", 0) < u.s";
    }

    private static String delete(BoundTable table, int[] columns) {
        return "DELETE FROM " + Sql.quote(table.id()) + " AS t USING " + rows(table, columns) + " WHERE "
                + sameKey(table) + " AND coalesce(t." + SEQUENCE + ", 0) < u.s";
    }

    /** {@code unnest(?::bigint[], …) AS u(c0, …, s)}, the column's index in its name. */
    static String rows(BoundTable table, int[] columns) {
        List<String> arrays = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (int index : columns) {
            arrays.add("?::" + Carrier.of(table.column(index).type()).elementName() + "[]");
            names.add("c" + index);
        }
        return "unnest(" + String.join(", ", arrays) + ", ?::bigint[]) AS u(" + String.join(", ", names) + ", s)";
    }

    private static String values(BoundTable table, int[] columns) {
        return IntStream.of(columns).mapToObj(i -> value(table, i)).collect(Collectors.joining(", "));
    }

    /** The carried value as the column's own type, without length: PostgreSQL checks the length when it assigns, where a cast would cut. */
    static String value(BoundTable table, int index) {
        TargetColumn column = table.column(index);
        String carried = Carrier.of(column.type()).elementName();
        String value = column.baseType().equals(carried) ? "u.c" + index : "u.c" + index + "::" + column.baseType();
        String expression = column.defaultExpression();
        return expression == null || !table.defaultsNull(index)
                ? value
                : "CASE WHEN u.c" + index + " IS NULL THEN (" + Sql.literally(expression) + ")::" + column.baseType()
                        + " ELSE " + value + " END";
    }

    private static String assignments(BoundTable table, int[] columns, String prefix) {
        String set = IntStream.of(columns)
                .filter(i -> table.assignable(i))
                .mapToObj(i -> Sql.quote(table.column(i).name()))
                .map(name -> name + " = " + prefix + name + ", ")
                .collect(Collectors.joining());
        return set + SEQUENCE + " = " + prefix + SEQUENCE;
    }

    static String sameKey(BoundTable table) {
        return IntStream.of(table.keyIndexes())
                .mapToObj(i -> stored("t", table.column(i)) + " = " + value(table, i))
                .collect(Collectors.joining(" AND "));
    }

    /**
     * A column's value as its type without domains and lengths. PostgreSQL has no equality for a domain over an enum, whose equality is generic; an index serves the cast all the same.
     */
    static String stored(String alias, TargetColumn column) {
        String name = alias + "." + Sql.quote(column.name());
        boolean cast =
                column.type() == LogicalType.NATIVE && !column.nativeType().equals(column.baseType());
        return cast ? name + "::" + column.baseType() : name;
    }

    private static List<String> names(BoundTable table, int[] columns) {
        return IntStream.of(columns)
                .mapToObj(i -> Sql.quote(table.column(i).name()))
                .toList();
    }
}
