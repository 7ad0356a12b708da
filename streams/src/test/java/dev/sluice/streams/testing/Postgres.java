package dev.sluice.streams.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.EventReader;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A model of the target: applies records of {@code ordered} one by one, checks every constraint after each, never cascades, and keeps
 * {@code sluice.waiting} as the sink does. It decodes the bytes and knows nothing of the gate.
 */
public final class Postgres {
    /** Why a row deviates, with the sequence of the newest event that did not get through. */
    public record Waiting(Outcome outcome, long origin) {}

    private final Catalog catalog;
    private final EventReader reader;
    private final Map<TableId, Map<String, @Nullable Object[]>> rows;
    private final Map<String, Waiting> waiting;
    private final Map<String, long[]> written;
    private long sequence;
    private boolean last;
    private boolean more;

    public Postgres(Catalog catalog, EventReader reader, long firstSequence) {
        this(catalog, reader, new HashMap<>(), new HashMap<>(), new HashMap<>());
        sequence = firstSequence - 1;
        catalog.tables().forEach(t -> rows.put(t.id(), new HashMap<>()));
    }

    private Postgres(
            Catalog catalog,
            EventReader reader,
            Map<TableId, Map<String, @Nullable Object[]>> rows,
            Map<String, Waiting> waiting,
            Map<String, long[]> written) {
        this.catalog = catalog;
        this.reader = reader;
        this.rows = rows;
        this.waiting = waiting;
        this.written = written;
    }

    public Postgres copy() {
        Map<TableId, Map<String, @Nullable Object[]>> copied = new HashMap<>();
        rows.forEach((table, of) -> copied.put(table, new HashMap<>(of)));
        Postgres copy = new Postgres(catalog, reader, copied, new HashMap<>(waiting), new HashMap<>(written));
        copy.sequence = sequence;
        copy.last = last;
        copy.more = more;
        return copy;
    }

    public Map<String, @Nullable Object[]> rows(Table table) {
        return rows.getOrDefault(table.id(), Map.of());
    }

    public Map<String, Waiting> waiting() {
        return waiting;
    }

    public static String name(Table table, @Nullable Object[] row) {
        return table.id() + keyText(table, row);
    }

    public static String keyText(Table table, @Nullable Object[] row) {
        int[] indexes = table.keyIndexes();
        @Nullable Object[] key = new @Nullable Object[indexes.length];
        for (int i = 0; i < key.length; i++) {
            key[i] = row[indexes[i]];
        }
        return KeyText.of(key);
    }

    public void apply(OrderedHeader header, byte[] value) {
        requireDense(header);
        Event event = reader.read(value);
        assertThat(event.source().sequence()).as("the event's own sequence").isEqualTo(header.origin());
        if (!(event instanceof Change change)) {
            assertThat(header.outcome()).isEqualTo(Outcome.CONTROL);
            return;
        }
        Table table = catalog.table(change.table().id()).orElseThrow();
        if (!change.isUpsert() && !change.isDelete()) {
            truncate(table, header);
            return;
        }
        @Nullable Object[] image = change.isUpsert() ? change.after() : change.before();
        keepWaiting(table, image, change, header);
        if (header.outcome() == Outcome.APPLY) {
            requireForward(name(table, image), header);
            if (change.isUpsert()) {
                upsert(table, change);
            } else {
                delete(table, image);
            }
        }
    }

    private void requireDense(OrderedHeader header) {
        if (header.isRelease()) {
            assertThat(header.sequence())
                    .as("a release stands under the newest sequence")
                    .isEqualTo(sequence);
            assertThat(header.outcome()).isEqualTo(Outcome.APPLY);
            assertThat(header.settles()).isTrue();
            assertThat(header.last()).as("last is alike under a sequence").isEqualTo(last);
        } else {
            assertThat(header.sequence()).as("ordered is dense").isEqualTo(sequence + 1);
            assertThat(more).as("a group ends with its call").isFalse();
            sequence = header.sequence();
            last = header.last();
        }
        more = header.more();
    }

    /** The sink's guard, and invariant 6: a row never gets an older version than it had, nor two under one sequence. */
    private void requireForward(String row, OrderedHeader header) {
        long[] before = written.getOrDefault(row, new long[2]);
        assertThat(header.sequence()).as("_sluice_seq of " + row).isGreaterThan(before[0]);
        assertThat(header.origin()).as("origin of " + row).isGreaterThan(before[1]);
        written.put(row, new long[] {header.sequence(), header.origin()});
    }

