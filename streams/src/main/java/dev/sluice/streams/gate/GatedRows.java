package dev.sluice.streams.gate;

import dev.sluice.streams.gate.WorkQueue.Work;
import java.util.Arrays;
import java.util.BitSet;

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
    private final long[] references;
    private final BitSet changedReferences = new BitSet();

    GatedRows(GatePlan plan, GateStore store, WorkQueue queue) {
        this.plan = plan;
        this.store = store;
        this.queue = queue;
        this.epochs = new Epochs(plan, store);
        this.pending = new PendingRows(plan, store, this);
        this.references = new long[plan.edges().size()];
        Arrays.setAll(references, store::references);
    }

    WorkQueue queue() {
        return queue;
    }

    PendingRows pending() {
        return pending;
    }

    Epochs epochs() {
        return epochs;
    }

    /** Writes what changes with nearly every row, once per call. */
    void save() {
        changedReferences.stream().forEach(edge -> store.putReferences(edge, references[edge]));
        changedReferences.clear();
        pending.save();
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
            release(table.edges().get(i), row, node.references[i], false);
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
        for (int i = 0; i < node.references.length; i++) {
            KeyImage reference = node.references[i];
            boolean refers = reference.isCounted()
                    || (reference.isKey() && table.edges().get(i).light());
            if (refers && look(reference.bytes()).isLeaving()) {
                return true;
            }
        }
        return !table.tracked() || table.hasLightEdges();
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
        boolean changed = moveReferences(table, row, node, version);
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
        moveReferences(table, row, node, Version.EMPTY);
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

    private boolean moveReferences(GatedTable table, byte[] row, Node node, Version version) {
        KeyImage[] before = node.references;
        KeyImage[] after = new KeyImage[version.references().length];
        for (int i = 0; i < after.length; i++) {
            after[i] = reference(table.edges().get(i), row, version, version.references()[i]);
        }
        if (Arrays.equals(before, after)) {
            return false;
        }
        // First the new ones: a parent that stays is never without a referrer in between.
        for (int i = 0; i < after.length; i++) {
            if (after[i].isCounted() && (i >= before.length || !before[i].equals(after[i]))) {
                acquire(table.edges().get(i), row, after[i]);
            }
        }
        for (int i = 0; i < before.length; i++) {
            if (before[i].isCounted() && (i >= after.length || !before[i].equals(after[i]))) {
                boolean named = i < after.length && after[i].isCounted() && after[i].names(before[i].bytes());
                release(table.edges().get(i), row, before[i], true, named);
            }
        }
        node.references = after;
        return true;
    }

    private KeyImage reference(Edge edge, byte[] row, Version version, KeyImage wanted) {
        if (!wanted.isKey() || edge.light()) {
            return wanted;
        }
        boolean self = wanted.names(row) || version.hasKey(wanted.bytes());
        return self ? wanted.asSelf() : wanted.counted(epochs.of(wanted.bytes()));
    }

    private void acquire(Edge edge, byte[] row, KeyImage reference) {
        Node parent = store.node(reference.bytes());
        parent.referrers++;
        store.put(reference.bytes(), parent);
        if (edge.namesReferrers()) {
            store.putReferrer(reference.bytes(), edge, row);
        }
        count(edge, 1);
    }

    private void release(Edge edge, byte[] row, KeyImage reference, boolean counts) {
        release(edge, row, reference, counts, false);
    }

    /** @param stillNamed the row refers to the same key, counted anew */
    private void release(Edge edge, byte[] row, KeyImage reference, boolean counts, boolean stillNamed) {
        if (!reference.isCounted()) {
            return;
        }
        if (counts) {
            count(edge, -1);
        }
        if (edge.namesReferrers() && !stillNamed) {
            store.deleteReferrer(reference.bytes(), edge, row);
        }
        if (epochs.isVoid(reference.epoch(), reference.bytes())) {
            return;
        }
        Node parent = store.node(reference.bytes());
        if (parent.live && parent.referrers > 0) {
            parent.referrers--;
            store.put(reference.bytes(), parent);
        }
        if ((parent.referrers == 0 || mayBeInACircle(edge))
                && look(reference.bytes()).isLeaving()) {
            queue.add(new Work(Task.RETRY, parent.owner == null ? reference.bytes() : parent.owner, null));
        }
    }

    /** Whether a row may be able to leave although rows refer to it: together with them. */
    private boolean mayBeInACircle(Edge edge) {
        GatedTable parent = plan.tableOf(edge.parent().prefix());
        return parent.cyclic() || !parent.otherKeys().isEmpty();
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
        pending.count(table, node, -1);
        node.leaving = true;
        pending.count(table, node, 1);
        setLeaving(row, node, true);
        store.put(row, node);
    }

    /** A row that was to leave does not, nor do those of its keys that its newest version has. */
    void stay(GatedTable table, byte[] row, Node node) {
        boolean wasLeaving = node.live && node.isLeaving();
        pending.count(table, node, -1);
        node.leaving = false;
        pending.count(table, node, 1);
        Version newest = node.pending == Node.Pending.UPSERT ? pending.of(row).version() : Version.inTarget(node);
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
        moveReferences(table, row, node, version);
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
        for (Edge edge : table.edges()) {
            references[edge.ordinal()] = 0;
            changedReferences.set(edge.ordinal());
        }
        sweep(table);
        table.otherKeys().forEach(key -> queue.add(new Work(Task.SWEEP, key.prefix(), null)));
    }

    void sweep(GatedTable table) {
        queue.add(new Work(Task.SWEEP, table.primary().prefix(), null));
    }

    /** Rows of one group change places: what they give up is gone before any of them takes it. */
    void exchange(Iterable<Member> members) {
        members.forEach(this::giveUpReferences);
        members.forEach(this::giveUpKeys);
        members.forEach(this::takeKeys);
        members.forEach(this::takeReferences);
    }

    private void giveUpReferences(Member member) {
        Node node = row(member.table(), member.row());
        if (!member.staysPending()) {
            pending.drop(member.table(), member.row(), node);
        }
        for (int i = 0; i < node.references.length; i++) {
            release(member.table().edges().get(i), member.row(), node.references[i], true);
        }
        node.references = KeyImage.NONE;
        store.put(member.row(), node);
    }

    private void giveUpKeys(Member member) {
        Node node = row(member.table(), member.row());
        KeyImage[] kept = new KeyImage[node.keys.length];
        for (int i = 0; i < kept.length; i++) {
            KeyImage key = node.keys[i];
            boolean keeps = key.isKey() && member.version().hasKey(key.bytes());
            if (key.isKey() && !keeps) {
                lose(member.row(), key.bytes());
            }
            kept[i] = keeps ? key : KeyImage.of(KeyImage.Kind.NULL, key.bytes());
        }
        node.keys = member.goes() ? KeyImage.NONE : kept;
        if (member.evicts()) {
            pending.count(member.table(), node, -1);
            node.live = false;
            node.leaving = false;
            pending.count(member.table(), node, 1);
            pending.leftTarget(member.table(), member.row(), node);
            return;
        }
        if (member.staysPending()) {
            pending.count(member.table(), node, -1);
        }
        node.live = node.live && !member.goes();
        node.leaving = false;
        if (member.staysPending()) {
            pending.count(member.table(), node, 1);
        }
        store.put(member.row(), node);
    }

    private void takeKeys(Member member) {
        if (member.goes()) {
            return;
        }
        Node node = row(member.table(), member.row());
        if (member.staysPending()) {
            pending.count(member.table(), node, -1);
        }
        node.live = true;
        if (member.staysPending()) {
            pending.count(member.table(), node, 1);
        }
        moveKeys(member.row(), node, member.version());
        arrived(member.row(), node);
        store.put(member.row(), node);
    }

    private void takeReferences(Member member) {
        if (!member.goes()) {
            Node node = row(member.table(), member.row());
            moveReferences(member.table(), member.row(), node, member.version());
            store.put(member.row(), node);
        }
    }

    /** Pending rows that refer through a foreign key whose referrers are not known. */
    long unsettled(Edge light) {
        GatedTable child = plan.tableOf(light);
        return epochs.isWalked(child) ? Long.MAX_VALUE : pending.unsettled(child);
    }
}
