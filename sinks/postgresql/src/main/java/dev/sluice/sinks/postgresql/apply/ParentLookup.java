package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.sinks.postgresql.apply.ArrayEncoder.Carrier;
import dev.sluice.sinks.postgresql.catalog.TargetColumn;
import dev.sluice.sinks.postgresql.catalog.TargetForeignKey;
import dev.sluice.sinks.postgresql.database.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Finds rows that PostgreSQL refuses only because a parent of theirs is a dead letter and not in the target: one query per foreign key instead of a search
 * row by row. It sees foreign keys that refer to the parent's primary key.
 */
final class ParentLookup {
    private final String pipeline;
    private final BoundTables tables;
    private final DeadLetters deadLetters;
    private final ArrayEncoder arrays;

    ParentLookup(String pipeline, BoundTables tables, DeadLetters deadLetters, ArrayEncoder arrays) {
        this.pipeline = pipeline;
        this.tables = tables;
        this.deadLetters = deadLetters;
        this.arrays = arrays;
    }

    /** The dead letters that children of dead parents become; each with its change. */
    Map<RowChange, DeadLetter> children(Connection connection, List<RowChange> changes) throws SQLException {
        Map<RowChange, DeadLetter> found = new LinkedHashMap<>();
        Map<BoundTable, List<RowChange>> byTable = changes.stream()
                .filter(change -> change.kind() == StepKind.UPSERT || change.kind() == StepKind.UPDATE)
                .collect(Collectors.groupingBy(RowChange::table, LinkedHashMap::new, Collectors.toList()));
        Set<RowChange.Key> written = byTable.values().stream()
                .flatMap(List::stream)
                .map(row -> row.key().comparable())
                .collect(Collectors.toSet());
        for (Map.Entry<BoundTable, List<RowChange>> entry : byTable.entrySet()) {
            for (TargetForeignKey foreignKey : entry.getKey().target().foreignKeys()) {
                if (deadLetters.mayHaveOpen(foreignKey.key().parent())) {
                    lookUp(connection, foreignKey.key(), entry.getKey(), entry.getValue(), written, found);
                }
            }
        }
        return found;
    }

    private void lookUp(
            Connection connection,
            ForeignKey foreignKey,
            BoundTable table,
            List<RowChange> rows,
            Set<RowChange.Key> written,
            Map<RowChange, DeadLetter> found)
            throws SQLException {
        int[] columns = indexes(table, foreignKey);
        if (columns.length == 0) {
            return;
        }
        Map<RowChange, RowChange.Key> parents = new LinkedHashMap<>();
        for (RowChange row : rows) {
            RowChange.Key parent = row.reference(foreignKey.parent(), columns);
            if (parent != null && !written.contains(parent)) {
                parents.put(row, parent);
            }
        }
        Set<RowChange.Key> dead = parents.isEmpty() ? Set.of() : dead(connection, foreignKey, table, columns, parents);
        parents.forEach((row, parent) -> {
            if (dead.contains(parent)) {
                found.putIfAbsent(row, letter(row, foreignKey, parent));
            }
        });
    }

    private static DeadLetter letter(RowChange row, ForeignKey foreignKey, RowChange.Key parent) {
        return DeadLetter.of(
                row,
                null,
                "parent",
                "the row refers by " + foreignKey.name() + " to a row of " + foreignKey.parent()
                        + " that is itself a dead letter",
                List.of(new RowKey(parent.table().toString(), parent.text())));
    }

    /** Parents of a refused row that the target lacks; those that foreign keys refer to by their primary keys. */
    List<RowKey> missing(Connection connection, RowChange row) throws SQLException {
        List<RowKey> missing = new ArrayList<>();
        if (row.kind() == StepKind.UPSERT || row.kind() == StepKind.UPDATE) {
            for (TargetForeignKey key : row.table().target().foreignKeys()) {
                int[] columns = indexes(row.table(), key.key());
                RowChange.Key parent =
                        columns.length == 0 ? null : row.reference(key.key().parent(), columns);
                if (parent != null && isMissing(connection, key.key(), row, columns)) {
                    missing.add(new RowKey(parent.table().toString(), parent.text()));
                }
            }
        }
        return missing;
    }

