package dev.sluice.streams.gate;

import dev.sluice.streams.gate.WorkQueue.Work;
import java.util.Arrays;
import java.util.BitSet;

/** Who refers to whom among the rows in the target: counted at the key that is referred to, per foreign key, and by name where a foreign key wants it. */
final class References {
    private final GatePlan plan;
    private final GateStore store;
    private final GatedRows rows;
    private final long[] counts;
    private final BitSet changed = new BitSet();

    References(GatePlan plan, GateStore store, GatedRows rows) {
        this.plan = plan;
        this.store = store;
        this.rows = rows;
        this.counts = new long[plan.edges().size()];
        Arrays.setAll(counts, store::references);
    }

    void save() {
        changed.stream().forEach(edge -> store.putReferences(edge, counts[edge]));
        changed.clear();
    }

    /** Live references of other tables to a table. */
    long to(GatedTable table) {
        long count = 0;
        for (Edge edge : table.referrers()) {
            count += edge.leavesTable() ? counts[edge.ordinal()] : 0;
        }
        return count;
    }

    /** A table's rows are gone: they refer to nothing. */
    void empty(GatedTable table) {
        for (Edge edge : table.edges()) {
            counts[edge.ordinal()] = 0;
            changed.set(edge.ordinal());
        }
    }

    /** A row refers to what a version refers to. The caller writes the node. */
    boolean move(GatedTable table, byte[] row, Node node, Version version) {
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
        return self ? wanted.asSelf() : wanted.counted(rows.epochs().of(wanted.bytes()));
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

    /** @param isCounted whether the foreign key counts it still */
    void release(Edge edge, byte[] row, KeyImage reference, boolean isCounted) {
        release(edge, row, reference, isCounted, false);
    }

    /** @param stillNamed the row refers to the same key, counted anew */
    private void release(Edge edge, byte[] row, KeyImage reference, boolean isCounted, boolean stillNamed) {
        if (!reference.isCounted()) {
            return;
        }
        if (isCounted) {
            count(edge, -1);
        }
        if (edge.namesReferrers() && !stillNamed) {
            store.deleteReferrer(reference.bytes(), edge, row);
        }
        if (rows.epochs().isVoid(reference.epoch(), reference.bytes())) {
            return;
        }
        Node parent = store.node(reference.bytes());
        if (parent.live && parent.referrers > 0) {
            parent.referrers--;
            store.put(reference.bytes(), parent);
        }
        if ((parent.referrers == 0 || plan.tableOf(edge.parent().prefix()).mayLeaveTogether())
                && rows.look(reference.bytes()).isLeaving()) {
            rows.queue().add(new Work(Task.RETRY, parent.owner == null ? reference.bytes() : parent.owner, null));
        }
    }

    private void count(Edge edge, int change) {
        if (edge.leavesTable()) {
            counts[edge.ordinal()] += change;
            changed.set(edge.ordinal());
        }
    }
}
