package dev.sluice.streams.gate;

import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.streams.testing.Events;
import dev.sluice.streams.testing.Postgres;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A store with random transactions. It keeps primary keys and unique values; foreign keys as strictly as it is told. */
final class SimulatedSource {
    /** How the source treats foreign keys. */
    enum Enforcement {
        /** Not at all: orphans, late parents, deletes of referenced parents. */
        NONE,
        /** At the end of a transaction: anything in between. */
        AT_COMMIT,
        /** After every statement. */
        AT_ONCE
    }

    @SuppressWarnings("ArrayRecordComponent") // looked at, never compared
    private record Operation(
            Table table,
            @Nullable Object @Nullable [] before,
            @Nullable Object @Nullable [] after,
            boolean truncates) {}

    private final Catalog catalog;
    private final Enforcement enforcement;
    private final Random random;
    private Map<TableId, Map<String, @Nullable Object[]>> rows = new HashMap<>();

    SimulatedSource(Catalog catalog, Enforcement enforcement, Random random) {
        this.catalog = catalog;
        this.enforcement = enforcement;
        this.random = random;
        catalog.tables().forEach(t -> rows.put(t.id(), new TreeMap<>()));
    }

    Map<String, @Nullable Object[]> rows(Table table) {
        return Objects.requireNonNull(rows.get(table.id()));
    }

    /** The events of one transaction; none when the store refused it. */
    List<Event> transaction(long firstSequence, int operations) {
        return commit(firstSequence, () -> {
            List<Operation> done = new ArrayList<>();
            for (int i = 0; i < operations; i++) {
                attempt(done);
            }
            return done;
        });
    }

    /** Deletes everything, in an order that the store accepts. */
    List<Event> emptyEverything(long firstSequence) {
        return commit(firstSequence, () -> {
            List<Operation> done = new ArrayList<>();
            boolean more = true;
            while (more) {
                more = false;
                for (Table table : catalog.tables()) {
                    for (@Nullable Object[] row : List.copyOf(rows(table).values())) {
                        more |= change(new Operation(table, row, null, false), done);
                    }
                }
            }
            return done;
        });
    }

    private interface Work {
        List<Operation> run();
    }

    private List<Event> commit(long firstSequence, Work work) {
        Map<TableId, Map<String, @Nullable Object[]>> before = new HashMap<>();
        rows.forEach((table, of) -> before.put(table, new TreeMap<>(of)));
        List<Operation> done = work.run();
        if (enforcement == Enforcement.AT_COMMIT && !isConsistent()) {
            rows = before;
            return List.of();
        }
        List<Event> events = new ArrayList<>();
        for (Operation operation : done) {
            boolean last = events.size() == done.size() - 1;
            events.add(event(operation, firstSequence + events.size(), last));
        }
        return events;
    }

    private Event event(Operation operation, long sequence, boolean last) {
        Table table = operation.table();
        if (operation.truncates()) {
            return Events.truncate(table, sequence, last);
        }
        @Nullable Object[] after = operation.after();
        @Nullable Object[] before = operation.before();
        if (after == null) {
            @Nullable Object[] key = new @Nullable Object[table.columns().size()];
            for (int index : table.keyIndexes()) {
                key[index] = Objects.requireNonNull(before)[index];
            }
            return Events.delete(table, sequence, last, key);
        }
        Set<String> unchanged = new HashSet<>();
        @Nullable Object[] sent = after.clone();
        if (before != null && random.nextInt(3) == 0) {
            for (int i = 0; i < after.length; i++) {
                String column = table.columns().get(i).name();
                boolean same = Objects.equals(before[i], after[i])
                        && !table.primaryKey().contains(column);
                if (same && random.nextBoolean()) {
                    unchanged.add(column);
                    sent[i] = null;
                }
            }
        }
        return Events.partial(table, sequence, last, unchanged, sent);
    }

