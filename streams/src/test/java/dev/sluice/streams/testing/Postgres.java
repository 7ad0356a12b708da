package dev.sluice.streams.testing;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.EventReader;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.streams.gate.OrderedRecord;
import dev.sluice.streams.gate.Refresh;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A model of sink and target: applies records of {@code ordered} one by one, checks every constraint behind each, never cascades, and keeps
 * {@code sluice.waiting} and the dead letters as the sink does. It decodes the bytes and knows nothing of the gate.
 */
public final class Postgres {
    /** Why a row deviates, with the sequence of the newest event that did not get through. */
    public record Waiting(Outcome outcome, long origin) {}

    /** Sees every row that is written. */
    public interface Witness {
        void written(Table table, @Nullable Object[] row);
    }

    /**
     * What a row was last written under.
     *
     * @param origin of the newest version that the source wrote
     * @param whole whether that version is there as the source wrote it
     */
    private record Written(long sequence, long origin, boolean whole) {}

    private record Entry(OrderedHeader header, Event event) {}

    private final Set<TableId> unremembered;
    private final Catalog catalog;
    private final EventReader reader;
    private final Witness witness;
    private final Relations relations;
    private final Map<String, Waiting> waiting;
    private final Map<String, Long> deadLetters;
    private final Map<String, Written> written;
    /** What the events of the lane do to which rows, by sequence. */
    private final List<String> own;

    private final List<Refresh> missed = new ArrayList<>();
    private final List<Entry> run = new ArrayList<>();
    private final long firstSequence;
    private long sequence;
    private boolean last;

    /** @param unremembered tables of which nobody upstream knows what rows are in the target: a row that is may be told to wait */
    public Postgres(
            Catalog catalog, EventReader reader, long firstSequence, Witness witness, Set<TableId> unremembered) {
        this.unremembered = unremembered;
        this.catalog = catalog;
        this.reader = reader;
        this.witness = witness;
        this.relations = new Relations(catalog);
        this.waiting = new LinkedHashMap<>();
        this.deadLetters = new HashMap<>();
        this.written = new HashMap<>();
        this.own = new ArrayList<>();
        this.firstSequence = firstSequence;
        this.sequence = firstSequence - 1;
    }

    public Postgres(Catalog catalog, EventReader reader, long firstSequence) {
        this(catalog, reader, firstSequence, (table, row) -> {}, Set.of());
    }

    private Postgres(Postgres of) {
        this.unremembered = of.unremembered;
        this.catalog = of.catalog;
        this.reader = of.reader;
        this.witness = of.witness;
        this.relations = of.relations.copy();
        this.waiting = new LinkedHashMap<>(of.waiting);
        this.deadLetters = new HashMap<>(of.deadLetters);
        this.written = new HashMap<>(of.written);
        this.own = new ArrayList<>(of.own);
        this.firstSequence = of.firstSequence;
        this.sequence = of.sequence;
        this.last = of.last;
    }

    public Postgres copy() {
        return new Postgres(this);
    }

    public Map<String, @Nullable Object[]> rows(Table table) {
        return relations.rows(table);
    }

    /** By {@link Rows#name}; an unfinished truncate under the key {@code []}. */
    public Map<String, Waiting> waiting() {
        return waiting;
    }

    public long waiting(Outcome outcome) {
        return waiting.values().stream().filter(w -> w.outcome() == outcome).count();
    }

    /** Sequences of quarantined events by {@link Rows#name}. */
    public Map<String, Long> deadLetters() {
        return deadLetters;
    }

    /** Rows of which only a part came and that are not there: the sink has them read again. Those of the calls since the last time. */
    public List<Refresh> takeMissed() {
        List<Refresh> taken = List.copyOf(missed);
        missed.clear();
        return taken;
    }

    /** Applies what one call decided. */
    public void apply(List<OrderedRecord> decided) {
        for (int i = 0; i < decided.size(); i++) {
            OrderedHeader header = decided.get(i).header();
            boolean end = i == decided.size() - 1;
            require(header.more() == !end, "what was decided together stands together", header);
            require(!header.together() || !end, "a run ends with its call", header);
            apply(header, decided.get(i).record().value());
        }
    }

