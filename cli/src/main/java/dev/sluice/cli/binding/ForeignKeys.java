package dev.sluice.cli.binding;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.runtime.Finding;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The foreign keys among captured tables, and whether rows can be brought into an order that they accept. */
final class ForeignKeys {
    private final Map<TableId, Table> tables = new HashMap<>();
    private final List<Finding> findings;

    private ForeignKeys(List<CapturedTable> captured, List<Finding> findings) {
        captured.forEach(c -> tables.put(c.target().id(), c.target()));
        this.findings = findings;
    }

    /** Leaves the foreign keys out whose columns do not travel or whose parent does not. */
    static List<CapturedTable> restrict(List<CapturedTable> captured, List<Finding> findings) {
        ForeignKeys keys = new ForeignKeys(captured, findings);
        List<CapturedTable> restricted = new ArrayList<>();
        for (CapturedTable table : captured) {
            Table target = table.target();
            List<ForeignKey> kept = target.foreignKeys().stream()
                    .filter(k -> keys.isGated(table, k))
                    .toList();
            Table narrowed = new Table(target.id(), target.columns(), target.primaryKey(), target.uniqueKeys(), kept);
            keys.tables.put(target.id(), narrowed);
            restricted.add(table.with(narrowed));
        }
        keys.refuseImpossibleCycles();
        return restricted;
    }

    private boolean isGated(CapturedTable child, ForeignKey key) {
        if (key.columns().stream().anyMatch(c -> child.target().indexOf(c) < 0)) {
            return false;
        }
        Table parent = tables.get(key.parent());
        if (parent == null) {
            findings.add(Finding.warning(
                    "foreign-key-to-uncaptured-table",
                    "table " + child.sourceName(),
                    "foreign key " + key.name() + " refers to " + key.parent() + ", which is not captured",
                    "see that its rows are in the target; a row whose parent is not there becomes a dead letter"));
            return false;
        }
        if (key.parentColumns().stream().anyMatch(c -> parent.indexOf(c) < 0)) {
            findings.add(Finding.error(
                    "referenced-column-not-captured",
                    "table " + child.sourceName(),
                    "foreign key " + key.name() + " refers to " + key.parent() + " " + key.parentColumns()
                            + ", not all of which are captured",
                    "capture the referenced columns"));
            return false;
        }
        return true;
    }

    /** PostgreSQL can only be loaded with a cycle where one of its edges may be NULL for a moment or is checked at commit. */
    private void refuseImpossibleCycles() {
        new CycleSearch().run();
    }

    /** At least one such cycle of every group of tables that are connected by them. */
    private final class CycleSearch {
        private final List<TableId> path = new ArrayList<>();
        private final Set<TableId> done = new HashSet<>();

        private void run() {
            tables.keySet().stream().sorted().forEach(this::visit);
        }

        private void visit(TableId id) {
            int begin = path.indexOf(id);
            if (begin >= 0) {
                refuse(List.copyOf(path.subList(begin, path.size())));
                return;
            }
            if (!done.contains(id)) {
                path.add(id);
                parents(Objects.requireNonNull(tables.get(id))).forEach(this::visit);
                path.remove(path.size() - 1);
                done.add(id);
            }
        }

        /** A table that refers to itself is no obstacle: rows come one by one, and a row may be its own parent. */
        private List<TableId> parents(Table table) {
            return table.foreignKeys().stream()
                    .filter(k -> !k.parent().equals(table.id()) && isHard(table, k))
                    .map(ForeignKey::parent)
                    .distinct()
                    .sorted()
                    .toList();
        }
    }

    private static boolean isHard(Table table, ForeignKey key) {
        return !key.deferrable() && !mayBeNull(table, key);
    }

    private static boolean mayBeNull(Table table, ForeignKey key) {
        return key.columns().stream()
                .anyMatch(c -> table.column(c).orElseThrow().nullable());
    }

    private void refuse(List<TableId> cycle) {
        findings.add(Finding.error(
                "impossible-foreign-key-cycle",
                "table " + cycle.get(0),
                "the foreign keys " + names(cycle) + " form a cycle of NOT NULL columns, so no row can be the first",
                "declare one of them DEFERRABLE, or allow NULL in one of their columns"));
    }

    private static String names(List<TableId> cycle) {
        return Stream.concat(cycle.stream(), Stream.of(cycle.get(0)))
                .map(TableId::toString)
                .collect(Collectors.joining(" -> "));
    }
}
