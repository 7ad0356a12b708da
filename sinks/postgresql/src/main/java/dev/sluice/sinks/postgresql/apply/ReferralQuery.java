package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.sinks.postgresql.database.Sql;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The text of a question asked before a step: one row when PostgreSQL would act on a row that the step does not name. It takes the step's parameters. Row by row, LIMIT
 * keeping the planner from anything else: every look-up is one by key, or by the index of the foreign key. (A plain join once became a scan per row.)
 */
final class ReferralQuery {
    private final Step step;
    private final BoundTable table;
    private final List<Referrer> referrers;
    private final List<String> referenced;

    private ReferralQuery(Step step, List<Referrer> referrers) {
        this.step = step;
        this.table = step.table();
        this.referrers = referrers;
        this.referenced = referrers.stream()
                .flatMap(referrer -> referrer.foreignKey().parentColumns().stream())
                .distinct()
                .toList();
    }

    static String of(Step step, List<Referrer> referrers) {
        ReferralQuery query = new ReferralQuery(step, referrers);
        return step.kind() == StepKind.TRUNCATE ? query.ofTruncated() : query.ofRows();
    }

    /** Rows of the table itself go with it. */
    private String ofTruncated() {
        return anyOf(
                "WITH u(s) AS (VALUES (?::bigint))",
                referrer -> "SELECT 1 FROM u, " + Sql.quote(table.id()) + " AS t CROSS JOIN LATERAL (SELECT 1 FROM "
                        + Sql.quote(referrer.child()) + " AS r WHERE "
                        + refers(referrer.foreignKey(), column -> "t." + Sql.quote(column))
                        + " LIMIT 1) referring WHERE " + Statements.guard(table, "<")
                        + (referrer.child().equals(table.id()) ? " AND false" : ""));
    }

    /** The rows that are there and lose a referenced value are looked up once, for all foreign keys; of upserts these are mostly none. */
    private String ofRows() {
        String values = referenced.stream()
                .map(column -> "t." + Sql.quote(column) + " AS p" + referenced.indexOf(column))
                .collect(Collectors.joining(", "));
        String changed = leaves()
                ? ""
                : referrers.stream()
                        .map(referrer -> changes(referrer.foreignKey(), column -> "t." + Sql.quote(column)))
                        .distinct()
                        .collect(Collectors.joining(" OR ", " AND (", ")"));
        String rows = "WITH u AS MATERIALIZED (SELECT * FROM " + Statements.rows(table, step.columns())
                + "), t AS MATERIALIZED (SELECT * FROM u CROSS JOIN LATERAL (SELECT " + values + " FROM "
                + Sql.quote(table.id()) + " AS t WHERE " + Statements.sameKey(table) + " AND "
                + Statements.guard(table, "<") + changed + " LIMIT 1) present)";
        return anyOf(rows, this::ofRow);
    }

    private String ofRow(Referrer referrer) {
        ForeignKey key = referrer.foreignKey();
        String changed = leaves() ? "" : " WHERE " + changes(key, column -> "u.p" + referenced.indexOf(column));
        // As u, so that values are spelled as everywhere.
        return "SELECT 1 FROM t AS u CROSS JOIN LATERAL (SELECT 1 FROM " + Sql.quote(referrer.child()) + " AS r WHERE "
                + refers(key, column -> "u.p" + referenced.indexOf(column)) + notNamed(referrer) + " LIMIT 1) referring"
                + changed;
    }

    private String anyOf(String with, Function<Referrer, String> question) {
        return referrers.stream()
                .map(referrer -> "(" + question.apply(referrer) + " LIMIT 1)")
                .collect(Collectors.joining(" UNION ALL ", with + " SELECT 1 FROM (", ") found LIMIT 1"));
    }

    private static String refers(ForeignKey key, UnaryOperator<String> referenced) {
        return IntStream.range(0, key.columns().size())
                .mapToObj(i -> "r." + Sql.quote(key.columns().get(i)) + " = "
                        + referenced.apply(key.parentColumns().get(i)))
                .collect(Collectors.joining(" AND "));
    }

    /** Rows that are taken out leave, even when the same statement puts them back. */
    private boolean leaves() {
        return step.kind() == StepKind.DELETE || step.kind() == StepKind.MOVE;
    }

    /** A row that the same statement deletes or rewrites does not count: PostgreSQL looks for referring rows when the statement has ended. One that it puts back does. */
    private String notNamed(Referrer referrer) {
        if (!referrer.child().equals(table.id()) || step.kind() == StepKind.MOVE) {
            return "";
        }
        String key = IntStream.of(table.keyIndexes())
                .mapToObj(i -> "r." + Sql.quote(table.column(i).name()))
                .collect(Collectors.joining(", "));
        String named = IntStream.of(table.keyIndexes())
                .mapToObj(i -> Statements.value(table, i))
                .collect(Collectors.joining(", "));
        return " AND (" + key + ") NOT IN (SELECT " + named + " FROM u)";
    }

    /** As PostgreSQL sees it: a value that looks different is another one here, even when it is equal, as 1.0 and 1.00 are. */
    private String changes(ForeignKey key, UnaryOperator<String> present) {
        return IntStream.of(step.columns())
                .filter(i -> table.assignable(i)
                        && key.parentColumns().contains(table.column(i).name()))
                .mapToObj(i -> change(i, present.apply(table.column(i).name())))
                .collect(Collectors.joining(" OR ", "(", ")"));
    }

    private String change(int index, String present) {
        return step.kind() == StepKind.DETACH
                ? present + " IS NOT NULL"
                : present + "::text IS DISTINCT FROM (u.c" + index + "::"
                        + table.column(index).nativeType() + ")::text";
    }
}
