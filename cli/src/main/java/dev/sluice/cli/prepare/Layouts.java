package dev.sluice.cli.prepare;

import dev.sluice.cli.config.LaneMode;
import dev.sluice.runtime.Finding;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.schemas.relational.Table;
import dev.sluice.sinks.postgresql.control.StoredLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The lanes that the configuration asks for, and those that there are. */
final class Layouts {
    private Layouts() {}

    static LaneLayout wanted(LaneMode mode, Catalog catalog) {
        return switch (mode) {
            case MAIN -> LaneLayout.single(
                    catalog.tables().stream().map(Table::id).toList());
            case BY_FOREIGN_KEY -> LaneLayout.byForeignKey(catalog);
        };
    }

    /** Why a pipeline that was prepared with other lanes cannot run; empty when only tables come or go within lanes. */
    static List<Finding> changes(StoredLayout stored, LaneLayout wanted) {
        List<String> changes = new ArrayList<>();
        stored.moved(wanted)
                .forEach((table, move) ->
                        changes.add("table " + table + " moved from lane " + move.from() + " to lane " + move.to()));
        Set<String> before = stored.layout().lanes();
        without(wanted.lanes(), before)
                .forEach(lane -> changes.add("lane " + lane + " is new, with "
                        + wanted.members().getOrDefault(lane, new TreeSet<>())));
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
