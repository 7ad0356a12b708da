package dev.sluice.streams.gate;

import dev.sluice.streams.gate.GateStore.Task;
import dev.sluice.streams.gate.PendingVersion.Awaited;
import dev.sluice.streams.gate.WorkQueue.Work;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Rows of gated tables: what of them is in the target, what is pending, who refers to whom. Every change here queues the work that it makes
 * possible. A row's own node is handed in and written back by the methods that change it.
 */
final class GatedRows {
    private final GatePlan plan;
    private final GateStore store;
    private final long[] epochs;
    private final long[] references;
    private PendingTotals totals;
    private final WorkQueue queue;
    private final BitSet changedReferences = new BitSet();
    private boolean changedTotals;

    GatedRows(GatePlan plan, GateStore store, WorkQueue queue) {
        this.plan = plan;
        this.store = store;
        this.epochs = new long[plan.tableCount()];
        Arrays.setAll(epochs, store::epoch);
        this.references = new long[plan.edges().size()];
        Arrays.setAll(references, store::references);
        this.totals = store.totals();
        this.queue = queue;
    }

    PendingTotals totals() {
        return totals;
    }

    WorkQueue queue() {
        return queue;
    }

    /** Writes what changes with nearly every row, once per call. */
    void save() {
        changedReferences.stream().forEach(edge -> store.putReferences(edge, references[edge]));
        changedReferences.clear();
        if (changedTotals) {
            store.putTotals(totals);
            changedTotals = false;
        }
        queue.save();
    }

    /** Live references of other tables to a table. */
    long referencesTo(GatedTable table) {
        long count = 0;
        for (Edge edge : table.referrers()) {
            count += edge.leavesTable() ? references[edge.ordinal()] : 0;
        }
        return count;
    }

    /** The node of a row, without what was true before its table was emptied. */
    Node row(GatedTable table, byte[] row) {
        Node node = store.node(row);
        long epoch = epochs[table.ordinal()];
        if (node.hasRow() && node.epoch != epoch) {
            forget(row, node);
        }
        node.epoch = epoch;
        return node;
    }

    private void forget(byte[] row, Node node) {
        dropPending(row, node);
        for (int i = 0; i < node.references.length; i++) {
            // The references were taken from the foreign key's count when the table was emptied.
            release(null, node.references[i]);
        }
        clear(node);
        store.put(row, node);
    }

    private static void clear(Node node) {
        node.live = false;
        node.leaving = false;
        node.owner = null;
        node.referrers = 0;
        node.references = KeyImage.NONE;
        node.keys = KeyImage.NONE;
    }

    /** The node of a key that is not a primary one, without what was true before its table was emptied. */
    Node key(byte[] key) {
        Node node = store.node(key);
        long epoch = epochOf(key);
        if (node.epoch != epoch) {
            clear(node);
            node.epoch = epoch;
        }
        return node;
    }

    boolean isInTarget(Node node, byte[] key) {
        return node.live && node.epoch == epochOf(key);
    }

    private long epochOf(byte[] key) {
        return epochs[plan.specOf(key).tableOrdinal()];
    }

    /** Makes a version the one in the target. */
    void apply(GatedTable table, byte[] row, Node node, Version version) {
        boolean wasLeaving = node.pending == Node.Pending.DELETE;
        boolean changed = !node.live || node.pending != Node.Pending.NONE;
        dropPending(row, node);
        boolean becomesLive = !node.live;
        node.live = true;
        changed |= moveReferences(table, row, node, version);
        changed |= moveKeys(row, node, version);
        if (becomesLive || wasLeaving) {
            arrived(row, node);
        }
        if (changed) {
            store.put(row, node);
        }
    }

    /** Takes a row out of the target. */
    void remove(GatedTable table, byte[] row, Node node) {
        dropPending(row, node);
        moveReferences(table, row, node, Version.EMPTY);
        moveKeys(row, node, Version.EMPTY);
        node.live = false;
        store.put(row, node);
    }

    private boolean moveReferences(GatedTable table, byte[] row, Node node, Version version) {
        KeyImage[] before = node.references;
        KeyImage[] after = new KeyImage[version.references().length];
        for (int i = 0; i < after.length; i++) {
            KeyImage wanted = version.references()[i];
            boolean self = wanted.isKey() && (wanted.names(row) || version.hasKey(wanted.bytes()));
            after[i] = self ? wanted.asSelf() : wanted.isKey() ? wanted.counted(epochOf(wanted.bytes())) : wanted;
        }
        if (Arrays.equals(before, after)) {
            return false;
        }
        // First the new ones: a parent that stays is never without a referrer in between.
        for (int i = 0; i < after.length; i++) {
            if (after[i].isCounted() && (i >= before.length || !before[i].equals(after[i]))) {
                acquire(table.edges().get(i), after[i]);
            }
        }
        for (int i = 0; i < before.length; i++) {
            if (before[i].isCounted() && (i >= after.length || !before[i].equals(after[i]))) {
                release(table.edges().get(i), before[i]);
            }
        }
        node.references = after;
        return true;
    }

    private void acquire(Edge edge, KeyImage reference) {
        Node parent = store.node(reference.bytes());
        parent.referrers++;
        store.put(reference.bytes(), parent);
        count(edge, 1);
    }

