package dev.sluice.schemas.relational;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The captured tables of one pipeline. */
public final class Catalog {
    private final Map<TableId, Table> tables;

    private Catalog(Map<TableId, Table> tables) {
        this.tables = tables;
    }

    public static Catalog of(Collection<Table> tables) {
        Map<TableId, Table> byId = new TreeMap<>();
        for (Table table : tables) {
            if (byId.put(table.id(), table) != null) {
                throw new IllegalArgumentException("table " + table.id() + " stands twice");
            }
        }
        return new Catalog(byId);
    }

    /** All tables by name. */
    public Collection<Table> tables() {
        return List.copyOf(tables.values());
    }

    public Optional<Table> table(TableId id) {
        return Optional.ofNullable(tables.get(id));
    }

    /**
     * All tables, parents before children. Edges that close a cycle and edges to tables outside the catalog are ignored, so every table
     * stands exactly once whatever the graph; ties are broken by name, so the order is the same on every run.
     */
    public List<Table> parentsFirst() {
        Map<TableId, Table> ordered = new LinkedHashMap<>();
        Set<TableId> path = new LinkedHashSet<>();
        for (Table table : tables.values()) {
            visit(table, path, ordered);
        }
        return new ArrayList<>(ordered.values());
    }

    private void visit(Table table, Set<TableId> path, Map<TableId, Table> ordered) {
        if (ordered.containsKey(table.id()) || !path.add(table.id())) {
            return;
        }
        for (ForeignKey foreignKey : table.foreignKeys()) {
            Table parent = tables.get(foreignKey.parent());
            if (parent != null) {
                visit(parent, path, ordered);
            }
        }
        path.remove(table.id());
        ordered.put(table.id(), table);
    }
}
