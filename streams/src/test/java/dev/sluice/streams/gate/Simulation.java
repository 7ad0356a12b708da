package dev.sluice.streams.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.EventReader;
import dev.sluice.schemas.event.EventWriter;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.registry.InMemorySchemaRegistry;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.UniqueKey;
import dev.sluice.streams.StreamedRowEvents;
import dev.sluice.streams.gate.SimulatedSource.Enforcement;
import dev.sluice.streams.sequence.Place;
import dev.sluice.streams.sequence.Sequencer;
import dev.sluice.streams.state.TreeLaneState;
import dev.sluice.streams.testing.Events;
import dev.sluice.streams.testing.Postgres;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** One seeded run: a source, the lane with redeliveries and crashes between any two steps, the model of PostgreSQL behind it. */
final class Simulation {
    @SuppressWarnings("ArrayRecordComponent") // looked at, never compared
    private record Input(Event event, byte @Nullable [] key, byte[] value) {}

    private final Random random;
    private final Enforcement enforcement;
    private final Catalog catalog;
    private final SimulatedSource source;
    private final InMemorySchemaRegistry registry = new InMemorySchemaRegistry();
    private final EventWriter writer = new EventWriter(Events.PIPELINE, "shop.changes.main", registry);
    private final List<Input> inputs = new ArrayList<>();
    private final int releasesPerCall;
    private final int queueInMemory;

    private TreeLaneState state = new TreeLaneState();
    private Postgres postgres;
    private Sequencer sequencer;
    private ForeignKeyGate gate;
    private int at;
    private long offset;

    private TreeLaneState committedState = new TreeLaneState();
    private Postgres committedPostgres;
    private int committedAt;
    private boolean deviated;

    Simulation(long seed, Enforcement enforcement) {
        this.random = new Random(seed);
        this.enforcement = enforcement;
        boolean deferred = enforcement == Enforcement.AT_COMMIT;
        this.catalog = RandomCatalog.of(random, deferred, !deferred);
        this.source = new SimulatedSource(catalog, enforcement, random);
        this.releasesPerCall = 1 + random.nextInt(8);
        this.queueInMemory = 1 + random.nextInt(3);
        this.postgres = new Postgres(catalog, EventReader.of(registry), 1);
        this.committedPostgres = postgres.copy();
        this.sequencer = sequencer();
        this.gate = gate();
    }

    void run(int transactions) {
        for (int i = 0; i < transactions; i++) {
            publish(source.transaction(inputs.size() + 1, 1 + random.nextInt(6)));
            while (at < inputs.size()) {
                step();
            }
        }
        drain();
        checkEnd();
        publish(source.emptyEverything(inputs.size() + 1));
        while (at < inputs.size()) {
            step();
        }
        drain();
        checkEnd();
        boolean isEmpty =
                catalog.tables().stream().allMatch(t -> postgres.rows(t).isEmpty());
        if (isEmpty && postgres.waiting().isEmpty()) {
            for (char kind : new char[] {'N', 'P', 'W', 'Q'}) {
                state.scan(new byte[] {(byte) kind}, null, (key, value) -> {
                    throw new AssertionError("an empty target needs no state of kind " + kind);
                });
            }
        }
    }

    private void publish(List<Event> events) {
        for (Event event : events) {
            inputs.add(new Input(event, writer.key(event), writer.value(event)));
        }
    }

    private void step() {
        switch (random.nextInt(20)) {
            case 0 -> crash();
            case 1, 2 -> commit();
            case 3 -> redeliver();
            case 4, 5 ->
                take(gate.release(sequencer.next() - 1, sequencer.lastEndsTransaction())
                        .records());
            default -> handle(inputs.get(at++), true);
        }
    }

    private void crash() {
        state = committedState.copy();
        postgres = committedPostgres.copy();
        at = committedAt;
        sequencer = sequencer();
        gate = gate();
    }

    private void commit() {
        committedState = state.copy();
        committedPostgres = postgres.copy();
        committedAt = at;
    }

    private void redeliver() {
        if (at > 0) {
            handle(inputs.get(random.nextInt(at)), false);
        }
    }

