package dev.sluice.streams.gate;

import dev.sluice.schemas.event.Outcome;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Releases rows that only together are acceptable, as one run. */
final class Runs {
    private final GatePlan plan;
    private final GatedRows rows;
    private final PendingRows pending;
    private final Admission admission;
    private final Together together;
    private final Exchange exchange;
    private final Written written;
    private final Nulls nulls;
    private final Later later;
    private final RowDecisions decisions;

    Runs(
            GatePlan plan,
            GatedRows rows,
            Admission admission,
            Together together,
            Exchange exchange,
            Written written,
            Nulls nulls,
            Later later,
            RowDecisions decisions) {
        this.plan = plan;
        this.rows = rows;
        this.pending = rows.pending();
        this.admission = admission;
        this.together = together;
        this.exchange = exchange;
        this.written = written;
        this.nulls = nulls;
        this.later = later;
        this.decisions = decisions;
    }

    /** Only a row that another one waits for, or refers to, can be part of one. */
    boolean mayClose(GatedTable table, byte[] row, Node node, Verdict verdict, PendingVersion newest, Group group) {
        if (!verdict.mayBeMetTogether(group.last())) {
            return false;
        }
        if (rows.row(table, row).waiters > 0 || node.leaving) {
            return true;
        }
        Version inTarget = Version.inTarget(node);
        Stream<byte[]> gained = newest.version().keysBut(inTarget);
        Stream<byte[]> lost = inTarget.keysBut(newest.version());
        boolean isWanted =
                Stream.concat(gained, lost).map(rows::look).anyMatch(key -> key.waiters > 0 || key.referrers > 0);
        return isWanted || rows.holdsALeavingRow(table, node);
    }

    /** A delete is part of such a set only where rows may refer to each other, or others want a key that it gives up. */
    boolean release(GatedTable table, byte[] row, Group group) {
        return table.mayLeaveTogether() && release(row, group);
    }

    boolean release(byte[] row, Group group) {
        List<Member> members = around(row, group);
        if (members != null) {
            release(members, group);
        }
        return members != null;
    }

    @Nullable
    List<Member> around(byte[] row, Group group) {
        List<Member> members = together.around(row, group.last());
        if (members != null) {
            return members;
        }
        GatedTable table = plan.tableOf(row);
        if (together.waitsForTransaction()) {
            later.retryAtNextEnd(table, row, group);
        }
        if (plan.evicts()) {
            decisions.evictions().askCircle(row, group);
        }
        if (together.waitsForSequence()) {
            later.retryNext(table, row, group);
        }
        return null;
    }

    void release(List<Member> members, Group group) {
        List<String> reasons = members.stream().map(this::reasonToStayPending).toList();
        exchange.of(members);
        for (int i = 0; i < members.size(); i++) {
            Member member = members.get(i);
            boolean more = i < members.size() - 1;
            written.add(member.row());
            if (member.isSpared()) {
                group.release(decisions.evictions().nothing(member), true, more);
            } else if (member.evicts()) {
                group.together(Outcome.EVICT, member.pending().record(), reasons.get(i), more);
                lookLater(member.table(), member.row(), group);
            } else if (member.nulled() != 0) {
                group.together(Outcome.SET_NULL, writtenTogether(member), reasons.get(i), more);
            } else {
                group.release(member.pending().record(), true, more);
            }
        }
    }

    private LaneRecord writtenTogether(Member member) {
        Node node = rows.row(member.table(), member.row());
        Verdict left = admission.toUpsert(
                member.table(), member.row(), node, member.pending().version());
        PendingVersion waits = nulls.complete(member.table(), member.nulled(), member.pending())
                .written(member.nulled());
        pending.replace(
                member.row(),
                member.pending(),
                left.obstacles().isEmpty() ? waits : waits.awaiting(left.awaited(), left.reason()));
        return nulls.nulled(member.table(), member.nulled(), member.pending().record());
    }

    private String reasonToStayPending(Member member) {
        if (!member.staysPending()) {
            return "";
        }
        Verdict verdict = admission.toUpsert(
                member.table(), member.row(), member.node(), member.pending().version());
        return verdict.reasonToBeOut();
    }

    /** A row of a circle may be part of a new one. */
    void lookLater(GatedTable table, byte[] row, Group group) {
        if (table.cyclic()) {
            later.retryNext(table, row, group);
        }
    }
}