    private boolean isMissing(Connection connection, ForeignKey key, RowChange row, int[] columns) throws SQLException {
        List<Step.Row> rows = List.of(new Step.Row(row.row(), row.sequence()));
        String sql = "SELECT 1 FROM " + Statements.rows(row.table(), columns) + " WHERE NOT EXISTS (SELECT 1 FROM "
                + Sql.quote(key.parent()) + " AS p WHERE " + String.join(" AND ", same(key, row.table(), columns))
                + ")";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            int parameter = 1;
            for (int column : columns) {
                query.setArray(
                        parameter++,
                        arrays.column(connection, row.table().column(column).type(), rows, column));
            }
            query.setArray(parameter, arrays.sequences(connection, rows));
            try (ResultSet found = query.executeQuery()) {
                return found.next();
            }
        }
    }

    private List<String> same(ForeignKey key, BoundTable table, int[] columns) {
        List<TargetColumn> parent = tables.keyColumns(key.parent());
        List<String> same = new ArrayList<>();
        for (int i = 0; i < columns.length; i++) {
            same.add(Statements.stored("p", parent.get(i)) + " = " + Statements.value(table, columns[i]));
        }
        return same;
    }

    /** The child's columns in the order of the parent's key; empty when the foreign key does not refer to that, or they are not delivered. */
    private int[] indexes(BoundTable table, ForeignKey foreignKey) {
        List<String> key = tables.primaryKey(foreignKey.parent());
        List<String> columns = key.stream()
                .map(column -> foreignKey.parentColumns().indexOf(column))
                .filter(at -> at >= 0)
                .map(at -> foreignKey.columns().get(at))
                .toList();
        boolean refersToKey = key.size() == foreignKey.columns().size() && columns.size() == key.size();
        boolean delivered = columns.stream().allMatch(column -> table.indexOf(column) >= 0);
        return refersToKey && delivered ? table.writer().indexesOf(columns) : new int[0];
    }

    /** Which of the parents are open dead letters and have no row. The values travel with the child's types; the key's text in the parent's key order. */
    private Set<RowChange.Key> dead(
            Connection connection,
            ForeignKey foreignKey,
            BoundTable table,
            int[] columns,
            Map<RowChange, RowChange.Key> parents)
            throws SQLException {
        Map<RowChange.Key, RowChange> examples = new LinkedHashMap<>();
        parents.forEach((row, parent) -> examples.putIfAbsent(parent, row));
        List<RowChange.Key> keys = new ArrayList<>(examples.keySet());
        List<Step.Row> rows = examples.values().stream()
                .map(row -> new Step.Row(row.row(), row.sequence()))
                .toList();
        Set<RowChange.Key> dead = new HashSet<>();
        try (PreparedStatement query = connection.prepareStatement(text(foreignKey, table, columns))) {
            int parameter = 1;
            for (int column : columns) {
                query.setArray(
                        parameter++,
                        arrays.column(connection, table.column(column).type(), rows, column));
            }
            query.setArray(
                    parameter++,
                    arrays.texts(
                            connection, keys.stream().map(RowChange.Key::text).toList()));
            query.setString(parameter++, pipeline);
            query.setString(parameter, foreignKey.parent().toString());
            try (ResultSet result = query.executeQuery()) {
                while (result.next()) {
                    dead.add(keys.get(result.getInt(1) - 1));
                }
            }
        }
        return dead;
    }

    private String text(ForeignKey foreignKey, BoundTable table, int[] columns) {
        List<String> arrayTypes = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (int i = 0; i < columns.length; i++) {
            TargetColumn column = table.column(columns[i]);
            arrayTypes.add("?::" + Carrier.of(column.type()).elementName() + "[]");
            names.add("c" + columns[i]);
        }
        return "SELECT u.n FROM unnest(" + String.join(", ", arrayTypes) + ", ?::text[]) WITH ORDINALITY AS u("
                + String.join(", ", names)
                + ", k, n) WHERE EXISTS (SELECT 1 FROM sluice.dead_letters d WHERE d.pipeline = ? AND d.table_name = ? AND d.key = u.k"
                + " AND d.state = 'open') AND NOT EXISTS (SELECT 1 FROM " + Sql.quote(foreignKey.parent())
                + " AS p WHERE "
                + String.join(" AND ", same(foreignKey, table, columns)) + ")";
    }
}
