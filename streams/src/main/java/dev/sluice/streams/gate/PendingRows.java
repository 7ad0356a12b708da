package dev.sluice.streams.gate;

import dev.sluice.streams.gate.PendingVersion.Awaited;
import dev.sluice.streams.gate.WorkQueue.Work;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Rows whose newest event is decided but not applied: what they are filed under, which keys they claim, how many there are. */
final class PendingRows {
    private final GatePlan plan;
    private final GateStore store;
    private final GatedRows rows;
    /** While a table has more pending rows than these, parents that wait for it are not looked at: it takes a walk over all of them. */
    private static final int FEW = 16;

    private final long[] unsettled;
    /** The most that there were since the call before ended. */
    private final long[] most;

    private final BitSet changedUnsettled = new BitSet();
    private PendingTotals totals;
    private boolean changedTotals;

    PendingRows(GatePlan plan, GateStore store, GatedRows rows) {
        this.plan = plan;
        this.store = store;
        this.rows = rows;
        this.totals = store.totals();
        this.unsettled = new long[plan.tableCount()];
        Arrays.setAll(unsettled, store::unsettled);
        this.most = unsettled.clone();
    }

    PendingTotals totals() {
        return totals;
    }

    void save() {
        changedUnsettled.stream()
                .filter(table -> unsettled[table] < most[table] && unsettled[table] <= FEW)
                .forEach(table -> settled(plan.tableAt(table)));
        changedUnsettled.stream().forEach(table -> most[table] = unsettled[table]);
        changedUnsettled.stream().forEach(table -> store.putUnsettled(table, unsettled[table]));
        changedUnsettled.clear();
        if (changedTotals) {
            store.putTotals(totals);
            changedTotals = false;
        }
    }

    /** Pending rows of a table, of which it is not known what they refer to in the target. */
    long unsettled(GatedTable table) {
        return unsettled[table.ordinal()];
    }

    /** Stands for a table as something to wait for. No key's image begins like this. */
    static byte[] settledKey(GatedTable table) {
        return new byte[] {(byte) 0xff, (byte) 0xff, (byte) (table.ordinal() >>> 8), (byte) table.ordinal()};
    }

    PendingVersion of(byte[] row) {
        return store.pending(row);
    }

    /**
     * Puts a row's newest event aside, in the place of an earlier one.
     *
     * @param leaving the row is to be evicted
     */
    void suspend(GatedTable table, byte[] row, Node node, PendingVersion pending, boolean leaving) {
        boolean wasLeaving = node.live && node.isLeaving();
        drop(table, row, node);
        node.pending = pending.kind();
        node.leaving = leaving && node.live;
        store.putPending(row, pending);
        pending.awaited().forEach(awaited -> file(awaited, row));
        claim(table, row, pending, true);
        count(table, node, 1);
        for (KeyImage key : node.keys) {
            if (key.isKey()) {
                rows.setLeaving(row, key.bytes(), node.leaving || pending.givesUp(key));
            }
        }
        if (wasLeaving && !node.isLeaving()) {
            rows.arrived(row, node);
        }
        store.put(row, node);
    }

    /** A version that leaves columns out is of no use without the one it was laid over. */
    void leftTarget(GatedTable table, byte[] row, Node node) {
        PendingVersion newest = store.pending(row);
        if (newest.partial() && newest.kind() == Node.Pending.UPSERT) {
            PendingVersion evicted = PendingVersion.evicted(newest.record(), newest.version());
            suspend(table, row, node, evicted.like(newest), false);
        } else if (newest.kind() == Node.Pending.QUARANTINED) {
            suspend(table, row, node, newest.waitingAgain(row), false);
        }
        store.put(row, node);
    }

    /**
     * Writes a pending event that changed, and files it under what it waits for now.
     *
     * @param before as it was read; it may have been filed under more since
     */
    void replace(byte[] row, PendingVersion before, PendingVersion changed) {
        if (isFiled(before, changed)
                && changed.awaiting(before.awaited(), changed.told()).equals(before)) {
            return;
        }
        PendingVersion stored = store.pending(row);
        // A row that waits for less than before stays filed as it was: a look in vain is cheaper.
        PendingVersion now = isFiled(stored, changed) ? changed.awaiting(stored.awaited(), changed.told()) : changed;
        stored.awaited().stream().filter(a -> !now.awaited().contains(a)).forEach(a -> unfile(a, row));
        now.awaited().stream().filter(a -> !stored.awaited().contains(a)).forEach(a -> file(a, row));
        if (Arrays.equals(stored.record().value(), now.record().value())) {
            store.putPendingSince(row, now);
        } else {
            store.replacePending(row, now);
        }
    }

