package dev.sluice.streams.gate;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.streams.gate.WorkQueue.Work;
import dev.sluice.streams.state.LaneState;
import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Decides for every event of a lane whether the target's foreign keys accept it now, and releases what waited when they do. Applied one by one (and those that say
 * {@code together} as one), the records that it gives never violate a foreign key, and no referential action of the target ever has a row to act on.
 *
 * <pre>
 * upsert   every parent is there                 APPLY, and its key's arrival releases what waits for it
 * upsert   a parent is missing, row not there    WAIT: the newest version wins; a partial one is laid over the one that waits
 * upsert   a parent is missing, row there        STALE: the target keeps the old version, with the old version's parents
 * upsert   would give up a key that rows refer to    STALE, until the last of them has left it
 * upsert   takes a key that a leaving row still has  WAIT or STALE (blocked-by-held), until it is free
 * upsert   waits, and so do those it waits for   the own outcome, then all of them together, as soon as they suffice for each other
 * upsert   a parent is missing that is loaded, at the end of the transaction, by the foreign key's rule
 *                                                SET_NULL, QUARANTINE (a dead letter) or EVICT
 * delete   no row refers to it                   APPLY
 * delete   rows refer to it                      HOLD: released when the last of them leaves, be it in the same transaction; an upsert cancels it;
 *                                                by the foreign key's rule they lose their reference (SET_NULL) or leave (EVICT) at the transaction's end
 * delete   only a waiting version exists         FORGET
 * delete   the row is unknown                    APPLY
 * truncate no other table's row refers to it     APPLY: settles every row of the table, live or waiting
 * truncate other tables' rows refer to it        HOLD, then row by row, then FORGET
 * others                                         CONTROL
 * </pre>
 *
 * <p>A partial upsert of a row that is neither in the target nor waiting changes nothing here and is left to the sink. A table without gated foreign
 * keys that none refers to has no state. Pure but for its state; not thread-safe.
 */
public final class ForeignKeyGate {
    private static final String TRUNCATED = "{\"reason\":\"truncated\"}";

    private final GatePlan plan;
    private final GateStore store;
    private final GatedRows rows;
    private final Admission admission;
    private final Deferred deferred;
    private final Written written = new Written();
    private final RowDecisions decisions;
    private final Releases releases;
    private final Patrol patrol;
    private final IdentityHashMap<Table, RowShape> shapes = new IdentityHashMap<>();
    private boolean isNew;

    private ForeignKeyGate(GatePlan plan, LaneState state, RowEvents events, int releasesPerCall, int queueInMemory) {
        this.plan = plan;
        this.store = new GateStore(state);
        this.isNew = requireSamePlan();
        this.rows = new GatedRows(plan, store, new WorkQueue(store, queueInMemory));
        this.admission = new Admission(plan, rows, store);
        this.deferred = new Deferred(plan, store);
        this.decisions = new RowDecisions(plan, store, rows, admission, events, deferred, written);
        this.releases = new Releases(plan, store, rows, decisions, deferred, written, releasesPerCall);
        this.patrol = new Patrol(plan, store, decisions.together(), decisions);
    }

    /**
     * Goes on with a state. Writes nothing before the first event.
     *
     * @throws SluiceException when the state was made under other foreign keys, or other rules for them
     */
    public static ForeignKeyGate open(GatePlan plan, LaneState state, RowEvents events) {
        return open(plan, state, events, Releases.ROWS_PER_CALL, WorkQueue.ENTRIES_IN_MEMORY);
    }

    /** With bounds so small that a test reaches them. */
    static ForeignKeyGate open(
            GatePlan plan, LaneState state, RowEvents events, int releasesPerCall, int queueInMemory) {
        return new ForeignKeyGate(plan, state, events, releasesPerCall, queueInMemory);
    }