    private void handle(Input input, boolean isNew) {
        Event event = input.event();
        boolean accepted = sequencer.accepts(
                event.source(),
                event.transaction().last(),
                input.key(),
                input.value(),
                new Place("simulation", 0, offset++));
        assertThat(accepted).as("sequence " + event.source().sequence()).isEqualTo(isNew);
        if (accepted) {
            long sequence = event.source().sequence();
            take(gate.handle(event, new LaneRecord(input.key(), input.value(), sequence, sequence))
                    .records());
        }
    }

    private void take(List<OrderedRecord> decided) {
        for (OrderedRecord record : decided) {
            postgres.apply(record.header(), record.record().value());
            deviated |= record.header().reason() != null;
        }
    }

    private void drain() {
        int idle = 0;
        while (gate.hasWork()) {
            publish(List.of(Events.heartbeat(inputs.size() + 1L)));
            handle(inputs.get(at++), true);
            take(gate.release(at, true).records());
            assertThat(++idle).as("releases come to an end").isLessThan(10_000);
        }
    }

    private Sequencer sequencer() {
        return Sequencer.open("main", Events.INCARNATION, 1, state);
    }

    private ForeignKeyGate gate() {
        StreamedRowEvents merger = new StreamedRowEvents(Events.PIPELINE, "shop.changes.main", registry);
        return ForeignKeyGate.open(GatePlan.of(catalog), state, merger, releasesPerCall, queueInMemory);
    }

    private void checkEnd() {
        for (Table table : catalog.tables()) {
            Map<String, @Nullable Object[]> wanted = source.rows(table);
            Map<String, @Nullable Object[]> found = postgres.rows(table);
            wanted.forEach((key, row) -> check(table, key, row, found.get(key)));
            found.forEach((key, row) -> check(table, key, wanted.get(key), row));
        }
        Map<String, Postgres.Waiting> waiting = postgres.waiting();
        assertThat(gate.pending())
                .isEqualTo(new PendingTotals(
                        count(waiting, Outcome.WAIT), count(waiting, Outcome.STALE), count(waiting, Outcome.HOLD)));
        if (enforcement == Enforcement.AT_COMMIT && !valuesChangeHandsInACircle()) {
            assertThat(waiting).as("a consistent source arrives whole").isEmpty();
        }
        if (enforcement == Enforcement.AT_ONCE) {
            assertThat(deviated)
                    .as("an order that foreign keys accept is left alone")
                    .isFalse();
        }
    }

    /**
     * A row that is deleted hands a unique value on to a row that its own referrers move to: PostgreSQL accepts neither first. Such rows wait
     * until they can be applied as one.
     */
    private boolean valuesChangeHandsInACircle() {
        return catalog.tables().stream()
                .anyMatch(
                        t -> source.rows(t).entrySet().stream().anyMatch(r -> isOccupied(t, r.getKey(), r.getValue())));
    }

    private static long count(Map<String, Postgres.Waiting> waiting, Outcome outcome) {
        return waiting.values().stream().filter(w -> w.outcome() == outcome).count();
    }

    /** Invariant 4 for one key: equal, or one of the three named deviations with its cause in plain sight. */
    private void check(
            Table table, String key, @Nullable Object @Nullable [] wanted, @Nullable Object @Nullable [] found) {
        Postgres.Waiting waiting = postgres.waiting().get(table.id() + key);
        Outcome outcome = waiting == null ? null : waiting.outcome();
        String row = table.id() + key + " " + outcome;
        if (Arrays.equals(wanted, found)) {
            assertThat(waiting).as("equal and accounted as deviating: " + row).isNull();
        } else if (wanted == null) {
            assertThat(outcome).as("left behind: " + row).isEqualTo(Outcome.HOLD);
            assertThat(isReferredTo(table, key, Objects.requireNonNull(found), null))
                    .as("held for nothing: " + row)
                    .isTrue();
        } else {
            assertThat(outcome).as("missing or old: " + row).isEqualTo(found == null ? Outcome.WAIT : Outcome.STALE);
            boolean blocked = lacksParent(table, wanted, found)
                    || isOccupied(table, key, wanted)
                    || (found != null && isReferredTo(table, key, found, wanted));
            assertThat(blocked).as("waits for nothing: " + row).isTrue();
        }
    }

