package dev.sluice.streams.gate;

import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.streams.gate.PendingVersion.Awaited;
import dev.sluice.streams.gate.Verdict.Action;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Rows whose parent is gone and whose foreign key lets them go: they lose the reference, or leave the target until the parent is back. */
final class Evictions {
    private final GatePlan plan;
    private final GatedRows rows;
    private final PendingRows pending;
    private final Admission admission;
    private final RowEvents events;
    private final Written written;
    private final Together together;
    private final Nulls nulls;
    private final Later later;
    private final RowDecisions decisions;

    Evictions(
            GatePlan plan,
            GatedRows rows,
            Admission admission,
            RowEvents events,
            Written written,
            Together together,
            Nulls nulls,
            Later later,
            RowDecisions decisions) {
        this.plan = plan;
        this.rows = rows;
        this.pending = rows.pending();
        this.admission = admission;
        this.events = events;
        this.written = written;
        this.together = together;
        this.nulls = nulls;
        this.later = later;
        this.decisions = decisions;
    }

    /**
     * Takes the version in the target of a pending row out of it, if nothing refers to it; otherwise as soon as that is so.
     *
     * @return EVICT when it is out, HOLD when it has to stay a while, WAIT when there was none
     */
    Outcome evictOlder(GatedTable table, byte[] row, Node node, Group group) {
        if (!node.live) {
            return Outcome.WAIT;
        }
        Obstacle obstacle = admission.toLeave(table, row, node, group.judged());
        PendingVersion newest = pending.of(row);
        if (obstacle != null) {
            // Nobody refers to it anew once it is to leave, so its referrers are let go once.
            if (!node.leaving) {
                rows.beginToLeave(table, row, node);
                later.orphanReferrers(table, row, node, newest, group);
            }
            later.retryAtEnd(table, row, group);
            return Outcome.HOLD;
        }
        pending.recount(table, node, () -> rows.takeOut(table, row, node));
        pending.leftTarget(table, row, node);
        decisions.runs().lookLater(table, row, group);
        return Outcome.EVICT;
    }

    /** Whether the version in the target refers to a row that leaves, by a foreign key that makes it leave too. */
    boolean mustLeave(GatedTable table, Node node) {
        return rows.leavingParents(table, node, edge -> edge.onOrphan() == OnOrphan.EVICT)
                .findAny()
                .isPresent();
    }

    /** A row that was evicted, or is about to be, without a newer version of its own. */
    void lookAt(GatedTable table, byte[] row, Node node, Group group) {
        PendingVersion evicted = pending.of(row);
        Verdict verdict = admission.toUpsert(table, row, node, evicted.version());
        Action action = verdict.action(group.judged());
        if (node.live) {
            if (action == Action.EVICT) {
                if (evictOlder(table, row, node, group) == Outcome.EVICT) {
                    written.add(row);
                    group.release(Outcome.EVICT, evicted.record(), false, verdict.reason());
                } else {
                    decisions.runs().release(table, row, group);
                }
            } else if (action == Action.WAIT && verdict.isProvisional()) {
                later.retryAtEnd(table, row, group);
            } else {
                cancel(table, row, node, evicted, group);
            }
        } else if (!evicted.asked() && (action == Action.APPLY || action == Action.SET_NULL)) {
            ask(table, row, evicted, group);
        } else if (!evicted.asked()) {
            PendingVersion now = evicted.awaiting(verdict.awaited(), verdict.reason());
            pending.replace(row, evicted, now);
            if (verdict.isProvisional()) {
                later.retryAtEnd(table, row, group);
            }
            if (now.told() != evicted.told()) {
                group.release(Outcome.WAIT, evicted.record(), false, verdict.reason());
            }
            if (verdict.mayBeMetTogether(group.judged())) {
                askCircle(row, group);
            }
        }
    }

    /** Asks for the evicted rows that would complete a circle around a pending one. */
    void askCircle(byte[] row, Group group) {
        for (Member member : together.evictedAround(row, group.judged())) {
            PendingVersion evicted = pending.of(member.row());
            if (!evicted.asked()) {
                ask(member.table(), member.row(), evicted, group);
            }
        }
    }

    private void ask(GatedTable table, byte[] row, PendingVersion evicted, Group group) {
        pending.replace(row, evicted, evicted.askedFor());
        group.refresh(new Refresh(table.table().id(), keyText(table, row)));
    }

    private void cancel(GatedTable table, byte[] row, Node node, PendingVersion evicted, Group group) {
        pending.drop(table, row, node);
        rows.stay(table, row, node);
        written.add(row);
        group.release(Outcome.APPLY, nothing(table, row, evicted), true, null);
    }

    /** Notes what people are told of a row. */
    void told(byte[] row, Node node, String reason) {
        PendingVersion before = pending.of(row);
        pending.replace(
                row, before, before.awaiting(before.awaited(), PendingVersion.told(node.live, node.leaving, reason)));
    }

    /** An update of no column. */
    LaneRecord nothing(Member member) {
        return nothing(member.table(), member.row(), member.pending());
    }

    private LaneRecord nothing(GatedTable table, byte[] row, PendingVersion evicted) {
        Map<String, Object> key = table.primary().valuesByColumn(row);
        return events.update(evicted.record(), table.table(), key, Map.of());
    }

    private static String keyText(GatedTable table, byte[] row) {
        Map<String, Object> values = table.primary().valuesByColumn(row);
        return KeyText.of(table.table().primaryKey().stream().map(values::get).toArray());
    }

