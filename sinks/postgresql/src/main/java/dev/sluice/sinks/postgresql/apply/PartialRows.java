package dev.sluice.sinks.postgresql.apply;

import dev.sluice.sinks.postgresql.database.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Finds changes that bring a part of a row only, and met no row: nothing was written of them. */
final class PartialRows {
    private final ArrayEncoder arrays;

    PartialRows(ArrayEncoder arrays) {
        this.arrays = arrays;
    }

    /**
     * To be asked when the changes are written.
     *
     * @param changes in order
     * @param tooFew whether PostgreSQL updated fewer rows than it was given: they are missing, or as new as the change
     */
    Set<RowChange> missing(Connection connection, List<RowChange> changes, boolean tooFew) throws SQLException {
        if (changes.stream().noneMatch(change -> change.kind() == StepKind.UPDATE)) {
            return Set.of();
        }
        Last last = new Last();
        changes.forEach(last::add);
        Set<RowChange> missing = new LinkedHashSet<>();
        if (tooFew || last.deletes) {
            for (Map.Entry<BoundTable, List<RowChange>> entry : last.byTable().entrySet()) {
                lookUp(connection, entry.getKey(), entry.getValue(), missing);
            }
        }
        return missing;
    }

    /** The partial changes of each row that no whole one follows, and that follow no upsert. */
    private static final class Last {
        private final Map<RowChange.Key, List<RowChange>> partial = new LinkedHashMap<>();
        private final Set<RowChange.Key> written = new LinkedHashSet<>();
        /** A row may have been deleted before a part of it came. */
        private boolean deletes;

        private void add(RowChange change) {
            switch (change.kind()) {
                case UPSERT -> {
                    partial.remove(change.key());
                    written.add(change.key());
                }
                case UPDATE -> {
                    if (!written.contains(change.key())) {
                        partial.computeIfAbsent(change.key(), key -> new ArrayList<>())
                                .add(change);
                    }
                }
                case DELETE -> {
                    partial.remove(change.key());
                    written.remove(change.key());
                    deletes = true;
                }
                case TRUNCATE -> {
                    partial.keySet()
                            .removeIf(key -> key.table().equals(change.table().id()));
                    written.removeIf(key -> key.table().equals(change.table().id()));
                    deletes = true;
                }
                case UPSERT_CHANGED, ATTACH, DETACH, MOVE -> {}
            }
        }

        private Map<BoundTable, List<RowChange>> byTable() {
            Map<BoundTable, List<RowChange>> byTable = new LinkedHashMap<>();
            for (List<RowChange> ofOneRow : partial.values()) {
                for (RowChange change : ofOneRow) {
                    byTable.computeIfAbsent(change.table(), table -> new ArrayList<>())
                            .add(change);
                }
            }
            return byTable;
        }
    }

    /** The place among the changes travels where a statement has the sequence. */
    private void lookUp(Connection connection, BoundTable table, List<RowChange> changes, Set<RowChange> missing)
            throws SQLException {
        int[] key = table.keyIndexes();
        List<Step.Row> rows = new ArrayList<>(changes.size());
        for (RowChange change : changes) {
            rows.add(new Step.Row(change.row(), rows.size()));
        }
        String sql = "SELECT u.s FROM " + Statements.rows(table, key) + " WHERE NOT EXISTS (SELECT 1 FROM "
                + Sql.quote(table.id()) + " AS t WHERE " + Statements.sameKey(table) + ")";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            int parameter = 1;
            for (int index : key) {
                query.setArray(
                        parameter++,
                        arrays.column(connection, table.column(index).type(), rows, index));
            }
            query.setArray(parameter, arrays.sequences(connection, rows));
            try (ResultSet found = query.executeQuery()) {
                while (found.next()) {
                    missing.add(changes.get(found.getInt(1)));
                }
            }
        }
    }
}
