package dev.sluice.streams.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.schemas.relational.UniqueKey;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Rows under PostgreSQL's constraints, each checked behind every change. Whatever action a foreign key declares: a row that it could act on is a
 * failure. In a run the keys that are not {@link Rows#isHard hard} are checked at its end.
 */
final class Relations {
    private final Catalog catalog;
    private final Map<TableId, Map<String, @Nullable Object[]>> rows = new HashMap<>();
    /** The rows that the run under way names. */
    private @Nullable Set<String> run;

    Relations(Catalog catalog) {
        this.catalog = catalog;
        catalog.tables().forEach(t -> rows.put(t.id(), new HashMap<>()));
    }

    Relations copy() {
        Relations copy = new Relations(catalog);
        rows.forEach((table, of) -> copy.rows.put(table, new HashMap<>(of)));
        return copy;
    }

    Map<String, @Nullable Object[]> rows(Table table) {
        return rows.getOrDefault(table.id(), Map.of());
    }

    void beginRun(Set<String> names) {
        run = new HashSet<>(names);
    }

    void endRun() {
        run = null;
        for (Table table : catalog.tables()) {
            rows(table).values().forEach(row -> requireParents(table, row));
        }
    }

    void put(Table table, @Nullable Object[] row) {
        @Nullable Object[] before = rows(table).put(Rows.keyText(table, row), row);
        requireNotNull(table, row);
        requireUnique(table, row);
        requireParents(table, row);
        if (before != null) {
            requireNoOrphans(table, before);
        }
    }

    void remove(Table table, @Nullable Object[] image) {
        @Nullable Object[] before = rows(table).remove(Rows.keyText(table, image));
        if (before != null) {
            requireNoOrphans(table, before);
        }
    }

    void truncate(Table table) {
        for (Table child : catalog.tables()) {
            for (ForeignKey foreignKey : child.foreignKeys()) {
                if (foreignKey.parent().equals(table.id()) && !child.id().equals(table.id())) {
                    assertThat(rows(child).values())
                            .as("rows of " + child.id() + " that refer to truncated " + table.id())
                            .noneMatch(r -> Rows.values(child, foreignKey.columns(), r) != null);
                }
            }
        }
        rows(table).clear();
    }

    private static void requireNotNull(Table table, @Nullable Object[] row) {
        for (int i = 0; i < row.length; i++) {
            Column column = table.columns().get(i);
            if (row[i] == null && !column.nullable()) {
                throw new AssertionError(Rows.name(table, row) + " has NULL in " + column.name());
            }
        }
    }

    private void requireUnique(Table table, @Nullable Object[] row) {
        for (UniqueKey unique : table.uniqueKeys()) {
            List<Object> values = Rows.values(table, unique.columns(), row);
            for (@Nullable Object[] other : rows(table).values()) {
                if (values != null && other != row && values.equals(Rows.values(table, unique.columns(), other))) {
                    throw new AssertionError(Rows.name(table, row) + " and " + Rows.name(table, other) + " both have "
                            + values + " in " + unique.name());
                }
            }
        }
    }

    private void requireParents(Table table, @Nullable Object[] row) {
        for (ForeignKey foreignKey : table.foreignKeys()) {
            if (!hasParent(table, foreignKey, row) && (run == null || Rows.isHard(table, foreignKey))) {
                throw new AssertionError(Rows.name(table, row) + " violates " + foreignKey.name());
            }
        }
    }

    private void requireNoOrphans(Table parent, @Nullable Object[] before) {
        for (Table child : catalog.tables()) {
            for (ForeignKey foreignKey : child.foreignKeys()) {
                if (foreignKey.parent().equals(parent.id())) {
                    List<Object> key = Rows.values(parent, foreignKey.parentColumns(), before);
                    rows(child).values().stream()
                            .filter(r -> key != null && key.equals(Rows.values(child, foreignKey.columns(), r)))
                            .filter(r -> !mayLoseParent(child, foreignKey, r))
                            .filter(r -> !hasParent(child, foreignKey, r))
                            .forEach(r -> {
                                throw new AssertionError(Rows.name(child, r) + " lost its parent "
                                        + Rows.name(parent, before) + " by " + foreignKey.name());
                            });
                }
            }
        }
    }

    /** A deferrable key is checked at the run's end; a row that the run names has had its nullable columns taken away. */
    private boolean mayLoseParent(Table child, ForeignKey foreignKey, @Nullable Object[] row) {
        boolean soft = foreignKey.deferrable()
                || (run != null && Rows.isNullable(child, foreignKey) && run.contains(Rows.name(child, row)));
        return run != null && soft;
    }

    /** Whether PostgreSQL accepts a row by one foreign key. */
    private boolean hasParent(Table child, ForeignKey foreignKey, @Nullable Object[] row) {
        Table parent = catalog.table(foreignKey.parent()).orElse(null);
        if (parent == null) {
            return true;
        }
        List<Object> key = Rows.values(child, foreignKey.columns(), row);
        if (key == null) {
            return !foreignKey.matchFull() || Rows.isAllNull(child, foreignKey, row);
        }
        return rows(parent).values().stream()
                .anyMatch(r -> key.equals(Rows.values(parent, foreignKey.parentColumns(), r)));
    }
}
