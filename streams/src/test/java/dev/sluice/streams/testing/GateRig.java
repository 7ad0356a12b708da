package dev.sluice.streams.testing;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.EventReader;
import dev.sluice.schemas.event.EventWriter;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.registry.InMemorySchemaRegistry;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.streams.StreamedRowEvents;
import dev.sluice.streams.gate.Decision;
import dev.sluice.streams.gate.ForeignKeyGate;
import dev.sluice.streams.gate.ForeignKeyRule;
import dev.sluice.streams.gate.ForeignKeyRules;
import dev.sluice.streams.gate.GatePlan;
import dev.sluice.streams.gate.LaneRecord;
import dev.sluice.streams.gate.OrderedRecord;
import dev.sluice.streams.gate.Refresh;
import dev.sluice.streams.gate.RowEvents;
import dev.sluice.streams.state.TreeLaneState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A gate over a state in memory, with the model of PostgreSQL behind it. Every call gives the outcomes as text: {@code APPLY 3}, {@code +APPLY 1} for a release, with {@code &} where the next record is applied as one with it. */
public final class GateRig {
    private final Catalog catalog;
    private final InMemorySchemaRegistry registry = new InMemorySchemaRegistry();
    private final EventWriter writer = new EventWriter(Events.PIPELINE, "shop.changes.main", registry);
    private final TreeLaneState state = new TreeLaneState();
    private final Postgres postgres;
    private final ForeignKeyRules rules;
    private final List<Refresh> refreshes = new ArrayList<>();
    private final List<OrderedRecord> ordered = new ArrayList<>();
    private ForeignKeyGate gate;
    private long sequence;
    private boolean inTransaction;

    public GateRig(Table... tables) {
        this(ForeignKeyRules.NONE, tables);
    }

    private GateRig(ForeignKeyRules rules, Table... tables) {
        this.catalog = Catalog.of(List.of(tables));
        this.rules = rules;
        this.postgres = new Postgres(catalog, EventReader.of(registry), 1, (table, row) -> {}, unremembered());
        this.gate = open();
    }

    /** @param foreignKey by its name, in the tables that have one of it */
    public static GateRig under(String foreignKey, ForeignKeyRule rule, Table... tables) {
        return under(Map.of(foreignKey, rule), tables);
    }

    public static GateRig under(Map<String, ForeignKeyRule> byName, Table... tables) {
        Map<TableId, Map<String, ForeignKeyRule>> rules = new HashMap<>();
        for (Table table : tables) {
            Map<String, ForeignKeyRule> own = new HashMap<>(byName);
            own.keySet()
                    .retainAll(
                            table.foreignKeys().stream().map(ForeignKey::name).toList());
            rules.put(table.id(), own);
        }
        return new GateRig(ForeignKeyRules.of(rules), tables);
    }

    private Set<TableId> unremembered() {
        return catalog.tables().stream()
                .filter(t -> t.foreignKeys().stream()
                        .anyMatch(f -> rules.of(t.id(), f).enforcedBySource()))
                .map(Table::id)
                .collect(Collectors.toSet());
    }

    private ForeignKeyGate open() {
        return ForeignKeyGate.open(GatePlan.of(catalog, rules), state, rowEvents());
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

    /** Rules other than {@code wait} are applied from then on to rows that refer to these tables. */
    public void loaded(Table... tables) {
        for (Table table : tables) {
            handle(Events.snapshotEnd(table, ++sequence));
        }
    }

    public List<String> heartbeat() {
        return handle(Events.heartbeat(++sequence));
    }

    public List<String> release() {
        return take(gate.release(sequence, !inTransaction));
    }

    public List<String> patrol() {
        return take(gate.patrol(sequence, !inTransaction));
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
        return take(gate.handle(event, record));
    }

    /** The bytes of an event. */
    public byte[] value(Event event) {
        return writer.value(event);
    }

    private List<String> take(Decision decision) {
        List<String> outcomes = new ArrayList<>();
        ordered.addAll(decision.records());
        refreshes.addAll(decision.refreshes());
        postgres.apply(decision.records());
        for (OrderedRecord record : decision.records()) {
            OrderedHeader header = record.header();
            outcomes.add((header.isRelease() ? "+" : "")
                    + header.outcome()
                    + " "
                    + header.origin()
                    + (header.together() ? " &" : ""));
        }
        return outcomes;
    }

    /** What the source was asked to give again, so far. */
    public List<Refresh> refreshes() {
        return refreshes;
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
