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

    /** A uuid's digits, whatever its spelling. */
    private static final String UUID_DIGITS =
            "CASE typeof(%1$s) WHEN 'text' THEN lower(replace(replace(replace(%1$s, '-', ''), '{', ''), '}', '')) ELSE lower(hex(%1$s)) END";

    private final List<Finding> findings;

    /** @param findings receives what is wrong */
    KeyCheck(List<Finding> findings) {
        this.findings = findings;
    }

    void nullKeys(Session session, CapturedTable table, TableInfo info) throws SQLException {
        String nulls = table.sourceKey().stream()
                .filter(column -> !info.isNotNull(column))
                .map(column -> column(table, column) + " IS NULL")
                .collect(Collectors.joining(" OR "));
        if (!nulls.isEmpty() && isScannable(session, info)) {
            Long count = counted(
                    session,
                    table,
                    "(" + nulls + ")" + Condition.and(table.selection().where()));
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
        if (info.enforces(table.sourceKey()) || !isScannable(session, info)) {
            return;
        }
        List<String> key =
                table.sourceKey().stream().map(column -> column(table, column)).toList();
        String known = key.stream().map(column -> column + " IS NOT NULL").collect(Collectors.joining(" AND "));
        Long duplicates = counted(
                session,
                table,
                known + Condition.and(table.selection().where()) + " GROUP BY " + String.join(", ", key)
                        + " HAVING count(*) > 1 LIMIT 1");
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
            String column = column(table, table.sourceColumns().get(index));
            boolean isUuid = target.columns().get(index).type() == LogicalType.UUID;
            uuid |= isUuid;
            key.add(isUuid ? UUID_DIGITS.formatted(column) : column);
        }
        String groups = "SELECT count(*) FROM (SELECT 1 FROM " + Sql.name(info.name()) + " GROUP BY "
                + String.join(", ", key) + " HAVING count(*) > 1)";
        Long twice =
                uuid && info.enforces(table.sourceKey()) && isScannable(session, info) ? session.number(groups) : null;
        if (twice != null && twice > 0) {
            findings.add(Finding.error(
                    "key-spelled-twice",
                    SourceCheck.subject(table),
                    twice + " uuids of key " + table.identity()
                            + " stand in several rows in different spellings; one would overwrite the other",
                    "merge these rows in the source"));
        }
    }

    private static String column(CapturedTable table, String column) {
        String computed = table.selection().computed().get(column);
        return computed == null ? Sql.name(column) : "(\n" + computed + "\n)";
    }

    /** Null when the table's own SQL fails on a row, which becomes a dead letter. */
    private static @Nullable Long counted(Session session, CapturedTable table, String condition) throws SQLException {
        try {
            return session.number("SELECT count(*) FROM " + Sql.name(table.sourceName()) + " WHERE " + condition);
        } catch (SQLException e) {
            if (table.selection().isAll() || Session.isLock(e) || Session.isInterrupt(e)) {
                throw e;
            }
            return null;
        }
    }

    static boolean isScannable(Session session, TableInfo info) throws SQLException {
        return RowEstimate.of(session, info) <= MAX_SCANNED_ROWS;
    }
}
