package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.runtime.Finding;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Looks through the keys of a table's rows, as they stand in the source or are computed, for those that could not all be keys of the target. */
final class KeyCheck {
    /** A scan of more rows would keep writers in rollback mode waiting. */
    private static final long MAX_SCANNED_ROWS = 1_000_000;

    private final List<Finding> findings;

    /** @param findings receives what is wrong */
    KeyCheck(List<Finding> findings) {
        this.findings = findings;
    }

    void nullKeys(Session session, CapturedTable table, TableInfo info) throws SQLException {
        String nulls = table.sourceKey().stream()
                .filter(column -> !info.isNotNull(column))
                .map(column -> Sql.column(table, column) + " IS NULL")
                .collect(Collectors.joining(" OR "));
        if (!nulls.isEmpty() && isScannable(session, info)) {
            Long count = number(session, table, "SELECT count(*)" + rows(table, "(" + nulls + ")"));
            if (count != null && count > 0) {
                findings.add(Finding.warning(
                        "null-in-key",
                        SourceCheck.subject(table),
                        count + " rows have NULL in key " + table.sourceKey() + "; they become dead letters",
                        "give them a key in the source, or choose other key columns"));
            }
        }
    }

    void doubleKeys(Session session, CapturedTable table, TableInfo info) throws SQLException {
        if (info.enforces(table.sourceKey())) {
            return;
        }
        if (!isScannable(session, info)) {
            if (table.sourceKey().stream().anyMatch(table.selection().computed()::containsKey)) {
                notChecked(table, "has too many rows to look for two with one computed key");
            }
            return;
        }
        List<String> key = table.sourceKey().stream()
                .map(column -> Sql.column(table, column))
                .toList();
        String known = key.stream().map(column -> column + " IS NOT NULL").collect(Collectors.joining(" AND "));
        String groups = " GROUP BY " + String.join(", ", key) + " HAVING count(*) > 1 LIMIT 1";
        Long duplicates = number(session, table, "SELECT 1" + allRows(table, known) + groups);
        if (duplicates != null) {
            findings.add(Finding.error(
                    "key-not-unique",
                    SourceCheck.subject(table),
                    "several rows have the same key " + table.sourceKey() + "; one would overwrite the other",
                    "exclude the table, name `key:` columns that are unique, or give the rows keys of their own"));
        }
    }

    /** Two spellings of a uuid are two keys here and one in the target. */
    void spelledTwice(Session session, CapturedTable table, TableInfo info) throws SQLException {
        Table target = table.target();
        List<String> key = new ArrayList<>();
        boolean uuid = false;
        for (int index : target.keyIndexes()) {
            LogicalType type = target.columns().get(index).type();
            uuid |= type == LogicalType.UUID;
            key.add(OrphanCount.comparable(table, table.sourceColumns().get(index), type));
        }
        String groups = "SELECT count(*) FROM (SELECT 1" + allRows(table, "1") + " GROUP BY " + String.join(", ", key)
                + " HAVING count(*) > 1)";
        boolean wanted = uuid && info.enforces(table.sourceKey()) && isScannable(session, info);
        Long twice = wanted ? number(session, table, groups) : null;
        if (twice != null && twice > 0) {
            findings.add(Finding.error(
                    "key-spelled-twice",
                    SourceCheck.subject(table),
                    twice + " uuids of key " + table.identity()
                            + " stand in several rows in different spellings; one would overwrite the other",
                    "merge these rows in the source"));
        }
    }

    /** Those that stay behind too: when one is deleted, a row with its key leaves the target. */
    private static String allRows(CapturedTable table, String condition) {
        return " FROM " + Sql.name(table.sourceName()) + " WHERE " + condition;
    }

    /** Of those that travel. */
    private static String rows(CapturedTable table, String condition) {
        return allRows(table, condition) + Condition.and(table.selection().where());
    }

    /** No index keeps a computed key unique. */
    private void notChecked(CapturedTable table, String why) {
        findings.add(Finding.warning(
                "key-not-checked",
                SourceCheck.subject(table),
                why + "; where two have one key " + table.sourceKey() + ", one overwrites the other",
                "be sure that the expression gives different rows different keys"));
    }

    /** Null when the table's own SQL fails on a row, which becomes a dead letter. */
    private @Nullable Long number(Session session, CapturedTable table, String sql) throws SQLException {
        try {
            return session.number(sql);
        } catch (SQLException e) {
            if (table.selection().isAll() || Session.isCircumstance(e)) {
                throw e;
            }
            notChecked(
                    table,
                    "has rows on which its condition or a computed column fails, so its keys were not looked at");
            return null;
        }
    }

    static boolean isScannable(Session session, TableInfo info) throws SQLException {
        return RowEstimate.of(session, info) <= MAX_SCANNED_ROWS;
    }
}
