package dev.sluice.streams.gate;

import dev.sluice.streams.gate.WorkQueue.Work;
import java.util.Arrays;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Rows of gated tables: what of them is in the target, who refers to whom. Every change here queues the work that it makes possible. A row's own node is
 * handed in and written back by the methods that change it.
 */
final class GatedRows {
    private final GatePlan plan;
    private final GateStore store;
    private final Epochs epochs;
    private final WorkQueue queue;
    private final PendingRows pending;
    private final References references;

    GatedRows(GatePlan plan, GateStore store, WorkQueue queue) {
        this.plan = plan;
        this.store = store;
        this.queue = queue;
        this.epochs = new Epochs(plan, store);
        this.pending = new PendingRows(plan, store, this);
        this.references = new References(plan, store, this);
    }

    WorkQueue queue() {
        return queue;
    }

    PendingRows pending() {
        return pending;
    }

    References references() {
        return references;
    }

    Epochs epochs() {
        return epochs;
    }

    /** Writes what changes with nearly every row, once per call. */
    void save() {
        references.save();
        pending.save();
        queue.save();
    }

    /** The node of a row, as it is after every truncate of its table. */
    Node row(GatedTable table, byte[] row) {
        // Only pending rows of such a table have a node.
        Node node = table.tracked() || pending.unsettled(table) > 0 ? store.node(row) : new Node();
        if (node.hasRow() && !epochs.isPresent(node, row)) {
            if (epochs.isVoid(node.epoch, row)) {
                forget(table, row, node);
            } else {
                beginToLeaveTruncated(table, row, node);
            }
        }
        node.epoch = epochs.of(row);
        return node;
    }

    private void forget(GatedTable table, byte[] row, Node node) {
        pending.drop(table, row, node);
        for (int i = 0; i < node.references.length; i++) {
            // The references were taken from the foreign key's count when the table was emptied.
            references.release(table.edges().get(i), row, node.references[i], false);
        }
        clear(node);
        store.put(row, node);
    }

