package dev.sluice.streams.gate;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.relational.Table;
import dev.sluice.streams.state.LaneState;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides for every event of a lane whether the target's foreign keys accept it now, and releases what waited when they do. Applied one by one, the
 * records that it gives never violate a foreign key, and no referential action of the target ever has a row to act on.
 *
 * <pre>
 * upsert   every parent is there                 APPLY, and its key's arrival releases what waits for it
 * upsert   a parent is missing, row not there    WAIT: the newest version wins; a partial one is laid over the one that waits
 * upsert   a parent is missing, row there        STALE: the target keeps the old version, with the old version's parents
 * upsert   would give up a key that rows refer to    STALE, until the last of them has left it
 * upsert   takes a key that a leaving row still has  WAIT or STALE (blocked-by-held), until it is free
 * delete   no row refers to it                   APPLY
 * delete   rows refer to it                      HOLD: released when the last of them leaves, be it in the same transaction; an upsert cancels it
 * delete   only a waiting version exists         FORGET
 * delete   the row is unknown                    APPLY
 * truncate no other table's row refers to it     APPLY: settles every row of the table, live or waiting
 * others                                         CONTROL
 * </pre>
 *
 * <p>A partial upsert of a row that is neither in the target nor waiting changes nothing here and is left to the sink. A table without gated foreign
 * keys that none refers to has no state. Pure but for its state; not thread-safe.
 */
public final class ForeignKeyGate {
    private final GatePlan plan;
    private final GateStore store;
    private final RowEvents merger;
    private final GatedRows rows;
    private final Admission admission;
    private final Releases releases;
    private final IdentityHashMap<Table, RowShape> shapes = new IdentityHashMap<>();
    private boolean isNew;

    private ForeignKeyGate(
            GatePlan plan, LaneState state, RowEvents merger, int releasesPerCall, int queueInMemory) {
        this.plan = plan;
        this.store = new GateStore(state);
        this.merger = merger;
        this.isNew = requireSamePlan();
        this.rows = new GatedRows(plan, store, new WorkQueue(store, queueInMemory));
        this.admission = new Admission(rows, store);
        this.releases = new Releases(plan, store, rows, admission, releasesPerCall);
    }

    /**
     * Goes on with a state. Writes nothing before the first event.
     *
     * @throws SluiceException when the state was made under other foreign keys
     */
    public static ForeignKeyGate open(GatePlan plan, LaneState state, RowEvents merger) {
        return open(plan, state, merger, Releases.ROWS_PER_CALL, WorkQueue.ENTRIES_IN_MEMORY);
    }

    /** With bounds so small that a test reaches them. */
    static ForeignKeyGate open(
            GatePlan plan, LaneState state, RowEvents merger, int releasesPerCall, int queueInMemory) {
        return new ForeignKeyGate(plan, state, merger, releasesPerCall, queueInMemory);
    }

    private boolean requireSamePlan() {
        String known = store.fingerprint();
        String present = plan.fingerprint();
        if (known == null || known.equals(present)) {
            return known == null;
        }
        String missing = known.lines()
                .filter(l -> !present.lines().toList().contains(l))
                .findFirst()
                .orElse("nothing more");
        String added = present.lines()
                .filter(l -> !known.lines().toList().contains(l))
                .findFirst()
                .orElse("nothing more");
        throw SluiceException.of(
                ErrorKind.REFUSED,
                "the lane's state was made under other foreign keys than the target has now: expected " + missing
                        + ", found " + added
                        + "; restore the target's keys, or `sluice remove` the pipeline and create it anew");
    }

    /**
     * Decides an event.
     *
     * @param record its bytes; sequences ascend
     * @return the record of its sequence, then releases; never empty
     */
    public Decision handle(Event event, LaneRecord record) {
        if (isNew) {
            store.putFingerprint(plan.fingerprint());
            isNew = false;
        }
        Group group = new Group(record.sequence(), event.transaction().last());
        decide(event, record, group);
        releases.into(group);
        rows.save();
        return new Decision(group.records(), List.of());
    }