    /** One record; those of a run come to pass with its last one. */
    public void apply(OrderedHeader header, byte[] value) {
        requireDense(header);
        Event event = reader.read(value);
        require(event.source().sequence() == header.origin(), "the event's own sequence", header);
        if (!header.isRelease()) {
            own.add(event instanceof Change change && change.op() != Op.TRUNCATE ? mark(change) : "");
        }
        run.add(new Entry(header, event));
        if (header.together()) {
            return;
        }
        boolean together = run.size() > 1;
        if (together) {
            relations.beginRun(run.stream()
                    .map(e -> e.event() instanceof Change change && change.op() != Op.TRUNCATE ? name(change) : "")
                    .collect(Collectors.toSet()));
        }
        run.forEach(e -> decide(e.header(), e.event()));
        if (together) {
            relations.endRun();
        }
        run.clear();
    }

    private void requireDense(OrderedHeader header) {
        if (header.isRelease()) {
            require(header.sequence() == sequence, "a release stands under the newest sequence", header);
            require(header.last() == last, "last is alike under a sequence", header);
        } else {
            require(header.sequence() == sequence + 1, "ordered is dense", header);
            require(header.origin() == header.sequence(), "an own record has its own origin", header);
            sequence = header.sequence();
            last = header.last();
        }
        boolean deviates =
                switch (header.outcome()) {
                    case WAIT, STALE, HOLD, SET_NULL, QUARANTINE, EVICT -> true;
                    case APPLY, FORGET, CONTROL -> false;
                };
        require((header.reason() != null) == deviates, "a reason where the row deviates", header);
    }

    /** Simulations come by here very often. */
    private static void require(boolean holds, String what, Object subject) {
        if (!holds) {
            throw new AssertionError(what + ": " + subject);
        }
    }

    private void decide(OrderedHeader header, Event event) {
        if (!(event instanceof Change change)) {
            require(header.outcome() == Outcome.CONTROL, "a control event is no change", header);
        } else if (change.op() == Op.TRUNCATE) {
            truncate(catalog.table(change.table().id()).orElseThrow(), header);
        } else {
            decide(header, change, catalog.table(change.table().id()).orElseThrow());
        }
    }

    private void decide(OrderedHeader header, Change change, Table table) {
        String row = name(change);
        boolean present = rows(table).containsKey(Rows.keyText(table, image(change)));
        switch (header.outcome()) {
            case APPLY -> {
                if (change.isUpsert() && !change.unchanged().isEmpty() && !present) {
                    require(!header.settles(), "an update of no row settles nothing", row);
                    missed.add(new Refresh(table.id(), Rows.keyText(table, change.after())));
                    return;
                }
                if (!isInBetween(change, header)) {
                    settle(row, header);
                }
                write(row, table, change, header);
                supersede(row, header);
            }
            case FORGET -> {
                require(!present, "a forgotten row was never there", row);
                settle(row, header);
                supersede(row, header);
            }
            case WAIT -> deviate(row, header, !present || unremembered.contains(table.id()));
            case STALE -> deviate(row, header, present && change.isUpsert());
            case HOLD -> {
                deviate(row, header, present);
                if (change.isDelete()) {
                    supersede(row, header);
                }
            }
            case SET_NULL -> {
                deviate(
                        row,
                        header,
                        change.isUpsert() && (present || change.unchanged().isEmpty()));
                write(row, table, change, header);
                supersede(row, header);
            }
            case QUARANTINE -> {
                require(change.isUpsert(), "only upserts are quarantined", row);
                settle(row, header);
                deadLetters.put(row, header.origin());
            }
            case EVICT -> {
                deviate(row, header, present);
                requireForward(row, change, header);
                relations.remove(table, image(change));
            }
            case CONTROL -> throw new AssertionError("a change is no control event: " + row);
        }
    }

    /** A later change ends a dead letter. */
    private void supersede(String row, OrderedHeader header) {
        deadLetters.computeIfPresent(row, (r, origin) -> origin < header.origin() ? null : origin);
    }

