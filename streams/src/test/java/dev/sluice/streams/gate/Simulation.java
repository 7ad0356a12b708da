package dev.sluice.streams.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.EventReader;
import dev.sluice.schemas.event.EventWriter;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.registry.InMemorySchemaRegistry;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.Table;
import dev.sluice.streams.StreamedRowEvents;
import dev.sluice.streams.gate.Deviations.Move;
import dev.sluice.streams.gate.SimulatedSource.Enforcement;
import dev.sluice.streams.sequence.Place;
import dev.sluice.streams.sequence.Sequencer;
import dev.sluice.streams.state.TreeLaneState;
import dev.sluice.streams.testing.Events;
import dev.sluice.streams.testing.Postgres;
import dev.sluice.streams.testing.Rows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One seeded run: a source, the lane with redeliveries and crashes between any two steps, the model of PostgreSQL behind it. */
final class Simulation {
    @SuppressWarnings("ArrayRecordComponent") // looked at, never compared
    private record Input(Event event, byte @Nullable [] key, byte[] value) {}

    private final Random random;
    private final Enforcement enforcement;
    private final RandomCatalog schema;
    private final Catalog catalog;
    private final GatePlan plan;
    private final SimulatedSource source;
    private final boolean loads;
    private final InMemorySchemaRegistry registry = new InMemorySchemaRegistry();
    private final EventReader reader = EventReader.of(registry);
    private final EventWriter writer = new EventWriter(Events.PIPELINE, "shop.changes.main", registry);
    private final int releasesPerCall;
    private final int queueInMemory;

    private final List<Input> inputs = new ArrayList<>();
    private final Map<String, Long> newest = new HashMap<>();
    private final List<Refresh> asked = new ArrayList<>();
    private final List<Refresh> uncommittedRefreshes = new ArrayList<>();
    private final List<OrderedRecord> ordered = new ArrayList<>();

    private TreeLaneState state = new TreeLaneState();
    private TreeLaneState sequencerState = new TreeLaneState();
    private Postgres postgres;
    private Sequencer sequencer;
    private ForeignKeyGate gate;
    private int at;
    private long offset;

    private TreeLaneState committedState = new TreeLaneState();
    private TreeLaneState committedSequencerState = new TreeLaneState();
    private Postgres committedPostgres;
    private int committedAt;
    private int committedOrdered;
    private boolean deviated;
    private long transactions;
    private long crashes;
    private long refreshesAnswered;
    private long foundByPatrol;

    Simulation(long seed, Enforcement enforcement) {
        this.random = new Random(seed);
        this.enforcement = enforcement;
        this.schema = RandomCatalog.of(random, enforcement);
        this.catalog = schema.catalog();
        this.plan = GatePlan.of(catalog, schema.rules());
        this.source = new SimulatedSource(catalog, enforcement, random);
        this.loads = random.nextInt(3) == 0;
        this.releasesPerCall = 1 + random.nextInt(8);
        this.queueInMemory = 1 + random.nextInt(3);
        this.postgres = new Postgres(catalog, reader, 1, this::requireVersionOfTheSource, schema.unremembered());
        this.committedPostgres = postgres.copy();
        this.sequencer = sequencer();
        this.gate = gate();
    }

    void run(int atLeast) {
        if (loads) {
            source.fill(12);
        }
        for (int i = 0; i < atLeast || source.isLoading(); i++) {
            transactions++;
            publish(source.transaction(inputs.size() + 1, 1 + random.nextInt(6)));
            if (source.isLoading()) {
                publish(source.chunk(inputs.size() + 1, 1 + random.nextInt(5)));
            }
            answerARefresh();
            int behind = random.nextInt(6);
            while (at < inputs.size() - behind) {
                step();
            }
        }
        comeToRest();
        checkEnd();
        publish(source.emptyEverything(inputs.size() + 1));
        comeToRest();
        checkEnd();
        checkEmpty();
    }

    RandomCatalog schema() {
        return schema;
    }

    Postgres postgres() {
        return postgres;
    }

    EventReader reader() {
        return reader;
    }

    /** How often what was decided, in releases and runs too. */
    Map<String, Long> tally() {
        Map<String, Long> tally = new TreeMap<>();
        for (OrderedRecord record : ordered) {
            OrderedHeader header = record.header();
            tally.merge((header.isRelease() ? "released " : "") + header.outcome(), 1L, Long::sum);
            if (header.together()) {
                tally.merge("together with the next", 1L, Long::sum);
            }
        }
        tally.merge("source transactions", transactions, Long::sum);
        tally.merge("crashes", crashes, Long::sum);
        tally.merge("refreshes answered", refreshesAnswered, Long::sum);
        tally.merge("settled by the patrol", foundByPatrol, Long::sum);
        return tally;
    }

