package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.apply.ArrayEncoder.Carrier;
import dev.sluice.sinks.postgresql.catalog.TargetForeignKey;
import dev.sluice.sinks.postgresql.database.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Which of some changes refer to rows that are not in the target: to others of the changes, or to none. Found by one query per foreign key. Values are compared as Java has them: where only
 * PostgreSQL sees that two are equal, a parent may be missed.
 */
public final class Dependencies {
    private final ArrayEncoder arrays;
    private final Connection connection;
    private final List<RowChange> upserts;
    /** By referenced columns, rows of the changes. */
    private final Map<Referenced, RowChange> present = new HashMap<>();

    private final Map<RowChange, Set<RowChange>> needs = new HashMap<>();
    private final Set<RowChange> orphans = new HashSet<>();
    private final Set<Missing> missing = new LinkedHashSet<>();

    /** A row by columns that a foreign key refers to. */
    private record Referenced(List<String> columns, RowChange.Key key) {}

    /**
     * A row that is referred to and is nowhere.
     *
     * @param key as schema {@code sluice} spells it
     */
    public record Missing(TableId table, String key) {}

    private Dependencies(ArrayEncoder arrays, Connection connection, List<RowChange> changes) {
        this.arrays = arrays;
        this.connection = connection;
        this.upserts = changes.stream()
                .filter(change -> change.kind() == StepKind.UPSERT || change.kind() == StepKind.UPDATE)
                .toList();
    }

    static Dependencies of(ArrayEncoder arrays, Connection connection, BoundTables tables, List<RowChange> changes)
            throws SQLException {
        Dependencies dependencies = new Dependencies(arrays, connection, changes);
        dependencies.find(tables);
        return dependencies;
    }

    /** Whether a parent of a change, or a parent of that, is nowhere. */
    boolean isOrphan(RowChange change) {
        return orphans.contains(change);
    }

    /** Other changes that bring the parents of one. */
    Set<RowChange> needs(RowChange change) {
        return needs.getOrDefault(change, Set.of());
    }

    /** Rows that some change refers to and that are neither in the target nor among the changes; without those that are referred to by other columns than their keys. */
    public Set<Missing> missing() {
        return Collections.unmodifiableSet(missing);
    }

    private void find(BoundTables tables) throws SQLException {
        Map<BoundTable, List<RowChange>> byTable = upserts.stream()
                .collect(Collectors.groupingBy(RowChange::table, LinkedHashMap::new, Collectors.toList()));
        for (Map.Entry<BoundTable, List<RowChange>> entry : byTable.entrySet()) {
            for (TargetForeignKey foreignKey : entry.getKey().target().foreignKeys()) {
                index(foreignKey.key());
            }
        }
        for (Map.Entry<BoundTable, List<RowChange>> entry : byTable.entrySet()) {
            for (TargetForeignKey foreignKey : entry.getKey().target().foreignKeys()) {
                lookUp(foreignKey.key(), entry.getKey(), entry.getValue(), tables);
            }
        }
        boolean more = !orphans.isEmpty();
        while (more) {
            more = orphans.addAll(needs.entrySet().stream()
                    .filter(entry -> entry.getValue().stream().anyMatch(orphans::contains))
                    .map(Map.Entry::getKey)
                    .toList());
        }
    }

    /** A partial row is there already, or stays away. */
    private void index(ForeignKey foreignKey) {
        for (RowChange row : upserts) {
            boolean parent = row.kind() == StepKind.UPSERT
                    && row.table().id().equals(foreignKey.parent())
                    && foreignKey.parentColumns().stream()
                            .allMatch(column -> row.table().indexOf(column) >= 0);
            if (parent) {
                int[] columns = row.table().writer().indexesOf(foreignKey.parentColumns());
                RowChange.Key key = row.reference(foreignKey.parent(), columns);
                if (key != null) {
                    present.put(new Referenced(foreignKey.parentColumns(), key), row);
                }
            }
        }
    }

    private void lookUp(ForeignKey foreignKey, BoundTable table, List<RowChange> rows, BoundTables tables)
            throws SQLException {
        if (foreignKey.columns().stream().anyMatch(column -> table.indexOf(column) < 0)) {
            return;
        }
        int[] columns = table.writer().indexesOf(foreignKey.columns());
        List<RowChange> referring = new ArrayList<>();
        for (RowChange row : rows) {
            Set<Integer> delivered = IntStream.of(row.delivered()).boxed().collect(Collectors.toSet());
            boolean brought = Arrays.stream(columns).allMatch(delivered::contains);
            if (brought && row.reference(foreignKey.parent(), columns) != null) {
                referring.add(row);
            }
        }
        for (RowChange row : withoutParent(foreignKey, table, columns, referring)) {
            RowChange.Key key = row.reference(foreignKey.parent(), columns);
            RowChange parent = key == null ? null : present.get(new Referenced(foreignKey.parentColumns(), key));
            if (parent == null) {
                orphans.add(row);
                note(foreignKey, row, tables.primaryKey(foreignKey.parent()));
            } else if (!parent.equals(row)) {
                needs.computeIfAbsent(row, r -> new HashSet<>()).add(parent);
            }
        }
    }

    private void note(ForeignKey foreignKey, RowChange row, List<String> primaryKey) {
        if (foreignKey.parentColumns().size() == primaryKey.size()
                && foreignKey.parentColumns().containsAll(primaryKey)) {
            int[] columns = row.table()
                    .writer()
                    .indexesOf(primaryKey.stream()
                            .map(column -> foreignKey
                                    .columns()
                                    .get(foreignKey.parentColumns().indexOf(column)))
                            .toList());
            RowChange.Key key = row.reference(foreignKey.parent(), columns);
            if (key != null) {
                missing.add(new Missing(foreignKey.parent(), key.text()));
            }
        }
    }

    /** Rows whose parents are not in the target. */
    private List<RowChange> withoutParent(ForeignKey foreignKey, BoundTable table, int[] columns, List<RowChange> rows)
            throws SQLException {
        if (rows.isEmpty()) {
            return List.of();
        }
        List<Step.Row> values = rows.stream()
                .map(row -> new Step.Row(row.row(), row.sequence()))
                .toList();
        List<RowChange> found = new ArrayList<>();
        try (PreparedStatement query = connection.prepareStatement(text(foreignKey, table, columns))) {
            int parameter = 1;
            for (int column : columns) {
                query.setArray(
                        parameter++,
                        arrays.column(connection, table.column(column).type(), values, column));
            }
            try (ResultSet result = query.executeQuery()) {
                while (result.next()) {
                    found.add(rows.get(result.getInt(1) - 1));
                }
            }
        }
        return found;
    }

    private static String text(ForeignKey foreignKey, BoundTable table, int[] columns) {
        List<String> arrayTypes = new ArrayList<>();
        List<String> names = new ArrayList<>();
        List<String> same = new ArrayList<>();
        for (int i = 0; i < columns.length; i++) {
            arrayTypes.add("?::" + Carrier.of(table.column(columns[i]).type()).elementName() + "[]");
            names.add("c" + columns[i]);
            same.add("p." + Sql.quote(foreignKey.parentColumns().get(i)) + " = " + Statements.value(table, columns[i]));
        }
        return "SELECT u.n FROM unnest(" + String.join(", ", arrayTypes) + ") WITH ORDINALITY AS u("
                + String.join(", ", names) + ", n) WHERE NOT EXISTS (SELECT 1 FROM " + Sql.quote(foreignKey.parent())
                + " AS p WHERE " + String.join(" AND ", same) + ")";
    }
}
