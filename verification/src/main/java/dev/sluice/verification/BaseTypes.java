package dev.sluice.verification;

import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.Table;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Resolves domains: what their values look like, and which of them are equal, the type says that they stand for. */
final class BaseTypes {
    private static final String SQL = """
            WITH RECURSIVE base (name, type, modifier) AS (
              SELECT a.attname, a.atttypid, a.atttypmod FROM pg_catalog.pg_attribute a
              WHERE a.attrelid = to_regclass(format('%I.%I', ?, ?)) AND a.attnum > 0 AND NOT a.attisdropped
              UNION ALL
              SELECT b.name, t.typbasetype, CASE WHEN t.typtypmod >= 0 THEN t.typtypmod ELSE b.modifier END
              FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.type WHERE t.typtype = 'd')
            SELECT b.name, format_type(b.type, b.modifier) FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.type WHERE t.typtype <> 'd'""";

    private BaseTypes() {}

    /** The same tables, with the types that domains stand for. */
    static List<TableTask> resolved(TargetSessions sessions, List<TableTask> tasks) {
        return sessions.inTransaction(connection -> {
            List<TableTask> resolved = new ArrayList<>();
            for (TableTask task : tasks) {
                Table table = resolved(connection, task.captured().target());
                resolved.add(task.with(task.captured().with(table)));
            }
            return resolved;
        });
    }

    private static Table resolved(Connection connection, Table table) throws SQLException {
        Map<String, String> types = new HashMap<>();
        try (PreparedStatement query = connection.prepareStatement(SQL)) {
            query.setString(1, table.id().schema());
            query.setString(2, table.id().name());
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    types.put(row.getString(1), row.getString(2));
                }
            }
        }
        List<Column> columns = table.columns().stream()
                .map(column -> new Column(
                        column.name(),
                        column.type(),
                        types.getOrDefault(column.name(), column.nativeType()),
                        column.nullable(),
                        column.hasDefault()))
                .toList();
        return new Table(table.id(), columns, table.primaryKey(), table.uniqueKeys(), table.foreignKeys());
    }
}
