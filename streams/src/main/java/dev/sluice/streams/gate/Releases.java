package dev.sluice.streams.gate;

import dev.sluice.schemas.event.Outcome;
import dev.sluice.streams.gate.PendingVersion.Awaited;
import dev.sluice.streams.gate.WorkQueue.Work;
import dev.sluice.streams.state.ByteReader;
import dev.sluice.streams.state.ByteWriter;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Works off the queue of what decisions made possible, a bounded number of rows per call. Whether a row can be applied is judged when its turn
 * comes, so whatever happened since it was queued is taken into account.
 */
final class Releases {
    /** One call that forwards for 25 s never commits; this many take some ten milliseconds. */
    static final int ROWS_PER_CALL = 1_000;

    private static final int CHUNK = 100;
    private static final int EDGE_BYTES = 2;

    private final GatePlan plan;
    private final GateStore store;
    private final GatedRows rows;
    private final RowDecisions decisions;
    private final Deferred deferred;
    private final Written written;
    private final int rowsPerCall;

    Releases(
            GatePlan plan,
            GateStore store,
            GatedRows rows,
            RowDecisions decisions,
            Deferred deferred,
            Written written,
            int rowsPerCall) {
        this.plan = plan;
        this.store = store;
        this.rows = rows;
        this.decisions = decisions;
        this.deferred = deferred;
        this.written = written;
        this.rowsPerCall = rowsPerCall;
    }

    /** Queues what was left until the end of the transaction that a sequence ended. */
    void transactionEnded(long sequence) {
        if (!deferred.isEmpty()) {
            byte[] bound = new ByteWriter().i64(sequence).toBytes();
            rows.queue().add(new Work(Task.END, new byte[0], bound));
        }
    }

    void into(Group group) {
        int left = rowsPerCall;
        while (left > 0 && group.hasRoom() && written.hasRoom()) {
            Work work = rows.queue().next();
            if (work == null) {
                return;
            }
            int limit = Math.min(left, CHUNK);
            int looked =
                    switch (work.task()) {
                        case END -> end(work, limit, group);
                        case RETRY -> retry(work, group);
                        case RELEASED -> wake(work, Awaited.For.RELEASE, limit, group);
                        case ARRIVED -> wake(work, Awaited.For.ARRIVAL, limit, group);
                        case SWEEP -> sweep(work, limit, group);
                        case ORPHAN -> orphan(work, limit, group);
                        case SETTLED -> wake(work, Awaited.For.SETTLED, limit, group);
                        case LOADED -> loaded(work, limit, group);
                        case CLAIMED -> claimed(work, limit, group);
                    };
            if (looked == 0) {
                return;
            }
            left -= looked;
        }
    }

    /**
     * Deletes of a transaction that is over are judged whatever transaction has begun meanwhile: an upsert would have cancelled them. The rest waits for the next end of
     * a transaction.
     */
    private int end(Work work, int limit, Group group) {
        byte[] cursor = work.cursor();
        long bound = cursor == null ? 0 : new ByteReader(cursor, 0).i64();
        List<Deferred.Entry> entries = deferred.next(limit);
        for (int i = 0; i < entries.size(); i++) {
            Deferred.Entry entry = entries.get(i);
            if (entry.sequence() > bound || !(group.last() || decisions.isHeld(entry, bound))) {
                deferred.pass(entry);
            } else if (entry.task() != Task.RETRY) {
                rows.queue().add(new Work(entry.task(), entry.key(), null));
                deferred.remove(entry);
            } else if (judge(entry, group)) {
                deferred.remove(entry);
            } else {
                return i;
            }
        }
        if (entries.isEmpty()) {
            rows.queue().done(work);
        }
        return Math.max(1, entries.size());
    }

    private boolean judge(Deferred.Entry entry, Group group) {
        group.judge(true);
        try {
            return decisions.lookAt(entry.key(), group);
        } finally {
            group.judge(false);
        }
    }

