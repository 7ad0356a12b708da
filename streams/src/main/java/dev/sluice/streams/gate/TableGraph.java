package dev.sluice.streams.gate;

import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which tables refer to which, over any number of foreign keys. */
final class TableGraph {
    private final Map<TableId, Set<TableId>> ancestors = new HashMap<>();
    private final Map<TableId, Integer> ranks = new HashMap<>();

    private TableGraph() {}

    static TableGraph of(Catalog catalog) {
        TableGraph graph = new TableGraph();
        for (Table table : catalog.tables()) {
            graph.ancestors.put(table.id(), ancestors(catalog, table));
        }
        List<Table> parentsFirst = catalog.parentsFirst();
        for (int i = 0; i < parentsFirst.size(); i++) {
            graph.ranks.put(parentsFirst.get(i).id(), parentsFirst.size() - 1 - i);
        }
        return graph;
    }

    private static Set<TableId> ancestors(Catalog catalog, Table table) {
        Set<TableId> found = new HashSet<>();
        Deque<Table> open = new ArrayDeque<>(List.of(table));
        while (!open.isEmpty()) {
            for (ForeignKey foreignKey : open.pop().foreignKeys()) {
                if (found.add(foreignKey.parent())) {
                    catalog.table(foreignKey.parent()).ifPresent(open::push);
                }
            }
        }
        return found;
    }

    /** Whether a foreign key from the one to the other is part of a cycle. */
    boolean inOneCycle(TableId child, TableId parent) {
        return child.equals(parent) || ancestors.getOrDefault(parent, Set.of()).contains(child);
    }

    /** Whether foreign keys lead from a table back to it. */
    boolean inOneCycle(TableId table) {
        return ancestors.getOrDefault(table, Set.of()).contains(table);
    }

    /** Children have smaller ones than parents, where no cycle is in the way. */
    int rank(TableId table) {
        return ranks.getOrDefault(table, 0);
    }
}
