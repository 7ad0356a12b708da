package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.LogicalType;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Counts rows whose parent is missing under the target's foreign keys, whether or not the source declares them. Uuids are compared by their digits: a plain
 * join takes two spellings of one uuid for two, and reports orphans that are none.
 */
final class OrphanCount {
    /** A uuid's digits, whatever its spelling. */
    private static final String UUID_DIGITS =
            "CASE typeof(%1$s) WHEN 'null' THEN NULL WHEN 'text' THEN replace(lower(replace(replace(replace(%1$s, '-', ''), '{', ''), '}', '')), 'urn:uuid:', '') ELSE lower(hex(%1$s)) END";

    private final List<CapturedTable> tables;

    /** @param tables all captured ones */
    OrphanCount(List<CapturedTable> tables) {
        this.tables = List.copyOf(tables);
    }

    /** What a column is compared by, where it becomes a value of this type. */
    static String comparable(CapturedTable table, String column, LogicalType type) {
        String sql = Sql.column(table, column);
        return type == LogicalType.UUID ? UUID_DIGITS.formatted(sql) : sql;
    }

    /** Rows that refer to none of the parent's, of those that travel; 0 where the parent is not captured, or the tables' own SQL fails on a row. */
    long of(Session session, CapturedTable child, ForeignKey key) throws SQLException {
        Optional<CapturedTable> parent = tables.stream()
                .filter(table -> table.target().id().equals(key.parent()))
                .findFirst();
        if (parent.isEmpty()) {
            return 0;
        }
        List<String> referring = comparables(child, key.columns());
        List<String> referred = comparables(parent.get(), key.parentColumns());
        String sql = "SELECT count(*) FROM " + Sql.name(child.sourceName()) + " WHERE " + notNull(referring)
                + Condition.and(child.selection().where()) + " AND ("
                + String.join(", ", referring) + ") NOT IN (SELECT " + String.join(", ", referred) + " FROM "
                + Sql.name(parent.get().sourceName()) + " WHERE " + notNull(referred)
                + Condition.and(parent.get().selection().where()) + ")";
        try {
            Long count = session.number(sql);
            return count == null ? 0 : count;
        } catch (SQLException e) {
            boolean ownSql =
                    !child.selection().isAll() || !parent.get().selection().isAll();
            if (!ownSql || Session.isCircumstance(e)) {
                throw e;
            }
            return 0;
        }
    }

    private static List<String> comparables(CapturedTable table, List<String> columns) {
        List<String> comparables = new ArrayList<>();
        for (String column : columns) {
            int index = table.target().indexOf(column);
            LogicalType type = table.target().columns().get(index).type();
            comparables.add(comparable(table, table.sourceColumns().get(index), type));
        }
        return comparables;
    }

    private static String notNull(List<String> expressions) {
        return expressions.stream().map(sql -> sql + " IS NOT NULL").collect(Collectors.joining(" AND "));
    }

    /** The source's tables and columns of foreign keys that the target has too. */
    boolean isInTarget(CapturedTable child, List<String> sourceColumns, String parentTable) {
        return child.target().foreignKeys().stream()
                .anyMatch(key -> key.columns().stream()
                                .map(column ->
                                        child.sourceColumns().get(child.target().indexOf(column)))
                                .toList()
                                .equals(sourceColumns)
                        && tables.stream()
                                .anyMatch(table -> table.target().id().equals(key.parent())
                                        && table.sourceName().equals(parentTable)));
    }
}
