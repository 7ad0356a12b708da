package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Parents before children. Tables of a cycle stand beside each other in an order that PostgreSQL may refuse; who writes tries exact order then. */
final class TableOrder {
    private final Map<TableId, Integer> ranks;

    private TableOrder(Map<TableId, Integer> ranks) {
        this.ranks = ranks;
    }

    static TableOrder of(Catalog catalog) {
        Map<TableId, Integer> ranks = new HashMap<>();
        List<Table> tables = catalog.parentsFirst();
        for (int i = 0; i < tables.size(); i++) {
            ranks.put(tables.get(i).id(), i);
        }
        return new TableOrder(ranks);
    }

    Comparator<TableId> parentsFirst() {
        return Comparator.<TableId>comparingInt(id -> ranks.getOrDefault(id, Integer.MAX_VALUE)).thenComparing(id -> id);
    }
}
