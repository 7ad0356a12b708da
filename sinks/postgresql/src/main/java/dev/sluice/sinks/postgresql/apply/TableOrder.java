package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.catalog.TargetForeignKey;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Parents before children. In a cycle a nullable foreign key gives way, so that the rows can be written without it first; where there is none, PostgreSQL may
 * refuse the order, and who writes tries another.
 */
public final class TableOrder {
    private final Map<TableId, Integer> ranks;

    private TableOrder(Map<TableId, Integer> ranks) {
        this.ranks = ranks;
    }

    public static TableOrder of(Catalog catalog) {
        Catalog opened = Catalog.of(catalog.tables().stream()
                .map(table -> withoutClosingKeys(catalog, table))
                .toList());
        Map<TableId, Integer> ranks = new HashMap<>();
        List<Table> tables = opened.parentsFirst();
        for (int i = 0; i < tables.size(); i++) {
            ranks.put(tables.get(i).id(), i);
        }
        return new TableOrder(ranks);
    }

    private static Table withoutClosingKeys(Catalog catalog, Table table) {
        List<ForeignKey> kept = table.foreignKeys().stream()
                .filter(key -> !isNullable(table, key) || !reaches(catalog, key.parent(), table.id()))
                .toList();
        return new Table(table.id(), table.columns(), table.primaryKey(), table.uniqueKeys(), kept);
    }

    private static boolean isNullable(Table table, ForeignKey key) {
        return key.columns().stream()
                .flatMap(name -> table.column(name).stream())
                .anyMatch(Column::nullable);
    }

    /** Whether a table refers to another, directly or over others. */
    private static boolean reaches(Catalog catalog, TableId from, TableId to) {
        Set<TableId> seen = new HashSet<>();
        Deque<TableId> next = new ArrayDeque<>(List.of(from));
        while (!next.isEmpty()) {
            TableId id = next.remove();
            if (id.equals(to)) {
                return true;
            }
            if (seen.add(id)) {
                catalog.table(id).ifPresent(table -> table.foreignKeys().forEach(key -> next.add(key.parent())));
            }
        }
        return false;
    }

    /**
     * Columns of foreign keys that close a cycle, refer to a table that stands later, and may be NULL: without them the rows can be written in this order.
     */
    int[] closingColumns(BoundTable table) {
        return table.target().foreignKeys().stream()
                .map(TargetForeignKey::key)
                .filter(key -> rank(key.parent()) > rank(table.id()))
                .flatMap(key -> key.columns().stream())
                .mapToInt(table::indexOf)
                .filter(index -> index >= 0 && table.column(index).nullable())
                .distinct()
                .sorted()
                .toArray();
    }

    /** A table that is not captured stands before all others. */
    private int rank(TableId id) {
        return ranks.getOrDefault(id, -1);
    }

    public Comparator<TableId> parentsFirst() {
        return Comparator.<TableId>comparingInt(this::rank).thenComparing(id -> id);
    }
}
