package dev.sluice.streams.gate;

import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.streams.testing.Rows;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The rows of a store, with what its transaction under way did so far. It keeps primary keys and unique values and can say what foreign keys would. */
final class SourceRows {
    /** A change of one row; of no row, a truncate. */
    @SuppressWarnings("ArrayRecordComponent") // looked at, never compared
    record Step(
            Table table,
            @Nullable Object @Nullable [] before,
            @Nullable Object @Nullable [] after) {
        boolean truncates() {
            return before == null && after == null;
        }
    }

    /** A row that refers to another. */
    @SuppressWarnings("ArrayRecordComponent") // looked at, never compared
    record Referrer(
            Table table, ForeignKey foreignKey, @Nullable Object[] row) {}

    private final Catalog catalog;
    private final Map<TableId, TreeMap<String, @Nullable Object[]>> rows = new HashMap<>();
    private final List<Step> steps = new ArrayList<>();
    private final List<Runnable> undo = new ArrayList<>();

    SourceRows(Catalog catalog) {
        this.catalog = catalog;
        catalog.tables().forEach(t -> rows.put(t.id(), new TreeMap<>()));
    }

    NavigableMap<String, @Nullable Object[]> of(Table table) {
        return Objects.requireNonNull(rows.get(table.id()));
    }

    Table parent(ForeignKey foreignKey) {
        return catalog.table(foreignKey.parent()).orElseThrow();
    }

    private boolean isCaptured(ForeignKey foreignKey) {
        return catalog.table(foreignKey.parent()).isPresent();
    }

    int done() {
        return steps.size();
    }

    List<Step> commit() {
        List<Step> committed = List.copyOf(steps);
        steps.clear();
        undo.clear();
        return committed;
    }

    void backTo(int mark) {
        while (steps.size() > mark) {
            steps.remove(steps.size() - 1);
            undo.remove(undo.size() - 1).run();
        }
    }

    /** Whether the row could be written: its unique values are free. */
    boolean put(Table table, @Nullable Object[] row) {
        boolean taken = table.uniqueKeys().stream().anyMatch(u -> holder(table, u.columns(), row) != null);
        if (taken) {
            return false;
        }
        String key = Rows.keyText(table, row);
        @Nullable Object[] before = of(table).put(key, row);
        steps.add(new Step(table, before, row));
        undo.add(() -> restore(table, key, before));
        return true;
    }

    /** Another row that has the row's values in the columns. */
    @Nullable
    Object @Nullable [] holder(Table table, List<String> columns, @Nullable Object[] row) {
        List<Object> values = Rows.values(table, columns, row);
        if (values == null) {
            return null;
        }
        String key = Rows.keyText(table, row);
        for (@Nullable Object[] other : of(table).values()) {
            if (values.equals(Rows.values(table, columns, other))
                    && !Rows.keyText(table, other).equals(key)) {
                return other;
            }
        }
        return null;
    }

    void remove(Table table, @Nullable Object[] row) {
        String key = Rows.keyText(table, row);
        @Nullable Object[] before = of(table).remove(key);
        if (before != null) {
            steps.add(new Step(table, before, null));
            undo.add(() -> restore(table, key, before));
        }
    }

    private void restore(Table table, String key, @Nullable Object @Nullable [] row) {
        if (row == null) {
            of(table).remove(key);
        } else {
            of(table).put(key, row);
        }
    }

    void truncate(Table table) {
        NavigableMap<String, @Nullable Object[]> before = new TreeMap<>(of(table));
        of(table).clear();
        steps.add(new Step(table, null, null));
        undo.add(() -> of(table).putAll(before));
    }

    /** Rows, this one too, that refer to a key that it has. */
    List<Referrer> referrers(Table parent, @Nullable Object[] row) {
        List<Referrer> found = new ArrayList<>();
        for (Table child : catalog.tables()) {
            for (ForeignKey foreignKey : child.foreignKeys()) {
                if (foreignKey.parent().equals(parent.id())) {
                    List<Object> key = Rows.values(parent, foreignKey.parentColumns(), row);
                    of(child).values().stream()
                            .filter(r -> key != null && key.equals(Rows.values(child, foreignKey.columns(), r)))
                            .forEach(r -> found.add(new Referrer(child, foreignKey, r)));
                }
            }
        }
        return found;
    }

    /** Tables that refer to one, by whatever detour, itself first. */
    Set<TableId> referring(Table table) {
        Set<TableId> found = new HashSet<>(Set.of(table.id()));
        boolean more = true;
        while (more) {
            more = false;
            for (Table child : catalog.tables()) {
                if (child.foreignKeys().stream().anyMatch(f -> found.contains(f.parent()))) {
                    more |= found.add(child.id());
                }
            }
        }
        return found;
    }

    boolean isConsistentSince(int mark) {
        return orphanSince(mark).isEmpty();
    }

    /** A row without its parent, among those that the steps behind a mark touched. */
    Optional<Referrer> orphanSince(int mark) {
        for (Step step : steps.subList(mark, steps.size())) {
            Optional<Referrer> orphan = step.truncates() ? anyOrphan() : orphanOf(step);
            if (orphan.isPresent()) {
                return orphan;
            }
        }
        return Optional.empty();
    }

    private Optional<Referrer> anyOrphan() {
        for (Table table : catalog.tables()) {
            for (@Nullable Object[] row : of(table).values()) {
                Optional<Referrer> orphan = orphan(table, row);
                if (orphan.isPresent()) {
                    return orphan;
                }
            }
        }
        return Optional.empty();
    }

    private Optional<Referrer> orphanOf(Step step) {
        Table table = step.table();
        if (step.after() != null) {
            @Nullable Object[] now = of(table).get(Rows.keyText(table, step.after()));
            Optional<Referrer> orphan = now == null ? Optional.empty() : orphan(table, now);
            if (orphan.isPresent()) {
                return orphan;
            }
        }
        return step.before() == null
                ? Optional.empty()
                : referrers(table, step.before()).stream()
                        .filter(r -> !hasParent(r.table(), r.foreignKey(), r.row()))
                        .findFirst();
    }

    private Optional<Referrer> orphan(Table table, @Nullable Object[] row) {
        return table.foreignKeys().stream()
                .filter(f -> !hasParent(table, f, row))
                .map(f -> new Referrer(table, f, row))
                .findFirst();
    }

    boolean hasParent(Table child, ForeignKey foreignKey, @Nullable Object[] row) {
        if (!isCaptured(foreignKey)) {
            return true;
        }
        List<Object> key = Rows.values(child, foreignKey.columns(), row);
        if (key == null) {
            return !foreignKey.matchFull() || Rows.isAllNull(child, foreignKey, row);
        }
        Table parent = parent(foreignKey);
        return of(parent).values().stream()
                .anyMatch(r -> key.equals(Rows.values(parent, foreignKey.parentColumns(), r)));
    }
}
