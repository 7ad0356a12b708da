package dev.sluice.streams.testing;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.EventReader;
import dev.sluice.schemas.event.EventWriter;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.registry.InMemorySchemaRegistry;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Table;
import dev.sluice.streams.StreamedRowEvents;
import dev.sluice.streams.gate.ForeignKeyGate;
import dev.sluice.streams.gate.GatePlan;
import dev.sluice.streams.gate.LaneRecord;
import dev.sluice.streams.gate.OrderedRecord;
import dev.sluice.streams.gate.RowEvents;
import dev.sluice.streams.state.TreeLaneState;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A gate over a state in memory, with the model of PostgreSQL behind it. Every call gives the outcomes as text: {@code APPLY 3}, {@code +APPLY 1} for a release. */
public final class GateRig {
    private final Catalog catalog;
    private final InMemorySchemaRegistry registry = new InMemorySchemaRegistry();
    private final EventWriter writer = new EventWriter(Events.PIPELINE, "shop.changes.main", registry);
    private final TreeLaneState state = new TreeLaneState();
    private final Postgres postgres;
    private final List<OrderedRecord> ordered = new ArrayList<>();
    private ForeignKeyGate gate;
    private long sequence;
    private boolean inTransaction;

    public GateRig(Table... tables) {
        this.catalog = Catalog.of(List.of(tables));
        this.postgres = new Postgres(catalog, EventReader.of(registry), 1);
        this.gate = open();
    }

    private ForeignKeyGate open() {
        return ForeignKeyGate.open(GatePlan.of(catalog), state, rowEvents());
    }

    public RowEvents rowEvents() {
        return new StreamedRowEvents(Events.PIPELINE, "shop.changes.main", registry);
    }

    /** As after a restart: only the state is left. */
    public void reopen() {
        gate = open();
    }

    /** The events that follow belong to one source transaction; the last one is named with {@link #endTransaction}. */
    public void beginTransaction() {
        inTransaction = true;
    }

    public void endTransaction() {
        inTransaction = false;
    }

    public List<String> upsert(Table table, @Nullable Object... row) {
        return handle(Events.upsert(table, ++sequence, !inTransaction, row));
    }

    public List<String> partial(Table table, Set<String> unchanged, @Nullable Object... row) {
        return handle(Events.partial(table, ++sequence, !inTransaction, unchanged, row));
    }

    /** @param row the key's values; the other columns are not known */
    public List<String> delete(Table table, Object... row) {
        @Nullable Object[] image = new @Nullable Object[table.columns().size()];
        int[] indexes = table.keyIndexes();
        for (int i = 0; i < indexes.length; i++) {
            image[indexes[i]] = row[i];
        }
        return handle(Events.delete(table, ++sequence, !inTransaction, image));
    }

    public List<String> truncate(Table table) {
        return handle(Events.truncate(table, ++sequence, !inTransaction));
    }

    public List<String> heartbeat() {
        return handle(Events.heartbeat(++sequence));
    }

    public List<String> release() {
        return take(gate.release(sequence, !inTransaction).records());
    }

    public boolean hasWork() {
        return gate.hasWork();
    }

    public List<String> handle(Event event) {
        byte @Nullable [] key = event instanceof Change ? writer.key(event) : null;
        LaneRecord record = new LaneRecord(
                key,
                writer.value(event),
                event.source().sequence(),
                event.source().commitMillis());
        return take(gate.handle(event, record).records());
    }

    private List<String> take(List<OrderedRecord> decided) {
        List<String> outcomes = new ArrayList<>();
        for (OrderedRecord record : decided) {
            ordered.add(record);
            OrderedHeader header = record.header();
            postgres.apply(header, record.record().value());
            outcomes.add((header.isRelease() ? "+" : "") + header.outcome() + " " + header.origin());
        }
        return outcomes;
    }

    public Postgres postgres() {
        return postgres;
    }

    public TreeLaneState state() {
        return state;
    }

    public ForeignKeyGate gate() {
        return gate;
    }

    public @Nullable String lastReason() {
        return ordered.get(ordered.size() - 1).header().reason();
    }

    public List<OrderedRecord> ordered() {
        return ordered;
    }

    /** A row of the target by the text of its key. */
    public @Nullable Object @Nullable [] row(Table table, Object... key) {
        return postgres.rows(table).get(dev.sluice.schemas.event.KeyText.of(key));
    }

    public List<Outcome> waiting() {
        return postgres.waiting().values().stream()
                .map(Postgres.Waiting::outcome)
                .sorted()
                .toList();
    }
}