    private void beginToLeaveTruncated(GatedTable table, byte[] row, Node node) {
        pending.drop(table, row, node);
        node.epoch = epochs.of(row);
        node.leaving = false;
        if (node.live) {
            node.pending = Node.Pending.TRUNCATED;
            setLeaving(row, node, true);
        }
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

    /** The node of a key that is not a primary one, as it is after every truncate of its table. */
    Node key(byte[] key) {
        Node node = store.node(key);
        if (!epochs.isPresent(node, key)) {
            if (epochs.isVoid(node.epoch, key)) {
                clear(node);
            } else {
                node.leaving = node.live;
            }
            node.epoch = epochs.of(key);
        }
        return node;
    }

    /** The node of any key, to look at only. */
    Node look(byte[] key) {
        Node node = store.node(key);
        if (node.hasRow() && !epochs.isPresent(node, key)) {
            if (epochs.isVoid(node.epoch, key)) {
                clear(node);
            } else {
                node.leaving = true;
            }
        }
        return node;
    }

    /** A search may have filed rows under the row that is in hand. */
    void refresh(byte[] row, Node node) {
        node.waiters = store.node(row).waiters;
    }

    /** Whether a row that is to leave cannot, among other reasons, because this one refers to it. */
    boolean holdsALeavingRow(GatedTable table, Node node) {
        // Where it is not known which rows those are that one refers to, it may be.
        return !table.tracked()
                || table.hasLightEdges()
                || leavingParents(table, node, edge -> true).findAny().isPresent();
    }

    /** Keys that the version in the target refers to by some of its foreign keys, and that are to leave. */
    Stream<byte[]> leavingParents(GatedTable table, Node node, Predicate<Edge> by) {
        return IntStream.range(0, node.references.length)
                .filter(i -> node.references[i].isCounted())
                .filter(i -> by.test(table.edges().get(i)))
                .mapToObj(i -> node.references[i].bytes())
                .filter(key -> look(key).isLeaving());
    }

    /** Makes a version the one in the target. What is pending stays. */
    void write(GatedTable table, byte[] row, Node node, Version version) {
        if (!table.tracked()) {
            return;
        }
        boolean wasLeaving = node.live && node.isLeaving();
        boolean becomesLive = !node.live;
        node.live = true;
        node.leaving = false;
        if (node.pending == Node.Pending.TRUNCATED) {
            node.pending = Node.Pending.NONE;
        }
        boolean changed = references.move(table, row, node, version);
        changed |= moveKeys(row, node, version);
        if (becomesLive || wasLeaving) {
            arrived(row, node);
            changed = true;
        }
        if (changed) {
            store.put(row, node);
        }
    }

    /** Makes a version the one in the target, and the end of what was pending. */
    void apply(GatedTable table, byte[] row, Node node, Version version) {
        boolean wasPending = node.pending != Node.Pending.NONE;
        boolean wasLeaving = node.live && node.isLeaving();
        pending.drop(table, row, node);
        node.leaving = wasLeaving;
        write(table, row, node, version);
        if (wasPending) {
            store.put(row, node);
        }
    }

    /** Takes a row out of the target. What is pending stays. */
    void takeOut(GatedTable table, byte[] row, Node node) {
        references.move(table, row, node, Version.EMPTY);
        moveKeys(row, node, Version.EMPTY);
        node.live = false;
        node.leaving = false;
        if (node.pending == Node.Pending.TRUNCATED) {
            node.pending = Node.Pending.NONE;
        }
        store.put(row, node);
    }

    /** Takes a row out of the target for good. */
    void remove(GatedTable table, byte[] row, Node node) {
        boolean wasPending = node.pending != Node.Pending.NONE;
        pending.drop(table, row, node);
        if (table.tracked() || wasPending) {
            takeOut(table, row, node);
        }
    }

    boolean moveKeys(byte[] row, Node node, Version version) {
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

    void lose(byte[] row, byte[] bytes) {
        Node key = key(bytes);
        if (Arrays.equals(key.owner, row)) {
            clear(key);
            store.put(bytes, key);
            if (key.waiters > 0) {
                queue.add(new Work(Task.RELEASED, bytes, null));
            }
        }
    }

    /** Says of a row's other keys whether they are to leave with it. */
    void setLeaving(byte[] row, Node node, boolean leaving) {
        for (KeyImage key : node.keys) {
            if (key.isKey()) {
                setLeaving(row, key.bytes(), leaving);
            }
        }
    }

    void setLeaving(byte[] row, byte[] bytes, boolean leaving) {
        Node key = key(bytes);
        if (key.leaving != leaving && Arrays.equals(key.owner, row)) {
            key.leaving = leaving;
            store.put(bytes, key);
            if (!leaving) {
                arrived(bytes, key);
            }
        }
    }

    /** A row leaves as soon as nothing refers to it. */
    void beginToLeave(GatedTable table, byte[] row, Node node) {
        pending.recount(table, node, () -> node.leaving = true);
        setLeaving(row, node, true);
        store.put(row, node);
    }

    /** A row that was to leave does not, nor do those of its keys that its newest version has. */
    void stay(GatedTable table, byte[] row, Node node) {
        boolean wasLeaving = node.live && node.isLeaving();
        pending.recount(table, node, () -> node.leaving = false);
        Version newest = node.hasVersionPending() ? pending.of(row).version() : Version.inTarget(node);
        for (KeyImage key : node.keys) {
            if (key.isKey() && newest.hasKey(key.bytes())) {
                setLeaving(row, key.bytes(), false);
            }
        }
        if (wasLeaving) {
            arrived(row, node);
        }
        store.put(row, node);
    }

    /** The version in the target refers to something else. */
    void refer(GatedTable table, byte[] row, Node node, Version version) {
        references.move(table, row, node, version);
        store.put(row, node);
    }

    void put(byte[] row, Node node) {
        store.put(row, node);
    }

    /** A key is in the target, and stays. */
    void arrived(byte[] bytes, Node key) {
        if (key.waiters > 0) {
            queue.add(new Work(Task.ARRIVED, bytes, null));
        }
    }

    /** Every row of a table is gone, live or waiting. Nodes are cleared behind it, a bounded number at a time, and mean nothing until then. */
    void empty(GatedTable table) {
        epochs.empty(table);
        references.empty(table);
        sweep(table);
        table.otherKeys().forEach(key -> queue.add(new Work(Task.SWEEP, key.prefix(), null)));
    }

    void sweep(GatedTable table) {
        queue.add(new Work(Task.SWEEP, table.primary().prefix(), null));
    }

    /** Pending rows that refer through a foreign key whose referrers are not known. */
    long unsettled(Edge light) {
        GatedTable child = plan.tableOf(light);
        return epochs.isWalked(child) ? Long.MAX_VALUE : pending.unsettled(child);
    }
}