    private int retry(Work work, Group group) {
        if (!decisions.lookAt(work.key(), group)) {
            return 0;
        }
        rows.queue().done(work);
        return 1;
    }

    /** @return how many rows were looked at; 0 when the first one's turn comes with the next sequence */
    private int wake(Work work, Awaited.For what, int limit, Group group) {
        byte[] key = work.key();
        if (what == Awaited.For.ARRIVAL && !isThereToStay(key)) {
            rows.queue().done(work);
            return 1;
        }
        List<byte[]> waiting = store.filedUnder(new Awaited(what, key), work.cursor(), limit);
        return each(work, waiting, limit, group, row -> decisions.lookAt(row, group));
    }

    private int claimed(Work work, int limit, Group group) {
        List<byte[]> waiting = store.filedUnder(new Awaited(Awaited.For.ARRIVAL, work.key()), work.cursor(), limit);
        return each(work, waiting, limit, group, row -> {
            boolean evicted = rows.row(plan.tableOf(row), row).pending == Node.Pending.EVICTED;
            return !evicted || decisions.lookAt(row, group);
        });
    }

    private interface Look {
        boolean at(byte[] entry);
    }

    /** @param entries of the work behind its cursor, the next of which is the last one looked at */
    private int each(Work work, List<byte[]> entries, int limit, Group group, Look look) {
        byte[] cursor = work.cursor();
        int looked = 0;
        for (byte[] entry : entries) {
            if (!group.hasRoom() || !look.at(entry)) {
                break;
            }
            cursor = entry;
            looked++;
        }
        if (entries.size() < limit && looked == entries.size()) {
            rows.queue().done(work);
            return Math.max(1, looked);
        }
        rows.queue().replace(work, new Work(work.task(), work.key(), cursor));
        return looked;
    }

    private boolean isThereToStay(byte[] key) {
        Node node = rows.look(key);
        return node.live && !node.isLeaving();
    }

    /** Rows that refer to a key which is to leave. */
    private int orphan(Work work, int limit, Group group) {
        byte[] key = work.key();
        if (!rows.look(key).isLeaving()) {
            rows.queue().done(work);
            return 1;
        }
        List<byte[]> referrers = store.referrers(key, work.cursor(), limit);
        return each(work, referrers, limit, group, entry -> {
            Edge edge = plan.edges().get(KeySpec.idOf(entry));
            byte[] row = Arrays.copyOfRange(entry, EDGE_BYTES, entry.length);
            return decisions.evictions().letGo(edge, row, key, group);
        });
    }

    /** Rows that wait for a parent in a table which has been loaded. */
    private int loaded(Work work, int limit, Group group) {
        KeySpec spec = plan.specOf(work.key());
        List<byte[]> filed = store.filedUnderArrivalOf(spec, work.cursor(), limit);
        return each(work, filed, limit, group, entry -> {
            int length = spec.lengthAt(entry, 0);
            return decisions.lookAt(Arrays.copyOfRange(entry, length, entry.length), group);
        });
    }

    private int sweep(Work work, int limit, Group group) {
        KeySpec spec = plan.specOf(work.key());
        GatedTable table = plan.tableOf(work.key());
        boolean isPrimary = spec == table.primary();
        List<byte[]> keys = store.nodes(spec, work.cursor(), limit);
        boolean ends = keys.size() < limit;
        int looked = each(work, keys, limit, group, key -> {
            if (!isPrimary) {
                store.put(key, rows.key(key));
                return true;
            }
            Node node = rows.row(table, key);
            return node.pending != Node.Pending.TRUNCATED || decisions.lookAt(key, group);
        });
        if (isPrimary && ends && looked >= keys.size()) {
            endTruncate(table, group);
            rows.pending().settled(table);
        }
        return looked;
    }

    private void endTruncate(GatedTable table, Group group) {
        @Nullable LaneRecord truncate = rows.epochs().truncateOf(table);
        if (truncate != null) {
            rows.epochs().truncateEnded(table);
            group.release(Outcome.FORGET, truncate, true, null);
        }
    }
}
