package dev.sluice.streams.gate;

import dev.sluice.schemas.event.Outcome;
import dev.sluice.streams.gate.GateStore.Task;
import dev.sluice.streams.gate.PendingVersion.Awaited;
import dev.sluice.streams.gate.WorkQueue.Work;
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

    private final GatePlan plan;
    private final GateStore store;
    private final GatedRows rows;
    private final Admission admission;
    private final int rowsPerCall;

    Releases(GatePlan plan, GateStore store, GatedRows rows, Admission admission, int rowsPerCall) {
        this.plan = plan;
        this.store = store;
        this.rows = rows;
        this.admission = admission;
        this.rowsPerCall = rowsPerCall;
    }

    void into(Group group) {
        int left = rowsPerCall;
        while (left > 0 && group.hasRoom()) {
            Work work = rows.queue().next();
            if (work == null) {
                return;
            }
            int looked =
                    switch (work.task()) {
                        case RETRY -> retry(work, group);
                        case RELEASED -> wake(work, Awaited.For.RELEASE, Math.min(left, CHUNK), group);
                        case ARRIVED -> wake(work, Awaited.For.ARRIVAL, Math.min(left, CHUNK), group);
                        case SWEEP -> sweep(work, Math.min(left, CHUNK));
                    };
            if (looked == 0) {
                return;
            }
            left -= looked;
        }
    }

    private int retry(Work work, Group group) {
        if (!lookAt(work.key(), group)) {
            return 0;
        }
        rows.queue().remove(work);
        return 1;
    }

    /** @return how many rows were looked at; 0 when the first one's turn comes with the next sequence */
    private int wake(Work work, Awaited.For what, int limit, Group group) {
        byte[] key = work.key();
        if (what == Awaited.For.ARRIVAL && !isThereToStay(key)) {
            rows.queue().remove(work);
            return 1;
        }
        List<byte[]> waiting = store.filedUnder(new Awaited(what, key), work.cursor(), limit);
        byte[] cursor = work.cursor();
        int looked = 0;
        for (byte[] row : waiting) {
            if (!group.hasRoom() || !lookAt(row, group)) {
                break;
            }
            cursor = row;
            looked++;
        }
        if (waiting.size() < limit && looked == waiting.size()) {
            rows.queue().remove(work);
            return Math.max(1, looked);
        }
        rows.queue().add(new Work(work.task(), key, cursor));
        return looked;
    }

    private boolean isThereToStay(byte[] key) {
        Node node = store.node(key);
        return rows.isInTarget(node, key) && !node.isLeaving();
    }

    /**
     * Applies what a row has pending if nothing is in its way any more.
     *
     * @return false when it stands under the group's own sequence: a sequence has one record of its own, so the row's turn comes with the next one
     */
    private boolean lookAt(byte[] row, Group group) {
        GatedTable table = plan.tableOf(row);
        Node node = rows.row(table, row);
        if (node.pending == Node.Pending.NONE) {
            return true;
        }
        PendingVersion pending = store.pending(row);
        if (pending.record().sequence() >= group.sequence()) {
            return false;
        }
        Obstacle obstacle = obstacle(table, row, node, pending);
        if (obstacle != null) {
            rows.refile(row, pending, obstacle.awaited());
            return true;
        }
        if (pending.deletes()) {
            rows.remove(table, row, node);
        } else {
            rows.apply(table, row, node, pending.version());
        }
        group.add(Outcome.APPLY, pending.record(), true, null);
        return true;
    }

    private @Nullable Obstacle obstacle(GatedTable table, byte[] row, Node node, PendingVersion pending) {
        return pending.deletes()
                ? admission.toDelete(table, row, node)
                : admission.toUpsert(table, row, node, pending.version());
    }

    private int sweep(Work work, int limit) {
        KeySpec spec = plan.specOf(work.key());
        GatedTable table = plan.tableOf(work.key());
        List<byte[]> keys = store.nodes(spec, work.cursor(), limit);
        for (byte[] key : keys) {
            if (spec == table.primary()) {
                rows.row(table, key);
            } else {
                store.put(key, rows.key(key));
            }
        }
        if (keys.size() < limit) {
            rows.queue().remove(work);
        } else {
            rows.queue().add(new Work(Task.SWEEP, work.key(), keys.get(keys.size() - 1)));
        }
        return Math.max(1, keys.size());
    }
}
