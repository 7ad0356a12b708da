package dev.sluice.streams.gate;

import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Table;
import dev.sluice.streams.gate.SourceRows.Step;
import dev.sluice.streams.testing.Events;
import dev.sluice.streams.testing.Rows;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A store with random transactions, followed as a producer does: its tail, a snapshot of it in chunks, single rows read again. */
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

    private final Catalog catalog;
    private final Enforcement enforcement;
    private final Random random;
    private final SourceRows rows;
    private final RandomOperations operations;
    private final boolean leavesOutColumns;
    private final Map<String, List<@Nullable Object[]>> history = new HashMap<>();
    private final Deque<Table> unread = new ArrayDeque<>();
    private String readUpTo = "";
    private boolean emptied;

    SimulatedSource(Catalog catalog, Enforcement enforcement, Random random) {
        this.catalog = catalog;
        this.enforcement = enforcement;
        this.random = random;
        this.rows = new SourceRows(catalog);
        this.operations = new RandomOperations(catalog, enforcement, rows, random);
        this.leavesOutColumns = random.nextBoolean();
        this.unread.addAll(catalog.parentsFirst());
    }

    Map<String, @Nullable Object[]> rows(Table table) {
        return rows.of(table);
    }

    /** Whether an event may stand before one that it needs. */
    boolean mayBeOutOfOrder() {
        return enforcement != Enforcement.AT_ONCE || emptied || operations.wroteManyAtOnce();
    }

    /** Writes to the store before anybody follows it. Its rows come by {@link #chunk}. */
    void fill(int transactions) {
        for (int i = 0; i < transactions; i++) {
            transaction(1, 1 + random.nextInt(6));
        }
    }

    boolean isLoading() {
        return !unread.isEmpty();
    }

    /** The next rows of the snapshot, as they are now. Every table has one, be it empty. */
    List<Event> chunk(long firstSequence, int limit) {
        Table table = unread.element();
        List<@Nullable Object[]> chunk = rows.of(table).tailMap(readUpTo, false).values().stream()
                .limit(limit)
                .toList();
        if (chunk.size() < limit) {
            unread.remove();
            readUpTo = "";
        } else {
            readUpTo = Rows.keyText(table, chunk.get(chunk.size() - 1));
        }
        List<Event> events = new ArrayList<>();
        for (@Nullable Object[] row : chunk) {
            events.add(Events.read(table, firstSequence + events.size(), events.size() == chunk.size() - 1, row));
        }
        if (chunk.size() < limit) {
            events.add(Events.snapshotEnd(table, firstSequence + events.size()));
        }
        return events;
    }

    /** The events of one transaction; none when the store refused it. */
    List<Event> transaction(long firstSequence, int statements) {
        for (int i = 0; i < statements; i++) {
            operations.attempt();
        }
        if (enforcement == Enforcement.AT_COMMIT) {
            operations.repair();
        }
        if (enforcement != Enforcement.NONE && !rows.isConsistentSince(0)) {
            rows.backTo(0);
        }
        return commit(firstSequence);
    }

    /** Deletes everything in one transaction. */
    List<Event> emptyEverything(long firstSequence) {
        emptied = true;
        List<Step> all = new ArrayList<>();
        for (Table table : catalog.tables()) {
            rows.of(table).values().forEach(row -> all.add(new Step(table, row, null)));
        }
        Collections.shuffle(all, random);
        all.forEach(step -> rows.remove(step.table(), Objects.requireNonNull(step.before())));
        return commit(firstSequence);
    }

    /** What the source answers to a refresh: the row as it is, or that it is not. */
    Event refresh(Refresh refresh, long sequence) {
        Table table = catalog.table(refresh.table()).orElseThrow();
        @Nullable Object[] row = rows.of(table).get(refresh.key());
        if (row != null) {
            return Events.read(table, sequence, true, row);
        }
        List<@Nullable Object[]> versions = history.get(refresh.table() + refresh.key());
        if (versions == null) {
            throw new AssertionError("a refresh of a row that never was: " + refresh);
        }
        return Events.delete(table, sequence, true, keyOf(table, versions.get(0)));
    }

    /** Whether the row ever stood there like this, but for NULL in some columns. */
    boolean wasEver(Table table, @Nullable Object[] row, Set<String> mayBeNull) {
        return history.getOrDefault(Rows.name(table, row), List.of()).stream()
                .anyMatch(version -> isAlike(table, version, row, mayBeNull));
    }

    static boolean isAlike(Table table, @Nullable Object[] version, @Nullable Object[] row, Set<String> mayBeNull) {
        for (int i = 0; i < row.length; i++) {
            boolean taken =
                    row[i] == null && mayBeNull.contains(table.columns().get(i).name());
            if (!taken && !Objects.equals(version[i], row[i])) {
                return false;
            }
        }
        return true;
    }

    private List<Event> commit(long firstSequence) {
        List<Step> steps = rows.commit();
        List<Event> events = new ArrayList<>();
        for (Step step : steps) {
            if (step.after() != null) {
                history.computeIfAbsent(Rows.name(step.table(), step.after()), r -> new ArrayList<>())
                        .add(step.after());
            }
            events.add(event(step, firstSequence + events.size(), events.size() == steps.size() - 1));
        }
        return events;
    }

    private Event event(Step step, long sequence, boolean last) {
        Table table = step.table();
        if (step.truncates()) {
            return Events.truncate(table, sequence, last);
        }
        @Nullable Object[] after = step.after();
        @Nullable Object[] before = step.before();
        if (after == null) {
            return Events.delete(table, sequence, last, keyOf(table, Objects.requireNonNull(before)));
        }
        Set<String> unchanged = new HashSet<>();
        @Nullable Object[] sent = after.clone();
        if (before != null && leavesOutColumns && random.nextBoolean()) {
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

    private static @Nullable Object[] keyOf(Table table, @Nullable Object[] row) {
        @Nullable Object[] key = new @Nullable Object[row.length];
        for (int index : table.keyIndexes()) {
            key[index] = row[index];
        }
        return key;
    }
}