    private boolean lacksParent(Table table, @Nullable Object[] wanted, @Nullable Object @Nullable [] found) {
        for (ForeignKey foreignKey : table.foreignKeys()) {
            Table parent = catalog.table(foreignKey.parent()).orElseThrow();
            List<Object> key = Postgres.values(table, foreignKey.columns(), wanted);
            if (key == null) {
                if (foreignKey.matchFull() && !Postgres.isAllNull(table, foreignKey, wanted)) {
                    return true;
                }
                continue;
            }
            boolean self = parent.id().equals(table.id())
                    && key.equals(Postgres.values(table, foreignKey.parentColumns(), wanted));
            boolean there =
                    postgres.rows(parent).entrySet().stream().anyMatch(p -> isAndStays(parent, foreignKey, key, p));
            boolean ownOld = found != null
                    && parent.id().equals(table.id())
                    && key.equals(Postgres.values(table, foreignKey.parentColumns(), found));
            boolean kept = found != null && !ownOld && refersTo(table, found, foreignKey, key);
            if (!self && !there && !kept) {
                return true;
            }
        }
        return false;
    }

    /** Whether a row of the target has the key, and the source's newest version of it too. */
    private boolean isAndStays(
            Table parent, ForeignKey foreignKey, List<Object> key, Map.Entry<String, @Nullable Object[]> row) {
        @Nullable Object[] newest = source.rows(parent).get(row.getKey());
        return key.equals(Postgres.values(parent, foreignKey.parentColumns(), row.getValue()))
                && newest != null
                && key.equals(Postgres.values(parent, foreignKey.parentColumns(), newest));
    }

    /** Whether the row in the target refers to the key already, by any of its foreign keys to it. */
    private static boolean refersTo(Table table, @Nullable Object[] found, ForeignKey wanted, List<Object> key) {
        return table.foreignKeys().stream()
                .filter(f ->
                        f.parent().equals(wanted.parent()) && f.parentColumns().equals(wanted.parentColumns()))
                .anyMatch(f -> key.equals(Postgres.values(table, f.columns(), found)));
    }

    private boolean isOccupied(Table table, String key, @Nullable Object[] wanted) {
        for (UniqueKey unique : table.uniqueKeys()) {
            List<Object> values = Postgres.values(table, unique.columns(), wanted);
            if (values != null
                    && postgres.rows(table).entrySet().stream()
                            .anyMatch(r -> !r.getKey().equals(key)
                                    && values.equals(Postgres.values(table, unique.columns(), r.getValue())))) {
                return true;
            }
        }
        return false;
    }

    /** Whether another row of the target refers to a key that the row has and would lose. */
    private boolean isReferredTo(
            Table parent, String key, @Nullable Object[] found, @Nullable Object @Nullable [] wanted) {
        for (Table child : catalog.tables()) {
            for (ForeignKey foreignKey : child.foreignKeys()) {
                List<Object> has = Postgres.values(
                        parent,
                        foreignKey.parent().equals(parent.id()) ? foreignKey.parentColumns() : List.of(),
                        found);
                boolean keeps = wanted != null
                        && Objects.equals(
                                has,
                                Postgres.values(
                                        parent,
                                        foreignKey.parent().equals(parent.id())
                                                ? foreignKey.parentColumns()
                                                : List.of(),
                                        wanted));
                if (!foreignKey.parent().equals(parent.id()) || has == null || keeps) {
                    continue;
                }
                boolean refers = postgres.rows(child).entrySet().stream()
                        .anyMatch(r ->
                                !(child.id().equals(parent.id()) && r.getKey().equals(key))
                                        && has.equals(Postgres.values(child, foreignKey.columns(), r.getValue())));
                if (refers) {
                    return true;
                }
            }
        }
        return false;
    }
}