    private void keepWaiting(Table table, @Nullable Object[] image, Change change, OrderedHeader header) {
        String row = name(table, image);
        boolean present = rows(table).containsKey(keyText(table, image));
        switch (header.outcome()) {
            case APPLY, FORGET -> {
                assertThat(waiting.containsKey(row))
                        .as("a waiting row is settled once: " + row)
                        .isEqualTo(header.settles());
                assertThat(header.outcome() == Outcome.FORGET && present)
                        .as("a forgotten row was never there")
                        .isFalse();
                waiting.remove(row);
            }
            case WAIT, STALE, HOLD -> {
                assertThat(present).as(header.outcome() + " of " + row).isEqualTo(header.outcome() != Outcome.WAIT);
                assertThat(change.isDelete()).isEqualTo(header.outcome() == Outcome.HOLD);
                assertThat(header.reason()).startsWith("{").endsWith("}");
                waiting.put(row, new Waiting(header.outcome(), header.origin()));
            }
            case CONTROL -> throw new AssertionError("a change is no control event");
        }
    }

    private void truncate(Table table, OrderedHeader header) {
        assertThat(header.outcome()).isEqualTo(Outcome.APPLY);
        for (Table child : catalog.tables()) {
            for (ForeignKey foreignKey : child.foreignKeys()) {
                if (foreignKey.parent().equals(table.id()) && !child.id().equals(table.id())) {
                    boolean refers =
                            rows(child).values().stream().anyMatch(r -> values(child, foreignKey.columns(), r) != null);
                    assertThat(refers)
                            .as(child.id() + " refers to truncated " + table.id())
                            .isFalse();
                }
            }
        }
        rows(table).clear();
        waiting.keySet().removeIf(row -> row.startsWith(table.id() + "["));
    }

    private void upsert(Table table, Change change) {
        @Nullable Object[] before = rows(table).get(keyText(table, change.after()));
        @Nullable Object[] after = change.after();
        if (!change.unchanged().isEmpty()) {
            if (before == null) {
                return;
            }
            after = after.clone();
            for (String column : change.unchanged()) {
                after[table.indexOf(column)] = before[table.indexOf(column)];
            }
        }
        rows(table).put(keyText(table, after), after);
        requireUnique(table, after);
        for (ForeignKey foreignKey : table.foreignKeys()) {
            assertThat(hasParent(table, foreignKey, after))
                    .as(name(table, after) + " violates " + foreignKey.name())
                    .isTrue();
        }
        if (before != null) {
            requireNoOrphans(table, before);
        }
    }

    private void delete(Table table, @Nullable Object[] image) {
        @Nullable Object[] before = rows(table).remove(keyText(table, image));
        if (before != null) {
            requireNoOrphans(table, before);
        }
    }

    private void requireUnique(Table table, @Nullable Object[] row) {
        table.uniqueKeys().forEach(unique -> {
            List<Object> values = values(table, unique.columns(), row);
            long holders = rows(table).values().stream()
                    .filter(r -> values != null && values.equals(values(table, unique.columns(), r)))
                    .count();
            assertThat(holders).as(unique.name() + " of " + table.id()).isLessThanOrEqualTo(1);
        });
    }

    private void requireNoOrphans(Table parent, @Nullable Object[] before) {
        for (Table child : catalog.tables()) {
            for (ForeignKey foreignKey : child.foreignKeys()) {
                if (foreignKey.parent().equals(parent.id())) {
                    List<Object> key = values(parent, foreignKey.parentColumns(), before);
                    rows(child).values().stream()
                            .filter(r -> key != null && key.equals(values(child, foreignKey.columns(), r)))
                            .forEach(r -> assertThat(hasParent(child, foreignKey, r))
                                    .as(name(child, r) + " lost its parent by " + foreignKey.name())
                                    .isTrue());
                }
            }
        }
    }

    /** Whether PostgreSQL accepts a row by one foreign key. */
    public boolean hasParent(Table child, ForeignKey foreignKey, @Nullable Object[] row) {
        Table parent = catalog.table(foreignKey.parent()).orElse(null);
        List<Object> key = values(child, foreignKey.columns(), row);
        if (parent == null) {
            return true;
        }
        if (key == null) {
            return !foreignKey.matchFull() || isAllNull(child, foreignKey, row);
        }
        return rows(parent).values().stream().anyMatch(r -> key.equals(values(parent, foreignKey.parentColumns(), r)));
    }

    public static boolean isAllNull(Table child, ForeignKey foreignKey, @Nullable Object[] row) {
        return foreignKey.columns().stream().allMatch(c -> row[child.indexOf(c)] == null);
    }

    /** The named values, or null when one of them is NULL. */
    public static @Nullable List<Object> values(Table table, List<String> columns, @Nullable Object[] row) {
        List<Object> values = new ArrayList<>();
        for (String column : columns) {
            values.add(row[table.indexOf(column)]);
        }
        return values.stream().allMatch(Objects::nonNull) ? values : null;
    }
}
