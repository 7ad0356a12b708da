package dev.sluice.streams.gate;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.streams.gate.Verdict.Action;
import java.util.List;

/** Decides what becomes of one row's newest event: when it comes, and whenever something has changed that it waited for. */
final class RowDecisions {
    private final GatePlan plan;
    private final GatedRows rows;
    private final PendingRows pending;
    private final Admission admission;
    private final RowEvents events;
    private final Written written;
    private final Nulls nulls;
    private final Later later;
    private final Evictions evictions;
    private final Runs runs;
    private final Together together;

    RowDecisions(
            GatePlan plan,
            GateStore store,
            GatedRows rows,
            Admission admission,
            RowEvents events,
            Deferred deferred,
            Written written) {
        this.plan = plan;
        this.rows = rows;
        this.pending = rows.pending();
        this.admission = admission;
        this.events = events;
        this.written = written;
        this.nulls = new Nulls(events);
        this.later = new Later(rows, deferred);
        this.together = new Together(plan, store, rows, admission, written);
        this.evictions = new Evictions(plan, rows, admission, events, written, together, nulls, later, this);
        this.runs = new Runs(plan, rows, admission, together, new Exchange(store, rows), written, nulls, later, this);
    }

    Together together() {
        return together;
    }

    Runs runs() {
        return runs;
    }

    Evictions evictions() {
        return evictions;
    }

    void upsert(GatedTable table, RowShape shape, Change change, LaneRecord record, Group group) {
        byte[] row = shape.rowKey(change.after());
        Node node = rows.row(table, row);
        if (change.unchanged().isEmpty()) {
            admit(table, row, node, PendingVersion.upsert(record, shape.version(change.after()), false), record, group);
            return;
        }
        PendingVersion earlier = node.hasVersionPending() ? pending.of(row) : null;
        if (earlier != null && earlier.kind() != Node.Pending.EVICTED) {
            LaneRecord merged = record.withValue(events.merge(earlier.record().value(), record.value()));
            Version version = shape.version(change, earlier.version());
            admit(table, row, node, PendingVersion.upsert(merged, version, earlier.partial()), record, group);
        } else if (earlier != null || node.live) {
            Version known = earlier != null ? earlier.version() : Version.inTarget(node);
            Version version = shape.version(change, known);
            admit(table, row, node, PendingVersion.upsert(record, version, true), record, group);
        } else if (!table.tracked()) {
            Version version = shape.versionOfUnknown(change);
            admit(table, row, node, PendingVersion.upsert(record, version, true), record, group);
        } else {
            group.own(Outcome.APPLY, record, false, null);
        }
    }

    /** @param arrived what of the version the event carries */
    private void admit(GatedTable table, byte[] row, Node node, PendingVersion whole, LaneRecord arrived, Group group) {
        Verdict verdict = admission.toUpsert(table, row, node, whole.version());
        boolean announced = node.isAnnounced();
        boolean isGone = node.pending == Node.Pending.EVICTED && !node.live;
        if (verdict.obstacles().isEmpty() && !(isGone && whole.partial())) {
            rows.apply(table, row, node, whole.version());
            written.own(row);
            group.own(Outcome.APPLY, whole.record(), announced, null);
            return;
        }
        if (isGone && whole.partial()) {
            PendingVersion evicted = PendingVersion.evicted(whole.record(), whole.version());
            String reason = verdict.reasonToBeOut();
            pending.suspend(table, row, node, evicted.awaiting(verdict.awaited(), reason), false);
            group.own(Outcome.WAIT, arrived, false, reason);
            lookAt(row, group);
            return;
        }
        int told = PendingVersion.told(node.live, false, verdict.reason());
        pending.suspend(table, row, node, whole.awaiting(verdict.awaited(), told), false);
        settleOwn(new Case(table, row, node, verdict, group), whole, arrived, announced);
    }

    /** A pending upsert and what is in its way. */
    @SuppressWarnings("ArrayRecordComponent") // looked at, never compared
    private record Case(GatedTable table, byte[] row, Node node, Verdict verdict, Group group) {}

    private void settleOwn(Case at, PendingVersion whole, LaneRecord arrived, boolean announced) {
        Group group = at.group;
        if (plan.evicts()) {
            later.claimKeys(at.row, at.node, whole);
        }
        Action action = at.verdict.action(group.judged());
        List<Member> members =
                runs.mayClose(at.table, at.row, at.node, at.verdict, whole, group) ? runs.around(at.row, group) : null;
        rows.refresh(at.row, at.node);
        if (members != null || action == Action.WAIT) {
            group.own(at.node.live ? Outcome.STALE : Outcome.WAIT, arrived, false, at.verdict.reason());
            if (members != null) {
                runs.release(members, group);
            } else {
                waits(at);
            }
            return;
        }
        switch (action) {
            case QUARANTINE -> {
                quarantine(at, whole);
                group.own(Outcome.QUARANTINE, whole.record(), announced, at.verdict.reason());
            }
            case EVICT -> {
                Outcome outcome = evictions.evictOlder(at.table, at.row, at.node, group);
                boolean gone = outcome == Outcome.EVICT;
                group.own(outcome, gone ? whole.record() : arrived, false, at.verdict.reason());
                if (gone) {
                    written.own(at.row);
                } else {
                    evictions.told(at.row, at.node, at.verdict.reason());
                    runs.release(at.table, at.row, group);
                }
            }
            case SET_NULL -> {
                writeNulled(at, pending.of(at.row));
                written.own(at.row);
                group.own(Outcome.SET_NULL, nulled(at, whole.record()), false, at.verdict.reason());
            }
            case APPLY, WAIT -> throw new IllegalStateException("handled before");
        }
    }

