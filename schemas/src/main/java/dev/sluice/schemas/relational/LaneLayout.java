package dev.sluice.schemas.relational;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Which lane carries which table. Every table is in exactly one lane, and a foreign key never leaves its lane.
 *
 * @param members by lane
 */
public record LaneLayout(SortedMap<String, SortedSet<TableId>> members) {
    /** The lane of a pipeline that does not split its tables. */
    public static final String MAIN = "main";

    public LaneLayout {
        SortedMap<String, SortedSet<TableId>> copy = new TreeMap<>();
        Map<TableId, String> seen = new HashMap<>();
        members.forEach((lane, tables) -> {
            for (TableId table : tables) {
                String other = seen.put(table, lane);
                if (other != null) {
                    throw new IllegalArgumentException(
                            "table " + table + " is in the lanes " + other + " and " + lane + "; it can be in one");
                }
            }
            copy.put(lane, Collections.unmodifiableSortedSet(new TreeSet<>(tables)));
        });
        members = Collections.unmodifiableSortedMap(copy);
    }

    /** One lane, {@link #MAIN}, with every table. */
    public static LaneLayout single(Collection<TableId> tables) {
        SortedMap<String, SortedSet<TableId>> members = new TreeMap<>();
        members.put(MAIN, new TreeSet<>(tables));
        return new LaneLayout(members);
    }

    /** One lane per connected component of the foreign keys between the catalog's tables, named after its first table. */
    public static LaneLayout byForeignKey(Catalog catalog) {
        Map<TableId, TableId> root = new HashMap<>();
        catalog.tables().forEach(table -> root.put(table.id(), table.id()));
        for (Table table : catalog.tables()) {
            for (ForeignKey foreignKey : table.foreignKeys()) {
                if (root.containsKey(foreignKey.parent())) {
                    join(root, table.id(), foreignKey.parent());
                }
            }
        }
        SortedMap<String, SortedSet<TableId>> members = new TreeMap<>();
        for (Table table : catalog.tables()) {
            String lane = name(rootOf(root, table.id()));
            members.computeIfAbsent(lane, l -> new TreeSet<>()).add(table.id());
        }
        return new LaneLayout(members);
    }

    private static void join(Map<TableId, TableId> root, TableId one, TableId other) {
        TableId a = rootOf(root, one);
        TableId b = rootOf(root, other);
        // The smaller one stays, so that the name is that of the component's first table.
        root.put(a.compareTo(b) < 0 ? b : a, a.compareTo(b) < 0 ? a : b);
    }

    private static TableId rootOf(Map<TableId, TableId> root, TableId table) {
        TableId at = table;
        TableId above = root.getOrDefault(at, at);
        while (!above.equals(at)) {
            at = above;
            above = root.getOrDefault(at, at);
        }
        return at;
    }

    /** {@code schema.table}, bytes outside {@code [A-Za-z0-9_-]} of either as {@code _xHH}: fit for names of topics and directories. */
    public static String name(TableId table) {
        return escaped(table.schema()) + "." + escaped(table.name());
    }

    private static String escaped(String name) {
        StringBuilder escaped = new StringBuilder();
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            boolean plain =
                    (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z') || (b >= '0' && b <= '9') || b == '_' || b == '-';
            escaped.append(plain ? String.valueOf((char) b) : String.format("_x%02X", b));
        }
        return escaped.toString();
    }

    public Set<String> lanes() {
        return members.keySet();
    }

    /** Of all lanes. */
    public Set<TableId> tables() {
        Set<TableId> tables = new TreeSet<>();
        members.values().forEach(tables::addAll);
        return tables;
    }

    /** @throws IllegalArgumentException when no lane has the table */
    public String laneOf(TableId table) {
        return laneWith(table).orElseThrow(() -> new IllegalArgumentException("table " + table + " is in no lane"));
    }

    public Optional<String> laneWith(TableId table) {
        return members.entrySet().stream()
                .filter(lane -> lane.getValue().contains(table))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    /** The name that is wanted, or it with {@code .2}, {@code .3}, … where that is taken. */
    public static String freeName(String wanted, Predicate<String> taken) {
        String name = wanted;
        for (int i = 2; taken.test(name); i++) {
            name = wanted + "." + i;
        }
        return name;
    }

    /** The catalog of one lane. */
    public Catalog catalogOf(String lane, Catalog all) {
        SortedSet<TableId> tables = members.getOrDefault(lane, Collections.emptySortedSet());
        return Catalog.of(
                all.tables().stream().filter(t -> tables.contains(t.id())).toList());
    }
}
