package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.sinks.postgresql.apply.ArrayEncoder.Carrier;
import dev.sluice.sinks.postgresql.apply.DerivedColumns.Derived;
import dev.sluice.sinks.postgresql.catalog.TargetColumn;
import dev.sluice.sinks.postgresql.database.Sql;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The text of a step: one parameter per column, an array, and one for the sequences. The text depends on table and columns only, so that PostgreSQL keeps
 * its plan whatever the number of rows. Every statement leaves rows alone that are as new as the event, or newer; of a table without {@code _sluice_seq} nobody knows, and
 * only the cursor keeps an event from being applied twice.
 */
final class Statements {
    static final String SEQUENCE = Sql.quote(Sql.SEQUENCE_COLUMN);

    private Statements() {}

    static String of(Step step) {
        return switch (step.kind()) {
            case UPSERT -> upsert(step.table(), step.columns(), false);
            case UPSERT_CHANGED -> upsert(step.table(), step.columns(), true);
            case UPDATE -> update(step.table(), step.columns(), "<");
            case ATTACH -> update(step.table(), step.columns(), "=");
            case DETACH -> detach(step.table(), step.columns());
            case DELETE -> delete(step.table(), step.columns());
            case MOVE -> move(step.table(), step.columns());
            case TRUNCATE ->
                "DELETE FROM " + Sql.quote(step.table().id()) + " AS t USING (VALUES (?::bigint)) AS u(s) WHERE "
                        + guard(step.table(), "<");
        };
    }

    /**
     * Whether a row may be written.
     *
     * @param older {@code <} for rows that are older than the event, {@code =} for rows that the same event wrote
     */
    static String guard(BoundTable table, String older) {
        return table.guarded() ? "coalesce(t." + SEQUENCE + ", 0) " + older + " u.s" : "true";
    }

    private static String upsert(BoundTable table, int[] columns, boolean changed) {
        int[] brought = IntStream.of(columns)
                .filter(i -> !table.derived().contains(table.column(i).name()))
                .toArray();
        List<String> names = new ArrayList<>(names(table, brought));
        List<String> values = new ArrayList<>(values(table, brought));
        for (Derived derived : table.derived().columns()) {
            names.add(derived.name());
            values.add(table.derived().value(derived, inserted(table, columns)));
        }
        if (table.guarded()) {
            names.add(SEQUENCE);
            values.add("u.s");
        }
        boolean identity =
                IntStream.of(columns).anyMatch(i -> table.column(i).identity() != TargetColumn.Identity.NONE);
        return "INSERT INTO " + Sql.quote(table.id()) + " AS t (" + String.join(", ", names) + ")"
                + (identity ? " OVERRIDING SYSTEM VALUE" : "")
                + " SELECT " + String.join(", ", values) + " FROM " + rows(table, columns)
                + " ON CONFLICT (" + Sql.quoteAll(table.writer().primaryKey()) + ") DO "
                + conflict(table, columns, changed);
    }

    private static String conflict(BoundTable table, int[] columns, boolean changed) {
        List<String> assigned = assigned(table, columns)
                .map(i -> Sql.quote(table.column(i).name()))
                .toList();
        List<String> set = assigned.stream()
                .map(name -> name + " = excluded." + name)
                .collect(Collectors.toCollection(ArrayList::new));
        table.derived().columns().forEach(d -> set.add(d.name() + " = " + overwritten(table, columns, d)));
        List<String> conditions = new ArrayList<>();
        if (table.guarded()) {
            set.add(SEQUENCE + " = excluded." + SEQUENCE);
            conditions.add("coalesce(t." + SEQUENCE + ", 0) < excluded." + SEQUENCE);
        }
        if (changed) {
            conditions.add(differs(assigned));
        }
        if (set.isEmpty()) {
            return "NOTHING";
        }
        String where = conditions.isEmpty() ? "" : " WHERE " + String.join(" AND ", conditions);
        return "UPDATE SET " + String.join(", ", set) + where;
    }