    /** Everything that went to {@code ordered}. */
    List<OrderedRecord> ordered() {
        return ordered;
    }

    private void publish(List<Event> events) {
        for (Event event : events) {
            inputs.add(new Input(event, writer.key(event), writer.value(event)));
            if (event instanceof Change change && change.op() != Op.TRUNCATE) {
                @Nullable Object[] image = change.isUpsert() ? change.after() : change.before();
                newest.put(Rows.name(change.table(), image), change.source().sequence());
            }
        }
    }

    private void answerARefresh() {
        if (!asked.isEmpty() && random.nextBoolean()) {
            refreshesAnswered++;
            Refresh refresh = asked.remove(random.nextInt(asked.size()));
            publish(List.of(source.refresh(refresh, inputs.size() + 1L)));
        }
    }

    private void step() {
        switch (random.nextInt(20)) {
            case 0 -> crash();
            case 1, 2 -> commit();
            case 3 -> redeliver();
            case 4, 5 -> {
                take(gate.release(sequencer.next() - 1, sequencer.lastEndsTransaction()));
                take(gate.patrol(sequencer.next() - 1, sequencer.lastEndsTransaction()));
            }
            default -> handle(inputs.get(at++), true);
        }
    }

    private void crash() {
        crashes++;
        state = committedState.copy();
        sequencerState = committedSequencerState.copy();
        postgres = committedPostgres.copy();
        at = committedAt;
        ordered.subList(committedOrdered, ordered.size()).clear();
        uncommittedRefreshes.clear();
        sequencer = sequencer();
        gate = gate();
    }