    private void release(@Nullable Edge edge, KeyImage reference) {
        if (edge != null) {
            count(edge, -1);
        }
        Node parent = reference.isCounted() ? store.node(reference.bytes()) : null;
        if (parent == null || !parent.live || parent.epoch != reference.epoch()) {
            return;
        }
        parent.referrers--;
        store.put(reference.bytes(), parent);
        if (parent.referrers == 0 && parent.isLeaving()) {
            enqueue(Task.RETRY, parent.owner == null ? reference.bytes() : parent.owner);
        }
    }

    private void count(Edge edge, int change) {
        if (edge.leavesTable()) {
            references[edge.ordinal()] += change;
            changedReferences.set(edge.ordinal());
        }
    }

    private boolean moveKeys(byte[] row, Node node, Version version) {
        KeyImage[] before = node.keys;
        KeyImage[] after = version.keys();
        for (KeyImage key : before) {
            if (key.isKey()) {
                if (version.hasKey(key.bytes())) {
                    setLeaving(row, key.bytes(), false);
                } else {
                    lose(row, key.bytes());
                }
            }
        }
        if (Arrays.equals(before, after)) {
            return false;
        }
        for (int i = 0; i < after.length; i++) {
            if (after[i].isKey() && (i >= before.length || !before[i].equals(after[i]))) {
                gain(row, after[i].bytes());
            }
        }
        node.keys = after;
        return true;
    }

    private void gain(byte[] row, byte[] bytes) {
        Node key = key(bytes);
        key.live = true;
        key.leaving = false;
        key.owner = row;
        store.put(bytes, key);
        arrived(bytes, key);
    }

    private void lose(byte[] row, byte[] bytes) {
        Node key = key(bytes);
        if (Arrays.equals(key.owner, row)) {
            clear(key);
            store.put(bytes, key);
            if (key.waiters > 0) {
                enqueue(Task.RELEASED, bytes);
            }
        }
    }

    private void setLeaving(byte[] row, byte[] bytes, boolean leaving) {
        Node key = key(bytes);
        if (key.leaving != leaving && Arrays.equals(key.owner, row)) {
            key.leaving = leaving;
            store.put(bytes, key);
            if (!leaving) {
                arrived(bytes, key);
            }
        }
    }

    private void arrived(byte[] bytes, Node key) {
        if (key.waiters > 0) {
            enqueue(Task.ARRIVED, bytes);
        }
    }

    /** Puts a row's newest event aside, in the place of an earlier one. */
    void suspend(byte[] row, Node node, PendingVersion pending) {
        boolean comesBack = node.pending == Node.Pending.DELETE && !pending.deletes();
        dropPending(row, node);
        node.pending = pending.kind();
        store.putPending(row, pending);
        if (pending.awaited() != null) {
            store.file(pending.awaited(), row);
            wait(pending.awaited(), 1);
        }
        addToTotals(node, 1);
        for (KeyImage key : node.keys) {
            if (key.isKey()) {
                setLeaving(
                        row,
                        key.bytes(),
                        pending.deletes() || !pending.version().hasKey(key.bytes()));
            }
        }
        if (comesBack) {
            arrived(row, node);
        }
        store.put(row, node);
    }

    /** Files a pending event under another key, the one it waits for now. */
    void refile(byte[] row, PendingVersion pending, @Nullable Awaited awaited) {
        if (Objects.equals(pending.awaited(), awaited)) {
            return;
        }
        unfile(row, pending);
        store.putPending(row, new PendingVersion(pending.deletes(), pending.record(), pending.version(), awaited));
        if (awaited != null) {
            store.file(awaited, row);
            wait(awaited, 1);
        }
    }

    /** Forgets what a row has pending. The caller writes the node. */
    void dropPending(byte[] row, Node node) {
        if (node.pending == Node.Pending.NONE) {
            return;
        }
        unfile(row, store.pending(row));
        store.deletePending(row);
        addToTotals(node, -1);
        node.pending = Node.Pending.NONE;
    }

    private void unfile(byte[] row, PendingVersion pending) {
        if (pending.awaited() != null) {
            store.unfile(pending.awaited(), row);
            wait(pending.awaited(), -1);
        }
    }

    private void wait(Awaited awaited, int change) {
        Node key = store.node(awaited.key());
        key.waiters += change;
        store.put(awaited.key(), key);
    }

    private void addToTotals(Node node, int change) {
        boolean held = node.pending == Node.Pending.DELETE;
        boolean stale = !held && node.live;
        totals = new PendingTotals(
                totals.waiting() + (held || stale ? 0 : change),
                totals.stale() + (stale ? change : 0),
                totals.held() + (held ? change : 0));
        changedTotals = true;
    }

    /** Every row of a table is gone, live or waiting. Nodes are cleared behind it, a bounded number at a time, and mean nothing until then. */
    void empty(GatedTable table) {
        epochs[table.ordinal()]++;
        store.putEpoch(table.ordinal(), epochs[table.ordinal()]);
        for (Edge edge : table.edges()) {
            references[edge.ordinal()] = 0;
            changedReferences.set(edge.ordinal());
        }
        enqueue(Task.SWEEP, sweepKey(table.primary()));
        table.otherKeys().forEach(key -> enqueue(Task.SWEEP, sweepKey(key)));
    }

    private static byte[] sweepKey(KeySpec spec) {
        return new byte[] {(byte) (spec.id() >>> 8), (byte) spec.id()};
    }

    private void enqueue(Task task, byte[] key) {
        queue.add(new Work(task, key, null));
    }
}