    /** By the values' images, as not every type has an equality, and equal values such as 1.0 and 1.00 are not the same. */
    private static String differs(List<String> columns) {
        return columns.isEmpty()
                ? "false"
                : "ROW(" + columns.stream().map(name -> "t." + name).collect(Collectors.joining(", "))
                        + ")::record *<> ROW("
                        + columns.stream().map(name -> "excluded." + name).collect(Collectors.joining(", "))
                        + ")::record";
    }

    /** Whether there is anything that the step would write. */
    static boolean writesNothing(Step step) {
        boolean updates =
                switch (step.kind()) {
                    case UPDATE, ATTACH, DETACH -> true;
                    case UPSERT, UPSERT_CHANGED, DELETE, MOVE, TRUNCATE -> false;
                };
        return updates
                && !step.table().guarded()
                && assigned(step.table(), step.columns()).findAny().isEmpty()
                && (step.kind() != StepKind.DETACH
                        || step.table().emptiedDerived().isEmpty());
    }

    private static String update(BoundTable table, int[] columns, String older) {
        List<String> set = assigned(table, columns)
                .map(i -> Sql.quote(table.column(i).name()) + " = " + value(table, i))
                .collect(Collectors.toCollection(ArrayList::new));
        set.addAll(derived(table, columns, column -> "t." + Sql.quote(column.name())));
        if (table.guarded()) {
            set.add(SEQUENCE + " = u.s");
        }
        return "UPDATE " + Sql.quote(table.id()) + " AS t SET " + String.join(", ", set) + " FROM "
                + rows(table, columns) + " WHERE " + sameKey(table) + " AND " + guard(table, older);
    }

    private static String detach(BoundTable table, int[] columns) {
        String set = Stream.concat(
                        assigned(table, columns)
                                .map(i -> Sql.quote(table.column(i).name())),
                        table.emptiedDerived().stream().map(Derived::name))
                .map(name -> name + " = NULL")
                .collect(Collectors.joining(", "));
        return "UPDATE " + Sql.quote(table.id()) + " AS t SET " + set + " FROM " + rows(table, columns) + " WHERE "
                + sameKey(table) + " AND " + guard(table, "<");
    }

    private static String delete(BoundTable table, int[] columns) {
        return "DELETE FROM " + Sql.quote(table.id()) + " AS t USING " + rows(table, columns) + " WHERE "
                + sameKey(table) + " AND " + guard(table, "<");
    }

    /**
     * All rows are out before the first comes back, for it is counted how many there are. Foreign keys without an action are checked when the statement has ended, when the rows
     * are there again. What the events do not bring stays as it was.
     */
    private static String move(BoundTable table, int[] columns) {
        List<String> names = new ArrayList<>();
        List<String> values = new ArrayList<>();
        List<String> kept = new ArrayList<>();
        Map<String, String> row = new LinkedHashMap<>();
        for (TargetColumn column : table.target().columns()) {
            if (!column.generated()) {
                String old = "k" + kept.size();
                kept.add("t." + Sql.quote(column.name()) + " AS " + old);
                row.put(column.name(), assigned(table, columns, column).orElse("u." + old));
            }
        }
        for (Derived derived : table.derived().columns()) {
            row.put(derived.column().name(), table.derived().value(derived, c -> row.getOrDefault(c.name(), "NULL")));
        }
        row.forEach((name, value) -> {
            names.add(Sql.quote(name));
            values.add(value);
        });
        if (table.guarded()) {
            names.add(SEQUENCE);
            values.add("u.s");
        }
        return "WITH gone AS (DELETE FROM " + Sql.quote(table.id()) + " AS t USING " + rows(table, columns) + " WHERE "
                + sameKey(table) + " AND " + guard(table, "<") + " RETURNING " + String.join(", ", kept)
                + ", u.*) INSERT INTO " + Sql.quote(table.id()) + " (" + String.join(", ", names)
                + ") OVERRIDING SYSTEM VALUE SELECT " + String.join(", ", values)
                + " FROM gone AS u WHERE (SELECT count(*) FROM gone) >= 0";
    }