    private boolean requireSamePlan() {
        String known = store.fingerprint();
        String present = plan.fingerprint();
        if (known == null || known.equals(present)) {
            return known == null;
        }
        String missing = GatePlan.firstOnlyIn(known, present);
        String added = GatePlan.firstOnlyIn(present, known);
        throw SluiceException.of(
                ErrorKind.REFUSED,
                "the lane's state was made under other foreign keys, or other rules for them, than there are now: expected "
                        + missing + ", found " + added
                        + "; restore the target's keys and the section foreign-keys of the configuration, or `sluice remove` the pipeline and create it anew");
    }

    /**
     * Decides an event.
     *
     * @param record its bytes; sequences ascend
     * @return the record of its sequence, then releases; never without records
     */
    public Decision handle(Event event, LaneRecord record) {
        if (isNew) {
            store.putFingerprint(plan.fingerprint());
            isNew = false;
        }
        written.begin();
        boolean last = event.transaction().last();
        Group group = new Group(record.sequence(), last);
        decide(event, record, group);
        if (last) {
            releases.transactionEnded(record.sequence());
        }
        releases.into(group);
        rows.save();
        return group.decision();
    }

    /**
     * Goes on with releases that an earlier call left. After a restart there are none before the next event.
     *
     * @param sequence the last one handled
     * @param last whether a source transaction ended with it
     */
    public Decision release(long sequence, boolean last) {
        Group group = new Group(sequence, last);
        releases.into(group);
        rows.save();
        return group.decision();
    }

    /**
     * Looks again at some of the rows that are pending. To be called now and then, when nothing else is to be done.
     *
     * @param sequence the last one handled
     * @param last whether a source transaction ended with it; otherwise nothing is done
     */
    public Decision patrol(long sequence, boolean last) {
        Group group = new Group(sequence, last);
        if (last && written.hasRoom()) {
            patrol.into(group);
            releases.into(group);
            rows.save();
        }
        return group.decision();
    }

    /** How often {@link #patrol} has seen every row since the start. */
    long patrolRounds() {
        return patrol.rounds();
    }

    /** Whether {@link #release} may have something to do, now or with the next event. */
    public boolean hasWork() {
        return !rows.queue().isEmpty() || !deferred.isEmpty();
    }

    public PendingTotals pending() {
        return rows.pending().totals();
    }

    private void decide(Event event, LaneRecord record, Group group) {
        if (!(event instanceof Change change)) {
            group.own(Outcome.CONTROL, record, false, null);
            if (event instanceof Control control && control.kind() == Control.Kind.SNAPSHOT_END) {
                loaded(control.table());
            }
            return;
        }
        GatedTable table = plan.table(change.table().id());
        if (table == null) {
            group.own(Outcome.APPLY, record, change.op() == Op.TRUNCATE, null);
        } else if (change.isUpsert()) {
            decisions.upsert(table, shape(table, change), change, record, group);
        } else if (change.isDelete()) {
            decisions.delete(table, shape(table, change), change, record, group);
        } else {
            truncate(table, record, group);
        }
    }

    private void loaded(@Nullable TableId id) {
        GatedTable table = id == null ? null : plan.table(id);
        if (table == null) {
            return;
        }
        admission.loaded(table);
        table.referrers().stream()
                .filter(edge -> edge.onOrphan() != OnOrphan.WAIT)
                .map(Edge::parent)
                .distinct()
                .forEach(spec -> rows.queue().add(new Work(Task.LOADED, spec.prefix(), null)));
    }

    private void truncate(GatedTable table, LaneRecord record, Group group) {
        if (rows.references().to(table) == 0 && !table.hasLightReferrers()) {
            rows.empty(table);
            group.own(Outcome.APPLY, record, true, null);
            return;
        }
        rows.epochs().truncate(table, record);
        group.own(Outcome.HOLD, record, false, TRUNCATED);
        rows.sweep(table);
    }

    private RowShape shape(GatedTable table, Change change) {
        @Nullable RowShape shape = shapes.get(change.table());
        if (shape == null) {
            shape = RowShape.of(table, change.table());
            shapes.put(change.table(), shape);
        }
        return shape;
    }
}