    private void settle(String row, OrderedHeader header) {
        require(header.settles() == waiting.containsKey(row), "a waiting row is settled once, and no other", row);
        waiting.remove(row);
    }

    private void deviate(String row, OrderedHeader header, boolean fits) {
        if (!fits || header.settles()) {
            throw new AssertionError(header + " of " + row);
        }
        Outcome kind =
                switch (header.outcome()) {
                    case WAIT, EVICT -> Outcome.WAIT;
                    case STALE, SET_NULL -> Outcome.STALE;
                    case HOLD -> Outcome.HOLD;
                    case APPLY, FORGET, CONTROL, QUARANTINE -> throw new AssertionError(header.outcome());
                };
        waiting.put(row, new Waiting(kind, header.origin()));
    }

    /** The sink's guard, and invariant 6: a row is written once under a sequence, and never gets an older version than it had. */
    private void requireForward(String row, Change change, OrderedHeader header) {
        Written before = written.getOrDefault(row, new Written(0, 0, true));
        require(header.sequence() > before.sequence(), "a row is written once under a sequence", row);
        boolean real = isOwn(change, header);
        boolean newer = before.whole() ? header.origin() > before.origin() : header.origin() >= before.origin();
        require(!real || newer, "a row never gets an older version", row);
        boolean whole = real && header.outcome() == Outcome.APPLY;
        written.put(row, new Written(header.sequence(), real ? header.origin() : before.origin(), whole));
    }

    /**
     * Whether the source wrote the event, not the gate. A delete that evicts is the gate's, under the origin of what took the parent away; through some rows that may be
     * an earlier delete of the same row.
     */
    private boolean isOwn(Change change, OrderedHeader header) {
        boolean evicts = header.outcome() == Outcome.EVICT && change.isDelete();
        return !evicts
                && !isInBetween(change, header)
                && own.get((int) (header.origin() - firstSequence)).equals(mark(change));
    }

    /** Whether a row that has more pending, or a dead letter, loses or gets a reference. */
    private boolean isInBetween(Change change, OrderedHeader header) {
        return header.isRelease()
                && header.outcome() == Outcome.APPLY
                && !header.settles()
                && change.isUpsert()
                && !change.unchanged().isEmpty()
                && (waiting.containsKey(name(change)) || deadLetters.containsKey(name(change)));
    }

    private static String mark(Change change) {
        return (change.isDelete() ? "-" : "+") + name(change);
    }

    private void truncate(Table table, OrderedHeader header) {
        String row = table.id() + "[]";
        switch (header.outcome()) {
            case APPLY -> {
                require(!header.isRelease(), "a truncate is applied at once", row);
                relations.truncate(table);
                forgetAll(table);
            }
            case HOLD -> {
                if (!header.isRelease()) {
                    forgetAll(table);
                }
                waiting.put(row, new Waiting(Outcome.HOLD, header.origin()));
            }
            case FORGET -> settle(row, header);
            case WAIT, STALE, SET_NULL, QUARANTINE, EVICT, CONTROL ->
                throw new AssertionError("a truncate's outcome is never " + header.outcome());
        }
    }

    private void forgetAll(Table table) {
        waiting.keySet().removeIf(row -> row.startsWith(table.id() + "["));
        deadLetters.keySet().removeIf(row -> row.startsWith(table.id() + "["));
    }

    private void write(String row, Table table, Change change, OrderedHeader header) {
        requireForward(row, change, header);
        if (change.isDelete()) {
            relations.remove(table, image(change));
            return;
        }
        @Nullable Object[] after = change.after();
        if (!change.unchanged().isEmpty()) {
            @Nullable Object[] before = rows(table).get(Rows.keyText(table, after));
            after = after.clone();
            for (String column : change.unchanged()) {
                after[table.indexOf(column)] = before[table.indexOf(column)];
            }
        }
        relations.put(table, after);
        witness.written(table, after);
    }

    private static String name(Change change) {
        return Rows.name(change.table(), image(change));
    }

    private static @Nullable Object[] image(Change change) {
        return change.isUpsert() ? change.after() : change.before();
    }
}