    /** {@code unnest(?::bigint[], …) AS u(c0, …, s)}, the column's index in its name. */
    static String rows(BoundTable table, int[] columns) {
        List<String> arrays = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (int index : columns) {
            arrays.add("?::" + Carrier.of(table.column(index).type()).elementName() + "[]");
            names.add("c" + index);
        }
        String rows =
                "unnest(" + String.join(", ", arrays) + ", ?::bigint[]) AS u(" + String.join(", ", names) + ", s)";
        return table.hasDefaults() && !table.derived().isEmpty() ? evaluated(table, columns, rows) : rows;
    }

    /** With defaults for NULL already, so that nothing evaluates them a second time and sees another value than is written. */
    private static String evaluated(BoundTable table, int[] columns, String rows) {
        return IntStream.of(columns)
                .mapToObj(i -> value(table, i) + " AS c" + i)
                .collect(Collectors.joining(", ", "(SELECT ", ", u.s FROM " + rows + ") AS u"));
    }

    /** The row that an expression sees when it is new: what an older event does not bring has its default. */
    private static Function<TargetColumn, String> inserted(BoundTable table, int[] columns) {
        return column -> brought(table, columns, column)
                .orElseGet(() -> column.defaultExpression() == null
                        ? "NULL"
                        : "(" + Sql.literally(column.defaultExpression()) + ")");
    }

    /** Of a row that was there, which keeps what an older event does not bring. */
    private static String overwritten(BoundTable table, int[] columns, Derived derived) {
        boolean whole = table.derived().row().stream()
                .allMatch(column -> brought(table, columns, column).isPresent());
        return whole
                ? "excluded." + derived.name()
                : table.derived()
                        .value(
                                derived,
                                column -> (brought(table, columns, column).isPresent() ? "excluded." : "t.")
                                        + Sql.quote(column.name()));
    }

    /** Assignments of derived columns to a row that is there, of which only some columns get other values. */
    private static List<String> derived(BoundTable table, int[] columns, Function<TargetColumn, String> kept) {
        Function<TargetColumn, String> row =
                column -> assigned(table, columns, column).orElseGet(() -> kept.apply(column));
        return table.derived().columns().stream()
                .map(derived -> derived.name() + " = " + table.derived().value(derived, row))
                .toList();
    }

    private static Optional<String> assigned(BoundTable table, int[] columns, TargetColumn column) {
        int index = table.indexOf(column.name());
        return index >= 0 && table.assignable(index) ? brought(table, columns, column) : Optional.empty();
    }

    private static Optional<String> brought(BoundTable table, int[] columns, TargetColumn column) {
        int index = table.indexOf(column.name());
        boolean brought = IntStream.of(columns).anyMatch(i -> i == index);
        return brought ? Optional.of(value(table, index)) : Optional.empty();
    }

    /** The ordinals, from 1, of the given keys that are there. */
    static String presentKeys(BoundTable table) {
        List<String> arrays = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (int index : table.keyIndexes()) {
            arrays.add("?::" + Carrier.of(table.column(index).type()).elementName() + "[]");
            names.add("c" + index);
        }
        return "SELECT u.n FROM unnest(" + String.join(", ", arrays) + ") WITH ORDINALITY AS u("
                + String.join(", ", names) + ", n) WHERE EXISTS (SELECT 1 FROM " + Sql.quote(table.id())
                + " AS t WHERE "
                + sameKey(table) + ")";
    }

    private static List<String> values(BoundTable table, int[] columns) {
        return IntStream.of(columns).mapToObj(i -> value(table, i)).toList();
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

    private static Stream<Integer> assigned(BoundTable table, int[] columns) {
        return IntStream.of(columns).filter(table::assignable).boxed();
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
