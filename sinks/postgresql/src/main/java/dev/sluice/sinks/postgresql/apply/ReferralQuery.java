package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.sinks.postgresql.catalog.TargetColumn;
import dev.sluice.sinks.postgresql.database.Sql;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The text of a question asked before a step: one row when PostgreSQL would act on a row that the step does not name. It takes the step's parameters. Asked one foreign key
 * at a time by plain joins, so that every look-up is one by key, or by the index of the foreign key.
 */
final class ReferralQuery {
    private final Step step;
    private final BoundTable table;

    private ReferralQuery(Step step) {
        this.step = step;
        this.table = step.table();
    }

    static String of(Step step, List<Referrer> referrers) {
        return new ReferralQuery(step).text(referrers);
    }

    private String text(List<Referrer> referrers) {
        if (step.kind() == StepKind.TRUNCATE) {
            return referrers.stream().map(this::ofTruncated).collect(union("WITH u(s) AS (VALUES (?::bigint)) "));
        }
        String rows = "WITH u AS MATERIALIZED (SELECT * FROM " + Statements.rows(table, step.columns()) + ") ";
        return referrers.stream().map(this::ofRows).collect(union(rows));
    }

    private static java.util.stream.Collector<CharSequence, ?, String> union(String with) {
        return Collectors.joining(") UNION ALL (", with + "SELECT 1 FROM ((", ")) found LIMIT 1");
    }

    private String ofRows(Referrer referrer) {
        String changed = step.kind() == StepKind.DELETE ? "" : " AND " + changes(referrer.foreignKey());
        return "SELECT 1 FROM u, " + Sql.quote(table.id()) + " AS t, " + Sql.quote(referrer.child()) + " AS r WHERE "
                + Statements.sameKey(table) + " AND coalesce(t." + Statements.SEQUENCE + ", 0) < u.s"
                + changed + " AND " + refers(referrer.foreignKey()) + notNamed(referrer) + " LIMIT 1";
    }

    /** Rows of the table itself go with it. */
    private String ofTruncated(Referrer referrer) {
        return "SELECT 1 FROM u, " + Sql.quote(table.id()) + " AS t, " + Sql.quote(referrer.child())
                + " AS r WHERE coalesce(t."
                + Statements.SEQUENCE + ", 0) < u.s AND " + refers(referrer.foreignKey())
                + (referrer.child().equals(table.id()) ? " AND false" : "") + " LIMIT 1";
    }

    private static String refers(ForeignKey key) {
        return IntStream.range(0, key.columns().size())
                .mapToObj(i -> "r." + Sql.quote(key.columns().get(i)) + " = t."
                        + Sql.quote(key.parentColumns().get(i)))
                .collect(Collectors.joining(" AND "));
    }

    /** A row that the same statement deletes or rewrites does not count: PostgreSQL looks for referring rows when the statement has ended. */
    private String notNamed(Referrer referrer) {
        if (!referrer.child().equals(table.id())) {
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
    private String changes(ForeignKey key) {
        return IntStream.of(step.columns())
                .filter(i -> table.assignable(i)
                        && key.parentColumns().contains(table.column(i).name()))
                .mapToObj(this::change)
                .collect(Collectors.joining(" OR ", "(", ")"));
    }

    private String change(int index) {
        TargetColumn column = table.column(index);
        String present = "t." + Sql.quote(column.name());
        return step.kind() == StepKind.DETACH
                ? present + " IS NOT NULL"
                : present + "::text IS DISTINCT FROM (u.c" + index + "::" + column.nativeType() + ")::text";
    }
}