    private void commit() {
        committedState = state.copy();
        committedSequencerState = sequencerState.copy();
        committedPostgres = postgres.copy();
        committedAt = at;
        committedOrdered = ordered.size();
        asked.addAll(uncommittedRefreshes);
        uncommittedRefreshes.clear();
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
            take(gate.handle(event, new LaneRecord(input.key(), input.value(), sequence, sequence)));
        }
    }

    private void take(Decision decision) {
        List<Change> quarantined = decision.records().stream()
                .filter(r -> r.header().outcome() == Outcome.QUARANTINE)
                .map(r -> (Change) reader.read(r.record().value()))
                .filter(c -> !mayLackParent(c))
                .toList();
        ordered.addAll(decision.records());
        postgres.apply(decision.records());
        assertThat(quarantined.stream().filter(c -> !mayLackParent(c)))
                .as("quarantined though their parents were there before and are there behind it")
                .isEmpty();
        uncommittedRefreshes.addAll(decision.refreshes());
        uncommittedRefreshes.addAll(postgres.takeMissed());
        deviated |= decision.records().stream().anyMatch(r -> r.header().reason() != null);
    }

    /** A row of the target is always a version that the source had, but for references that are NULL for now. */
    private void requireVersionOfTheSource(Table table, @Nullable Object[] row) {
        if (!source.wasEver(table, row, Deviations.columnsThatMayBeTaken(schema, table))) {
            throw new AssertionError("the source never had " + Rows.name(table, row) + " as " + Arrays.toString(row));
        }
    }

    private boolean mayLackParent(Change change) {
        Table table = catalog.table(change.table().id()).orElseThrow();
        return table.foreignKeys().stream()
                .filter(f -> schema.rule(table, f).onOrphan() == OnOrphan.QUARANTINE)
                .anyMatch(f -> mayLackParent(table, f, change));
    }

    private boolean mayLackParent(Table table, ForeignKey foreignKey, Change change) {
        Table parent = catalog.table(foreignKey.parent()).orElseThrow();
        List<Object> key = Rows.values(table, foreignKey.columns(), change.after());
        if (key == null) {
            return true;
        }
        @Nullable Object[] holder = Deviations.holder(parent, foreignKey.parentColumns(), key, postgres.rows(parent));
        Set<String> waiting = postgres.waiting().keySet();
        boolean givesItUp = holder != null
                && Rows.name(parent, holder).equals(Rows.name(table, change.after()))
                && !key.equals(Rows.values(parent, foreignKey.parentColumns(), change.after()));
        return holder == null
                || givesItUp
                || postgres.deadLetters().containsKey(Rows.name(parent, holder))
                || waiting.contains(Rows.name(parent, holder))
                || waiting.contains(parent.id() + "[]");
    }

    /** Handles everything, works off every queue, answers every refresh, until the gate finds nothing more to do. */
    private void comeToRest() {
        do {
            workOff();
        } while (patrol() || gate.hasWork());
    }

    /** @return whether rows could move that nothing had woken */
    private boolean patrol() {
        long round = gate.patrolRounds();
        boolean found = false;
        while (gate.patrolRounds() == round) {
            publish(List.of(Events.heartbeat(inputs.size() + 1L)));
            handle(inputs.get(at++), true);
            Decision decision = gate.patrol(at, true);
            take(decision);
            foundByPatrol += decision.records().stream()
                    .filter(r -> r.header().settles())
                    .count();
            found |= !decision.records().isEmpty() || !decision.refreshes().isEmpty();
        }
        return found;
    }

    private void workOff() {
        int steps = 0;
        while (at < inputs.size() || gate.hasWork() || !asked.isEmpty() || !uncommittedRefreshes.isEmpty()) {
            if (at == inputs.size() && gate.hasWork()) {
                publish(List.of(Events.heartbeat(inputs.size() + 1L)));
                take(gate.release(at, true));
            }
            while (at < inputs.size()) {
                handle(inputs.get(at++), true);
            }
            commit();
            answerARefresh();
            assertThat(++steps).as("the lane comes to rest").isLessThan(5_000);
        }
    }

    private Sequencer sequencer() {
        return Sequencer.open("main", Events.INCARNATION, 1, sequencerState);
    }

    private ForeignKeyGate gate() {
        StreamedRowEvents events = new StreamedRowEvents(Events.PIPELINE, "shop.changes.main", registry);
        return ForeignKeyGate.open(plan, state, events, releasesPerCall, queueInMemory);
    }

    /** Invariant 4: the target is the source, or deviates by name, and no row that deviates could move. */
    private void checkEnd() {
        Set<String> quarantined = postgres.deadLetters().entrySet().stream()
                .filter(letter -> Objects.equals(newest.get(letter.getKey()), letter.getValue()))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
        assertThat(gate.pending())
                .isEqualTo(new PendingTotals(
                        postgres.waiting(Outcome.WAIT),
                        postgres.waiting(Outcome.STALE),
                        postgres.waiting(Outcome.HOLD)));
        Deviations deviations = new Deviations(schema, source, postgres, quarantined);
        for (Move move : deviations.moves().values()) {
            assertThat(deviations.isAccountedFor(move))
                    .as("%s is accounted for by %s", move, postgres.waiting().get(move.row()))
                    .isTrue();
        }
        for (Map.Entry<String, Postgres.Waiting> waiting : postgres.waiting().entrySet()) {
            String row = waiting.getKey();
            boolean deviates = deviations.moves().containsKey(row)
                    || deviations.evictions().containsKey(row)
                    || quarantined.contains(row)
                    || deviations.mayBeEvicted(row);
            assertThat(deviates)
                    .as("equal and accounted as deviating: " + waiting)
                    .isTrue();
        }
        assertThat(deviations.keptReference())
                .as("a reference to a row about to go")
                .isNull();
        Progress progress = Progress.of(deviations);
        assertThat(progress.missed()).as("rows that could move now").isEmpty();
        if (enforcement != Enforcement.NONE && !progress.anyImpossible()) {
            assertThat(postgres.waiting().keySet())
                    .as("a consistent source arrives whole")
                    .isEmpty();
        }
        boolean leftAlone = !loads && !source.mayBeOutOfOrder() && !schema.anyRule(ForeignKeyRule::enforcedBySource);
        assertThat(leftAlone && deviated)
                .as("an order that foreign keys accept is left alone")
                .isFalse();
    }

    private void checkEmpty() {
        assertThat(postgres.waiting()).isEmpty();
        assertThat(postgres.deadLetters()).isEmpty();
        catalog.tables()
                .forEach(t -> assertThat(postgres.rows(t)).as(t.id().toString()).isEmpty());
        int perLane = catalog.tables().stream()
                .mapToInt(t -> 5 + t.uniqueKeys().size() + 2 * t.foreignKeys().size())
                .sum();
        assertThat(state.size()).as("what is kept when nothing is there").isLessThanOrEqualTo(3 + perLane);
    }
}
