package dev.sluice.cli.prepare;

import dev.sluice.cli.config.LaneMode;
import dev.sluice.runtime.Finding;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.StoredLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** The lanes that the configuration asks for, and those that there are. */
public final class Layouts {
    private Layouts() {}

    public static LaneLayout wanted(LaneMode mode, Catalog catalog) {
        return switch (mode) {
            case MAIN ->
                LaneLayout.single(catalog.tables().stream().map(Table::id).toList());
            case BY_FOREIGN_KEY -> LaneLayout.byForeignKey(catalog);
        };
    }

    /** As wanted, under the names that stored lanes have. */
    public static LaneLayout of(LaneMode mode, Catalog catalog, Optional<StoredLayout> stored) {
        LaneLayout wanted = wanted(mode, catalog);
        return stored.map(s -> named(wanted, s.layout())).orElse(wanted);
    }

    /**
     * The wanted lanes under the names that they have. A lane goes on as long as it neither takes a table from another one nor gives one away; a new one does
     * not take a name that was given before.
     */
    static LaneLayout named(LaneLayout wanted, LaneLayout stored) {
        SortedMap<String, SortedSet<TableId>> named = new TreeMap<>();
        Map<String, String> kept = new HashMap<>();
        wanted.members()
                .forEach((lane, tables) -> successor(tables, wanted, stored).ifPresent(old -> kept.put(lane, old)));
        kept.forEach((lane, old) -> named.put(old, members(wanted, lane)));
        for (String lane : wanted.lanes()) {
            if (!kept.containsKey(lane)) {
                named.put(freeName(lane, stored, named), members(wanted, lane));
            }
        }
        return new LaneLayout(named);
    }

    private static String freeName(String wanted, LaneLayout stored, Map<String, ?> named) {
        return LaneLayout.freeName(wanted, name -> stored.lanes().contains(name) || named.containsKey(name));
    }

    /** The stored lane that goes on with these tables. */
    private static Optional<String> successor(Set<TableId> tables, LaneLayout wanted, LaneLayout stored) {
        List<String> before = holders(stored, tables);
        boolean onlyOne = before.size() == 1
                && holders(wanted, members(stored, before.get(0))).size() == 1;
        return onlyOne ? Optional.of(before.get(0)) : Optional.empty();
    }

    private static List<String> holders(LaneLayout layout, Set<TableId> tables) {
        return layout.members().entrySet().stream()
                .filter(lane -> lane.getValue().stream().anyMatch(tables::contains))
                .map(Map.Entry::getKey)
                .toList();
    }

    /**
     * What a migration makes of the stored lanes: those that go on keep their tables too, because tables come and go when a pipeline is prepared.
     *
     * @param renewed stored lanes whose foreign keys are others now: they end, and others go on with their tables
     */
    public static LaneLayout migrated(LaneLayout wanted, LaneLayout stored, Set<String> renewed) {
        SortedMap<String, SortedSet<TableId>> named = named(wanted, stored).members();
        SortedMap<String, SortedSet<TableId>> members = new TreeMap<>();
        named.forEach((lane, tables) -> {
            if (renewed.contains(lane)) {
                members.put(freeName(wanted.laneOf(tables.first()), stored, named), tables);
            } else {
                members.put(lane, stored.lanes().contains(lane) ? members(stored, lane) : tables);
            }
        });
        return new LaneLayout(members);
    }

    private static SortedSet<TableId> members(LaneLayout layout, String lane) {
        return layout.members().getOrDefault(lane, new TreeSet<>());
    }

    /**
     * Why a pipeline that was prepared with other lanes cannot run; empty when only tables come or go within lanes.
     *
     * @param wanted as {@link #named} gave it
     */
    public static List<Finding> changes(StoredLayout stored, LaneLayout wanted) {
        List<String> changes = new ArrayList<>();
        stored.moved(wanted)
                .forEach((table, move) ->
                        changes.add("table " + table + " moved from lane " + move.from() + " to lane " + move.to()));
        Set<String> before = stored.layout().lanes();
        without(wanted.lanes(), before)
                .forEach(lane -> changes.add("lane " + lane + " is new, with " + members(wanted, lane)));
        without(before, wanted.lanes()).forEach(lane -> changes.add("lane " + lane + " is gone"));
        if (changes.isEmpty()) {
            return List.of();
        }
        return List.of(Finding.error(
                "lanes-changed",
                "lanes",
                "they differ from those that the pipeline was prepared with: " + String.join(", ", changes),
                "Move the tables with: sluice lanes migrate -c …, or set lanes and foreign keys as they were"));
    }

    private static Set<String> without(Set<String> lanes, Set<String> others) {
        Set<String> rest = new TreeSet<>(lanes);
        rest.removeAll(others);
        return rest;
    }
}