    /** What an upsert that begins to wait leaves to later. Who refers to what it gives up is let go once: nobody refers to it anew. */
    private void waits(Case at) {
        if (at.node.live && !at.node.leaving) {
            parentsLetGo(at);
        }
        if (at.verdict.isProvisional()) {
            later.retryAtEnd(at.table, at.row, at.group);
        }
        if (at.table.namesReferrers()) {
            PendingVersion newest = pending.of(at.row);
            later.leaveKeys(at.table, at.node, newest, at.group);
        }
    }

    private void quarantine(Case at, PendingVersion newest) {
        pending.suspend(at.table, at.row, at.node, newest.quarantined(), false);
        if (at.node.live) {
            parentsLetGo(at);
        }
    }

    /** What the version in the target refers to and is to leave may let go of it. */
    private void parentsLetGo(Case at) {
        rows.leavingParents(at.table, at.node, Edge::namesReferrers)
                .forEach(key -> later.orphan(at.table, key, at.group));
    }

    private void writeNulled(Case at, PendingVersion newest) {
        long missing = at.verdict.missing(at.table);
        Version version = newest.version().withoutReferences(missing, at.table);
        pending.recount(at.table, at.node, () -> rows.write(at.table, at.row, at.node, version));
        PendingVersion waits = nulls.complete(at.table, missing, newest).written(missing);
        pending.replace(at.row, newest, waits.awaiting(at.verdict.awaited(), at.verdict.reason()));
        rows.put(at.row, at.node);
    }

    private LaneRecord nulled(Case at, LaneRecord record) {
        return nulls.nulled(at.table, at.verdict.missing(at.table), record);
    }

    void delete(GatedTable table, RowShape shape, Change change, LaneRecord record, Group group) {
        byte[] row = shape.rowKey(change.before());
        Node node = rows.row(table, row);
        boolean announced = node.isAnnounced();
        if (!node.live) {
            boolean mayBeThere = !table.tracked();
            rows.remove(table, row, node);
            written.own(row);
            group.own(announced && !mayBeThere ? Outcome.FORGET : Outcome.APPLY, record, announced, null);
            return;
        }
        Obstacle obstacle = admission.toLeave(table, row, node, group.judged());
        if (obstacle == null) {
            rows.remove(table, row, node);
            written.own(row);
            group.own(Outcome.APPLY, record, announced, null);
            return;
        }
        hold(table, row, node, record, obstacle, group);
        group.own(Outcome.HOLD, record, false, obstacle.reason());
        runs.release(table, row, group);
    }

    private void hold(GatedTable table, byte[] row, Node node, LaneRecord record, Obstacle obstacle, Group group) {
        PendingVersion held =
                PendingVersion.delete(record).awaiting(admission.awaitedToLeave(table), obstacle.reason());
        pending.suspend(table, row, node, held, false);
        if (table.hasLightReferrers()) {
            later.retryAtEnd(table, row, group);
        }
        later.orphanReferrers(table, row, node, held, group);
    }

    /** Whether an entry is about a delete up to a sequence. */
    boolean isHeld(Deferred.Entry entry, long bound) {
        if (entry.task() != Task.RETRY) {
            return false;
        }
        Node node = rows.row(plan.tableOf(entry.key()), entry.key());
        return node.pending == Node.Pending.DELETE
                && pending.of(entry.key()).record().sequence() <= bound;
    }

    /**
     * Looks at a row whose situation may have changed.
     *
     * @return false when that has to wait for the next sequence, because the row was written under this one
     */
    boolean lookAt(byte[] row, Group group) {
        GatedTable table = plan.tableOf(row);
        Node node = rows.row(table, row);
        if (node.pending == Node.Pending.NONE) {
            return true;
        }
        if (!written.mayWrite(row)) {
            return false;
        }
        switch (node.pending) {
            case DELETE -> lookAtDelete(table, row, node, group);
            case TRUNCATED -> lookAtTruncated(table, row, node, group);
            case EVICTED -> evictions.lookAt(table, row, node, group);
            case UPSERT -> lookAtUpsert(table, row, node, group);
            case QUARANTINED -> evictions.lookAtQuarantined(table, row, node, group);
            case NONE -> throw new IllegalStateException("handled before");
        }
        return true;
    }