    private static boolean isFiled(PendingVersion before, PendingVersion changed) {
        return !changed.awaited().isEmpty() && before.awaited().containsAll(changed.awaited());
    }

    /** Files a pending row under more keys. */
    PendingVersion fileToo(byte[] row, List<Awaited> more) {
        PendingVersion before = store.pending(row);
        Set<Awaited> all = new LinkedHashSet<>(before.awaited());
        all.addAll(more);
        PendingVersion now = before.awaiting(List.copyOf(all), before.told());
        replace(row, before, now);
        return now;
    }

    /** Forgets what a row has pending. The caller writes the node. */
    void drop(GatedTable table, byte[] row, Node node) {
        if (node.pending == Node.Pending.NONE) {
            return;
        }
        if (node.pending != Node.Pending.TRUNCATED) {
            PendingVersion pending = store.pending(row);
            pending.awaited().forEach(awaited -> unfile(awaited, row));
            claim(table, row, pending, false);
            store.deletePending(row);
            count(table, node, -1);
        }
        node.pending = Node.Pending.NONE;
    }

    /** Changes the node of a row that may be pending, whose place among the counts follows from it. */
    void recount(GatedTable table, Node node, Runnable change) {
        count(table, node, -1);
        change.run();
        count(table, node, 1);
    }

    private void count(GatedTable table, Node node, int change) {
        boolean evicts = node.live && (node.pending == Node.Pending.EVICTED || node.leaving);
        boolean held = node.pending == Node.Pending.DELETE
                || (evicts && node.hasVersionPending() && node.pending != Node.Pending.QUARANTINED);
        boolean stale = node.pending == Node.Pending.UPSERT && node.live && !evicts;
        boolean waiting = !node.live && (node.pending == Node.Pending.UPSERT || node.pending == Node.Pending.EVICTED);
        totals = new PendingTotals(
                totals.waiting() + (waiting ? change : 0),
                totals.stale() + (stale ? change : 0),
                totals.held() + (held ? change : 0));
        changedTotals = true;
        boolean isPending = node.pending != Node.Pending.NONE && node.pending != Node.Pending.TRUNCATED;
        if (isPending && table.hasLightEdges() && (node.live || !table.tracked())) {
            unsettled[table.ordinal()] += change;
            most[table.ordinal()] = Math.max(most[table.ordinal()], unsettled[table.ordinal()]);
            changedUnsettled.set(table.ordinal());
        }
    }

    /** Whoever waits until it is known what a table's rows refer to may be right now. */
    void settled(GatedTable table) {
        byte[] key = settledKey(table);
        if (store.node(key).waiters > 0) {
            rows.queue().add(new Work(Task.SETTLED, key, null));
        }
    }

    private void claim(GatedTable table, byte[] row, PendingVersion pending, boolean claims) {
        if (pending.kind() != Node.Pending.UPSERT && pending.kind() != Node.Pending.EVICTED) {
            return;
        }
        List<KeySpec> specs = table.otherKeys();
        for (int i = 0; i < pending.version().keys().length; i++) {
            KeyImage key = pending.version().keys()[i];
            if (key.isKey() && table.isReferredTo(specs.get(i))) {
                if (claims) {
                    store.claim(key.bytes(), row);
                } else {
                    store.unclaim(key.bytes(), row);
                }
            }
        }
    }

    private void file(Awaited awaited, byte[] row) {
        store.file(awaited, row);
        wait(awaited, 1);
    }

    private void unfile(Awaited awaited, byte[] row) {
        store.unfile(awaited, row);
        wait(awaited, -1);
    }

    private void wait(Awaited awaited, int change) {
        Node key = store.node(awaited.key());
        key.waiters += change;
        store.put(awaited.key(), key);
    }
}