    /**
     * Goes on with releases that an earlier call left.
     *
     * @param sequence the last one handled
     * @param last whether a source transaction ended with it
     */
    public Decision release(long sequence, boolean last) {
        Group group = new Group(sequence, last);
        releases.into(group);
        rows.save();
        return new Decision(group.records(), List.of());
    }

    /** Whether {@link #release} may have something to do. */
    public boolean hasWork() {
        return !rows.queue().isEmpty();
    }

    public PendingTotals pending() {
        return rows.totals();
    }

    private void decide(Event event, LaneRecord record, Group group) {
        if (!(event instanceof Change change)) {
            group.add(Outcome.CONTROL, record, false, null);
            return;
        }
        GatedTable table = plan.table(change.table().id());
        if (table == null) {
            group.add(Outcome.APPLY, record, change.op() == Op.TRUNCATE, null);
        } else if (change.isUpsert()) {
            upsert(table, change, record, group);
        } else if (change.isDelete()) {
            delete(table, change, record, group);
        } else {
            truncate(table, record, group);
        }
    }

    private void upsert(GatedTable table, Change change, LaneRecord record, Group group) {
        RowShape shape = shape(table, change);
        byte[] row = shape.rowKey(change.after());
        Node node = rows.row(table, row);
        if (change.unchanged().isEmpty()) {
            admit(table, row, node, shape.version(change.after()), record, record, group);
            return;
        }
        PendingVersion earlier = node.pending == Node.Pending.UPSERT ? store.pending(row) : null;
        if (earlier != null) {
            LaneRecord merged = record.withValue(merger.merge(earlier.record().value(), record.value()));
            admit(table, row, node, shape.version(change, earlier.version()), merged, record, group);
        } else if (node.live) {
            Version inTarget = new Version(node.references, node.keys);
            admit(table, row, node, shape.version(change, inTarget), record, record, group);
        } else {
            group.add(Outcome.APPLY, record, false, null);
        }
    }

    /** @param whole the newest version as far as it is known, {@code arrived} what of it the event carries */
    private void admit(
            GatedTable table,
            byte[] row,
            Node node,
            Version version,
            LaneRecord whole,
            LaneRecord arrived,
            Group group) {
        Obstacle obstacle = admission.toUpsert(table, row, node, version);
        if (obstacle == null) {
            boolean settles = node.pending != Node.Pending.NONE;
            rows.apply(table, row, node, version);
            group.add(Outcome.APPLY, whole, settles, null);
        } else {
            rows.suspend(row, node, new PendingVersion(false, whole, version, obstacle.awaited()));
            group.add(node.live ? Outcome.STALE : Outcome.WAIT, arrived, false, obstacle.reason());
        }
    }

    private void delete(GatedTable table, Change change, LaneRecord record, Group group) {
        byte[] row = shape(table, change).rowKey(change.before());
        Node node = rows.row(table, row);
        boolean settles = node.pending != Node.Pending.NONE;
        if (!node.live) {
            rows.dropPending(row, node);
            store.put(row, node);
            group.add(settles ? Outcome.FORGET : Outcome.APPLY, record, settles, null);
            return;
        }
        Obstacle obstacle = admission.toDelete(table, row, node);
        if (obstacle == null) {
            rows.remove(table, row, node);
            group.add(Outcome.APPLY, record, settles, null);
        } else {
            rows.suspend(row, node, new PendingVersion(true, record, Version.EMPTY, obstacle.awaited()));
            group.add(Outcome.HOLD, record, false, obstacle.reason());
        }
    }

    private void truncate(GatedTable table, LaneRecord record, Group group) {
        long references = rows.referencesTo(table);
        if (references > 0) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "table " + table.table().id() + " is truncated at sequence " + record.sequence() + " while "
                            + references
                            + " rows of other tables refer to it, expected none; delete or truncate those in the source before, or delete its rows instead");
        }
        rows.empty(table);
        group.add(Outcome.APPLY, record, true, null);
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