    /**
     * Lets a row go that refers to a key which is to leave.
     *
     * @return false when that has to wait for the next sequence
     */
    boolean letGo(Edge edge, byte[] row, byte[] key, Group group) {
        GatedTable table = plan.tableOf(row);
        int index = table.edges().indexOf(edge);
        Node node = rows.row(table, row);
        if (!refers(node, index, key)) {
            return true;
        }
        if (node.pending == Node.Pending.UPSERT) {
            if (!decisions.lookAt(row, group)) {
                return false;
            }
            node = rows.row(table, row);
            if (!refers(node, index, key)) {
                return true;
            }
        }
        boolean isDeleted = node.pending == Node.Pending.DELETE || node.pending == Node.Pending.TRUNCATED;
        if (isDeleted && edge.onOrphan() == OnOrphan.EVICT) {
            return true;
        }
        LaneRecord cause = cause(key);
        if (cause == null) {
            return true;
        }
        if (!written.mayWrite(row)) {
            return false;
        }
        String reason = Obstacle.missingParent(edge, key, edge.onOrphan(), true).reason();
        if (edge.onOrphan() == OnOrphan.SET_NULL) {
            setNull(table, row, node, index, key, cause, reason, group);
        } else {
            evict(table, row, node, key, cause, reason, group);
        }
        return true;
    }

    private static boolean refers(Node node, int index, byte[] key) {
        return node.live
                && index < node.references.length
                && node.references[index].isCounted()
                && node.references[index].names(key);
    }

    /** The event that takes a key away; null when it is not to leave any more. */
    private @Nullable LaneRecord cause(byte[] key) {
        Node node = rows.look(key);
        byte[] owner = node.owner == null ? key : node.owner;
        GatedTable table = plan.tableOf(owner);
        Node parent = rows.row(table, owner);
        if (!node.isLeaving() || parent.pending == Node.Pending.NONE) {
            return null;
        }
        return parent.pending == Node.Pending.TRUNCATED
                ? rows.epochs().truncateOf(table)
                : pending.of(owner).record();
    }

    private void setNull(
            GatedTable table,
            byte[] row,
            Node node,
            int index,
            byte[] key,
            LaneRecord cause,
            String reason,
            Group group) {
        Edge edge = table.edges().get(index);
        // Under the origin of what is quarantined: the dead letter of that stays open.
        LaneRecord origin =
                node.pending == Node.Pending.QUARANTINED ? pending.of(row).record() : cause;
        Map<String, Object> own = table.primary().valuesByColumn(row);
        Map<String, @Nullable Object> columns = new HashMap<>();
        edge.nullable().forEach(column -> columns.put(column, null));
        LaneRecord record = events.update(origin, table.table(), own, columns);
        Version before = Version.inTarget(node);
        rows.refer(table, row, node, before.withoutReferences(1L << index, table));
        written.add(row);
        if (node.pending != Node.Pending.NONE && node.pending != Node.Pending.EVICTED) {
            if (node.hasVersionPending()) {
                PendingVersion newest = pending.of(row);
                pending.replace(row, newest, nulls.complete(table, 1L << index, newest));
            }
            group.release(Outcome.APPLY, record, false, null);
            return;
        }
        LaneRecord restore = events.update(cause, table.table(), own, table.nullableValues(edge, key));
        if (node.pending == Node.Pending.EVICTED) {
            // Should it stay after all, there is something to write back.
            PendingVersion evicted = pending.of(row);
            PendingVersion waits = PendingVersion.upsert(restore, evicted.version(), true)
                    .written(1L << index)
                    .like(evicted);
            pending.suspend(table, row, node, waits, node.leaving);
            group.release(Outcome.APPLY, record, false, null);
        } else {
            PendingVersion waits = PendingVersion.upsert(restore, before, true)
                    .written(1L << index)
                    .awaiting(List.of(new Awaited(Awaited.For.ARRIVAL, key)), reason);
            pending.suspend(table, row, node, waits, false);
            group.release(Outcome.SET_NULL, record, false, reason);
        }
    }

    private void evict(
            GatedTable table, byte[] row, Node node, byte[] key, LaneRecord cause, String reason, Group group) {
        if (node.pending == Node.Pending.NONE) {
            LaneRecord delete =
                    events.delete(cause, table.table(), table.primary().valuesByColumn(row));
            PendingVersion evicted = PendingVersion.evicted(delete, Version.inTarget(node))
                    .awaiting(List.of(new Awaited(Awaited.For.ARRIVAL, key)), reason);
            pending.suspend(table, row, node, evicted, false);
        } else if (node.pending == Node.Pending.QUARANTINED) {
            evictBelowQuarantine(table, row, node, group);
            return;
        }
        LaneRecord record = pending.of(row).record();
        boolean isNew = !node.leaving;
        if (evictOlder(table, row, node, group) == Outcome.EVICT) {
            written.add(row);
            group.release(Outcome.EVICT, record, false, reason);
            return;
        }
        if (isNew) {
            group.release(Outcome.HOLD, record, false, reason);
            told(row, node, reason);
        }
        decisions.runs().release(table, row, group);
    }

    /** What is in the target of a row whose newest version is a dead letter. When it is out, that version waits for its parents as well. */
    private void evictBelowQuarantine(GatedTable table, byte[] row, Node node, Group group) {
        LaneRecord quarantined = pending.of(row).record();
        Verdict verdict = admission.toUpsert(table, row, node, pending.of(row).version());
        if (evictOlder(table, row, node, group) == Outcome.EVICT) {
            written.add(row);
            group.release(Outcome.EVICT, quarantined, false, verdict.reasonToBeOut());
        } else {
            decisions.runs().release(table, row, group);
        }
    }

    /** Looks at such a row again. */
    void lookAtQuarantined(GatedTable table, byte[] row, Node node, Group group) {
        if (node.live && node.leaving && mustLeave(table, node)) {
            evictBelowQuarantine(table, row, node, group);
        } else if (node.leaving) {
            rows.stay(table, row, node);
        }
    }
}