    private void attempt(List<Operation> done) {
        List<Table> tables = List.copyOf(catalog.tables());
        Table table = tables.get(random.nextInt(tables.size()));
        if (enforcement == Enforcement.NONE && random.nextInt(60) == 0 && isReferredToByNoOther(table)) {
            rows(table).clear();
            done.add(new Operation(table, null, null, true));
            return;
        }
        @Nullable Object[] row = randomRow(table);
        @Nullable Object[] before = rows(table).get(Postgres.keyText(table, row));
        boolean deletes = random.nextInt(10) < 3;
        if (!deletes || before != null) {
            change(new Operation(table, before, deletes ? null : row, false), done);
        }
    }

    private boolean isReferredToByNoOther(Table table) {
        return catalog.tables().stream()
                .filter(t -> !t.id().equals(table.id()))
                .flatMap(t -> t.foreignKeys().stream())
                .noneMatch(f -> f.parent().equals(table.id()));
    }

    private boolean change(Operation operation, List<Operation> done) {
        Table table = operation.table();
        @Nullable Object[] after = operation.after();
        @Nullable Object[] row = after == null ? Objects.requireNonNull(operation.before()) : after;
        String key = Postgres.keyText(table, row);
        if (after == null) {
            rows(table).remove(key);
        } else if (isTaken(table, after)) {
            return false;
        } else {
            rows(table).put(key, after);
        }
        if (enforcement == Enforcement.AT_ONCE && !isConsistent()) {
            if (operation.before() == null) {
                rows(table).remove(key);
            } else {
                rows(table).put(key, operation.before());
            }
            return false;
        }
        done.add(operation);
        return true;
    }

    private boolean isTaken(Table table, @Nullable Object[] row) {
        return table.uniqueKeys().stream().anyMatch(unique -> {
            List<Object> values = Postgres.values(table, unique.columns(), row);
            return values != null
                    && rows(table).values().stream()
                            .anyMatch(r -> values.equals(Postgres.values(table, unique.columns(), r))
                                    && !Postgres.keyText(table, r).equals(Postgres.keyText(table, row)));
        });
    }

    private @Nullable Object[] randomRow(Table table) {
        @Nullable Object[] row = new @Nullable Object[table.columns().size()];
        for (int i = 0; i < row.length; i++) {
            String name = table.columns().get(i).name();
            boolean key = table.primaryKey().contains(name);
            boolean isNull = !key && random.nextInt(4) == 0;
            row[i] = isNull ? null : value(table.columns().get(i).type().name(), i);
        }
        if (enforcement == Enforcement.AT_COMMIT) {
            keepRowsOfOneTableAcyclic(table, row);
        }
        return row;
    }

    /** Rows that refer to each other in a circle need an atomic group, which is not this simulation's subject. */
    private static void keepRowsOfOneTableAcyclic(Table table, @Nullable Object[] row) {
        for (ForeignKey foreignKey : table.foreignKeys()) {
            int own = table.indexOf(table.primaryKey().get(0));
            int refers = table.indexOf(foreignKey.columns().get(0));
            Object value = row[refers];
            long id = (Long) Objects.requireNonNull(row[own]);
            boolean later = value != null && (table.primaryKey().size() == 1 ? (Long) value > id : (Long) value >= id);
            if (foreignKey.parent().equals(table.id()) && later) {
                row[refers] = null;
            }
        }
    }

    private Object value(String type, int column) {
        long number = random.nextInt(4);
        return type.equals("TEXT") ? "v" + (column == 0 ? number : random.nextInt(4)) : (Object) number;
    }

    private boolean isConsistent() {
        for (Table table : catalog.tables()) {
            for (ForeignKey foreignKey : table.foreignKeys()) {
                for (@Nullable Object[] row : rows(table).values()) {
                    if (!hasParent(table, foreignKey, row)) {
                        return false;
                    }
                }
            }
        }
        return true;
    }

    private boolean hasParent(Table child, ForeignKey foreignKey, @Nullable Object[] row) {
        List<Object> key = Postgres.values(child, foreignKey.columns(), row);
        if (key == null) {
            return !foreignKey.matchFull() || Postgres.isAllNull(child, foreignKey, row);
        }
        Table parent = catalog.table(foreignKey.parent()).orElseThrow();
        return rows(parent).values().stream()
                .anyMatch(r -> key.equals(Postgres.values(parent, foreignKey.parentColumns(), r)));
    }
}