    private void lookAtDelete(GatedTable table, byte[] row, Node node, Group group) {
        PendingVersion held = pending.of(row);
        Obstacle obstacle = admission.toLeave(table, row, node, group.judged());
        if (obstacle != null) {
            if (runs.release(table, row, group)) {
                return;
            }
            rows.refresh(row, node);
            // The search may have come upon rows that a truncate has taken away.
            obstacle = admission.toLeave(table, row, node, group.judged());
        }
        if (obstacle == null) {
            rows.remove(table, row, node);
            written.add(row);
            group.release(Outcome.APPLY, held.record(), true, null);
        } else {
            stayHeld(table, row, held, obstacle, group);
        }
    }

    private void stayHeld(GatedTable table, byte[] row, PendingVersion held, Obstacle obstacle, Group group) {
        if (table.hasLightReferrers()) {
            later.retryAtEnd(table, row, group);
        }
        String reason = obstacle.passes() ? null : obstacle.reason();
        PendingVersion now = held.awaiting(admission.awaitedToLeave(table), held.told());
        if (reason != null && reason.hashCode() != held.told()) {
            now = held.awaiting(admission.awaitedToLeave(table), reason);
            group.release(Outcome.HOLD, held.record(), false, reason);
        }
        pending.replace(row, held, now);
    }

    /** A truncate has come to the row. */
    private void lookAtTruncated(GatedTable table, byte[] row, Node node, Group group) {
        LaneRecord truncate = rows.epochs().truncateOf(table);
        if (truncate == null) {
            throw new IllegalStateException("a row was truncated and the truncate is over");
        }
        LaneRecord record =
                events.delete(truncate, table.table(), table.primary().valuesByColumn(row));
        Obstacle obstacle = admission.toLeave(table, row, node, group.judged());
        if (obstacle == null) {
            rows.remove(table, row, node);
            written.add(row);
            group.release(Outcome.APPLY, record, false, null);
        } else {
            hold(table, row, node, record, obstacle, group);
            group.release(Outcome.HOLD, record, false, obstacle.reason());
            runs.release(table, row, group);
        }
    }

    private void lookAtUpsert(GatedTable table, byte[] row, Node node, Group group) {
        PendingVersion newest = pending.of(row);
        Verdict verdict = admission.toUpsert(table, row, node, newest.version());
        Action action = verdict.action(group.judged());
        if (action == Action.APPLY) {
            rows.apply(table, row, node, newest.version());
            written.add(row);
            group.release(Outcome.APPLY, newest.record(), true, null);
            return;
        }
        Case at = new Case(table, row, node, verdict, group);
        if (runs.mayClose(table, row, node, verdict, newest, group) && runs.release(row, group)) {
            return;
        }
        rows.refresh(row, node);
        switch (action) {
            case QUARANTINE -> {
                quarantine(at, newest);
                group.release(Outcome.QUARANTINE, newest.record(), true, verdict.reason());
            }
            case EVICT -> lookAtEvicted(at, newest);
            case SET_NULL -> lookAtNulled(at, newest);
            case WAIT -> {
                if (verdict.isProvisional()) {
                    later.retryAtEnd(table, row, group);
                }
                if (node.leaving && (verdict.has(OnOrphan.EVICT) || evictions.mustLeave(table, node))) {
                    lookAtEvicted(at, newest);
                } else {
                    stayWaiting(at, newest);
                }
            }
            case APPLY -> throw new IllegalStateException("handled before");
        }
    }

    private void lookAtEvicted(Case at, PendingVersion newest) {
        if (at.node.live && evictions.evictOlder(at.table, at.row, at.node, at.group) == Outcome.EVICT) {
            PendingVersion left = pending.of(at.row);
            pending.replace(at.row, left, left.awaiting(at.verdict.awaited(), at.verdict.reason()));
            written.add(at.row);
            at.group.release(Outcome.EVICT, newest.record(), false, at.verdict.reason());
        } else if (!runs.release(at.table, at.row, at.group)) {
            retell(at, newest);
        }
    }

    private void lookAtNulled(Case at, PendingVersion newest) {
        if (newest.nulled() == at.verdict.missing(at.table) && at.node.live) {
            pending.replace(at.row, newest, newest.awaiting(at.verdict.awaited(), at.verdict.reason()));
            return;
        }
        writeNulled(at, newest);
        written.add(at.row);
        at.group.release(Outcome.SET_NULL, nulled(at, newest.record()), false, at.verdict.reason());
    }

    /** A row that was to be evicted may stay. */
    private void stayWaiting(Case at, PendingVersion newest) {
        if (at.node.leaving) {
            rows.stay(at.table, at.row, at.node);
        }
        retell(at, newest);
    }

    private void retell(Case at, PendingVersion newest) {
        int told = PendingVersion.told(at.node.live, at.node.leaving, at.verdict.reason());
        PendingVersion now = newest.awaiting(at.verdict.awaited(), told);
        pending.replace(at.row, newest, now);
        if (now.told() != newest.told()) {
            Outcome kept = at.node.leaving ? Outcome.HOLD : Outcome.STALE;
            Outcome outcome = at.node.live ? kept : Outcome.WAIT;
            at.group.release(outcome, newest.record(), false, at.verdict.reason());
        }
    }
}
