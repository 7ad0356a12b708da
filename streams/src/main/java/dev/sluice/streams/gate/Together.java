package dev.sluice.streams.gate;

import dev.sluice.streams.gate.PendingVersion.Awaited;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the smallest set of pending rows around one of them that foreign keys accept together though they accept none alone: rows that refer to each other, a key that a row
 * and those that refer to it change at the same time, unique values handed on in a circle. Who has to join follows from the keys, so the set is found by following them; it is given up
 * when a key is missing that no pending row has, or when it grows too large.
 */
final class Together {
    private static final int MOST_ROWS = 1_000;
    private static final long MOST_BYTES = 8L << 20;
    private static final int MOST_CLAIMANTS = 10;
    private static final int MOST_SEARCHED = 4 * MOST_ROWS;

    private final GatePlan plan;
    private final GateStore store;
    private final GatedRows rows;
    private final Admission admission;
    private final Written written;
    private boolean waitsForTransaction;
    private boolean waitsForSequence;
    private long searched;

    Together(GatePlan plan, GateStore store, GatedRows rows, Admission admission, Written written) {
        this.plan = plan;
        this.store = store;
        this.rows = rows;
        this.admission = admission;
        this.written = written;
    }

    /**
     * The set around a row that is pending, in an order in which every foreign key holds that PostgreSQL cannot do without for a moment.
     *
     * @param judged whether the source transaction is over
     * @return null when there is none
     */
    @Nullable
    List<Member> around(byte[] row, boolean judged) {
        waitsForTransaction = false;
        waitsForSequence = false;
        Leavers leavers = new Leavers(false);
        long most = searched + MOST_SEARCHED;
        while (searched < most) {
            Search search = new Search(judged, false, leavers);
            List<Member> members = around(row, search);
            if (members != null) {
                return members;
            }
            if (!leavers.add(search.misfit)) {
                break;
            }
        }
        return plan.tableOf(row).cyclic() ? around(row, new Search(judged, false, new Leavers(true))) : null;
    }

    /** Rows that are to be evicted and do leave. The others stay, with the help of rows that move with them. */
    private static final class Leavers {
        private final boolean all;
        private final Set<byte[]> rows = new TreeSet<>(Arrays::compareUnsigned);

        private Leavers(boolean all) {
            this.all = all;
        }

        /** @return false when nothing is new */
        private boolean add(byte @Nullable [] row) {
            return row != null && rows.add(row);
        }

        private boolean has(byte[] row, Node node) {
            return node.live && node.leaving && (all || node.pending == Node.Pending.QUARANTINED || rows.contains(row));
        }
    }

    /** Whether the last search may succeed when the source transaction is over. */
    boolean waitsForTransaction() {
        return waitsForTransaction;
    }

    /** Whether the last search may succeed with the next sequence, because a row was written under this one. */
    boolean waitsForSequence() {
        return waitsForSequence;
    }

    /** Rows that have joined a search since the start. */
    long searched() {
        return searched;
    }

    private static @Nullable List<Member> around(byte[] row, Search search) {
        if (!search.add(row) || !search.complete() || search.members.size() < 2) {
            return null;
        }
        return new TogetherOrder(search.members.values()).sorted();
    }

    /** Evicted rows that, once they were read again, would be a set with others; the row that is given is one of them. */
    List<Member> evictedAround(byte[] row, boolean judged) {
        Search search = new Search(judged, true, new Leavers(false));
        if (!search.add(row) || !search.complete()) {
            return List.of();
        }
        return search.members.values().stream()
                .filter(m -> m.pending().kind() == Node.Pending.EVICTED && !m.node().live)
                .toList();
    }

    private final class Search {
        private final Map<byte[], Member> members = new TreeMap<>(Arrays::compareUnsigned);
        private final Deque<Member> open = new ArrayDeque<>();
        private final boolean judged;
        private final boolean withEvicted;
        private final Leavers leavers;
        /** For whose sake a row has joined, where that is a row that is to be evicted and stays. */
        private final Map<byte[], byte[]> sake = new TreeMap<>(Arrays::compareUnsigned);

        private byte @Nullable [] misfit;
        private long bytes;

        /**
         * @param withEvicted rows that are out of the target join as if they had been read again
         * @param leavers which of the rows leave that are to be evicted
         */
        private Search(boolean judged, boolean withEvicted, Leavers leavers) {
            this.judged = judged;
            this.withEvicted = withEvicted;
            this.leavers = leavers;
        }

        private boolean canJoin(byte[] row, Node node) {
            return node.pending == Node.Pending.UPSERT
                    || node.pending == Node.Pending.DELETE
                    || (node.pending == Node.Pending.EVICTED && (node.live || withEvicted))
                    || (node.pending == Node.Pending.QUARANTINED && leavers.has(row, node));
        }

        private boolean brings(byte[] row, Node node) {
            boolean isThere = node.live || withEvicted || node.pending == Node.Pending.UPSERT;
            boolean mayStay = node.pending == Node.Pending.UPSERT || node.pending == Node.Pending.EVICTED;
            return mayStay && isThere && !leavers.has(row, node);
        }

        private boolean add(byte[] row) {
            if (members.containsKey(row)) {
                return true;
            }
            GatedTable table = plan.tableOf(row);
            Node node = rows.row(table, row);
            boolean tooSoon = !withEvicted && !written.mayWrite(row);
            waitsForSequence |= tooSoon;
            if (!canJoin(row, node) || members.size() == MOST_ROWS || tooSoon) {
                return false;
            }
            Member member = member(table, row, node);
            bytes += member.pending().record().value().length;
            boolean tooEarly = member.goes() && table.hasLightReferrers() && !judged;
            waitsForTransaction |= tooEarly;
            if (bytes > MOST_BYTES || tooEarly) {
                return false;
            }
            members.put(row, member);
            searched++;
            open.add(member);
            return true;
        }

        private Member member(GatedTable table, byte[] row, Node node) {
            return new Member(table, row, node, store.pending(row), leavers.has(row, node), 0);
        }

        /** Adds a row that another one needs. */
        private boolean add(byte[] row, Member needing) {
            byte[] forWhom = sakeOf(needing);
            if (forWhom != null && !members.containsKey(row)) {
                sake.put(row, forWhom);
            }
            return add(row) || fails(needing);
        }

        private byte @Nullable [] sakeOf(Member member) {
            boolean isSpared = member.node().live && member.node().leaving && !member.evicts();
            return isSpared ? member.row() : sake.get(member.row());
        }

        private boolean fails(Member member) {
            misfit = sakeOf(member);
            return false;
        }

        private boolean complete() {
            do {
                while (!open.isEmpty()) {
                    if (!addNeeded(open.remove())) {
                        return false;
                    }
                }
                if (!addSuccessors() || (open.isEmpty() && !addReferrers())) {
                    return false;
                }
            } while (!open.isEmpty());
            return true;
        }

        /** Whoever keeps a reference to a key that the set gives up needs another row to have it. */
        private boolean addSuccessors() {
            Set<byte[]> gone = new TreeSet<>(Arrays::compareUnsigned);
            members.values().forEach(m -> gone.addAll(m.losses()));
            members.values().forEach(m -> m.gains().forEach(gone::remove));
            for (Member member : List.copyOf(members.values())) {
                for (KeyImage reference : member.version().references()) {
                    if (reference.isKey() && gone.contains(reference.bytes())) {
                        byte[] provider = provider(reference.bytes());
                        if (provider == null || members.containsKey(provider)) {
                            return fails(member);
                        }
                        if (!add(provider, member)) {
                            return false;
                        }
                        gone.remove(reference.bytes());
                    }
                }
            }
            return true;
        }

        /** Who has what a row needs, or has to give it up first. */
        private boolean addNeeded(Member member) {
            long missing = missing(member);
            long nulled = 0;
            for (int i = 0; i < member.version().references().length; i++) {
                if ((missing & (1L << i)) == 0) {
                    continue;
                }
                KeyImage reference = member.version().references()[i];
                byte[] provider = reference.isKey() ? provider(reference.bytes()) : null;
                if (!member.isSpared() && mayBeNull(member.table().edges().get(i))) {
                    nulled |= 1L << i;
                } else if (provider == null) {
                    return fails(member);
                } else if (!add(provider, member)) {
                    return false;
                }
            }
            if (nulled != 0) {
                members.put(
                        member.row(), members.getOrDefault(member.row(), member).nulling(nulled));
            }
            return addOwners(member);
        }

        /** The foreign keys whose parents are not there. Whoever comes in the end, the row is looked at then. */
        private long missing(Member member) {
            long missing = 0;
            List<Awaited> awaited = new ArrayList<>();
            for (int i = 0; i < member.version().references().length; i++) {
                KeyImage reference = member.version().references()[i];
                if (reference.kind() == KeyImage.Kind.IMPOSSIBLE) {
                    missing |= 1L << i;
                } else if (reference.isKey() && isMissing(member.table().edges().get(i), member, reference.bytes())) {
                    missing |= 1L << i;
                    awaited.add(new Awaited(Awaited.For.ARRIVAL, reference.bytes()));
                }
            }
            if (!member.pending().awaited().containsAll(awaited)) {
                members.put(member.row(), member.with(rows.pending().fileToo(member.row(), awaited)));
            }
            return missing;
        }

        /** What keeps a row is looked at again when it is no more. */
        private boolean lacks(Member member, Awaited awaited) {
            rows.pending().fileToo(member.row(), List.of(awaited));
            return false;
        }

        private boolean addOwners(Member member) {
            for (byte[] key : member.gains()) {
                if (Arrays.equals(key, member.row())) {
                    continue;
                }
                Node node = rows.key(key);
                if (node.live && node.owner != null && node.isLeaving() && !add(node.owner, member)) {
                    return false;
                }
            }
            return true;
        }

        private boolean mayBeNull(Edge edge) {
            boolean mayBe = admission.rule(edge) == OnOrphan.SET_NULL;
            waitsForTransaction |= mayBe && !judged;
            return mayBe && judged;
        }

        private boolean isMissing(Edge edge, Member member, byte[] key) {
            if (Arrays.equals(key, member.row()) || member.version().hasKey(key)) {
                return false;
            }
            Node parent = rows.look(key);
            boolean givesUp = Arrays.equals(parent.owner, member.row());
            boolean stays = parent.live && !parent.isLeaving() && !givesUp;
            boolean keeps = member.node().live
                    && !edge.namesReferrers()
                    && member.node().refersTo(key);
            return !stays && !keeps;
        }

        private byte @Nullable [] provider(byte[] key) {
            if (plan.specOf(key).isPrimary()) {
                Node node = rows.row(plan.tableOf(key), key);
                return brings(key, node) && (!node.live || node.leaving) ? key : null;
            }
            byte[] newest = null;
            long sequence = 0;
            for (byte[] row : store.claimants(key, MOST_CLAIMANTS)) {
                PendingVersion claims = brings(row, rows.row(plan.tableOf(row), row)) ? store.pending(row) : null;
                if (claims != null && claims.record().sequence() > sequence) {
                    newest = row;
                    sequence = claims.record().sequence();
                }
            }
            return newest;
        }

        /** Whoever refers to a key that the set gives up has to be in the set. */
        private boolean addReferrers() {
            for (Member member : List.copyOf(members.values())) {
                for (byte[] key : member.losses()) {
                    long missing = referrers(key, member) - leavers(key);
                    if (missing > 0) {
                        return (missing <= MOST_ROWS
                                        && new Pull(m -> !m.referring(key).isEmpty()).addOne())
                                || fails(member);
                    }
                }
                if (member.goes() && !addUnknownReferrers(member)) {
                    return false;
                }
            }
            return true;
        }

        /** Where it is not known who refers to a row, it may be any pending row of the referring table. */
        private boolean addUnknownReferrers(Member parent) {
            for (Edge edge : parent.table().referrers()) {
                GatedTable child = plan.tableOf(edge);
                long missing = edge.light() ? rows.unsettled(edge) - settling(child) : 0;
                if (missing > 0) {
                    boolean added = missing <= MOST_ROWS
                            && new Pull(m -> m.table().ordinal() == child.ordinal() && isUnsettled(m)).addOne();
                    return added || lacks(parent, new Awaited(Awaited.For.SETTLED, PendingRows.settledKey(child)));
                }
            }
            return true;
        }

        private long settling(GatedTable child) {
            return members.values().stream()
                    .filter(m -> m.table().ordinal() == child.ordinal() && isUnsettled(m))
                    .count();
        }

        private static boolean isUnsettled(Member member) {
            return member.node().live || !member.table().tracked();
        }

        private long referrers(byte[] key, Member member) {
            return Arrays.equals(key, member.row()) ? member.node().referrers : rows.key(key).referrers;
        }

        private long leavers(byte[] key) {
            boolean isHandedOn = members.values().stream().anyMatch(m -> m.isGaining(key));
            return members.values().stream()
                    .mapToLong(m -> isHandedOn
                            ? m.referring(key).size()
                            : m.leaving(key).size())
                    .sum();
        }

        /**
         * Looks for a pending row that refers to what the set gives up. It is not known who that is; but whoever is in one circle with the set waits for
         * one of its rows, over any number of others.
         */
        private final class Pull {
            private final Predicate<Member> wanted;
            private final Set<byte[]> seen = new TreeSet<>(Arrays::compareUnsigned);
            private final Deque<Member> frontier = new ArrayDeque<>(members.values());

            private Pull(Predicate<Member> wanted) {
                this.wanted = wanted;
                seen.addAll(members.keySet());
            }

            private boolean addOne() {
                while (!frontier.isEmpty() && seen.size() <= MOST_ROWS) {
                    for (byte[] row : waitingFor(frontier.remove())) {
                        Member found = seen.add(row) ? pendingRow(row) : null;
                        if (found != null && wanted.test(found)) {
                            return add(row);
                        }
                        if (found != null) {
                            frontier.add(found);
                        }
                    }
                }
                return false;
            }

            private List<byte[]> waitingFor(Member member) {
                List<byte[]> found = new ArrayList<>();
                Stream.concat(member.gains().stream(), member.saves().stream())
                        .forEach(k ->
                                found.addAll(store.filedUnder(new Awaited(Awaited.For.ARRIVAL, k), null, MOST_ROWS)));
                member.losses()
                        .forEach(k ->
                                found.addAll(store.filedUnder(new Awaited(Awaited.For.RELEASE, k), null, MOST_ROWS)));
                if (member.table().hasLightEdges() && isUnsettled(member)) {
                    Awaited settled = new Awaited(Awaited.For.SETTLED, PendingRows.settledKey(member.table()));
                    found.addAll(store.filedUnder(settled, null, MOST_ROWS));
                }
                for (KeyImage reference : member.node().references) {
                    if (reference.isCounted()) {
                        Node parent = rows.look(reference.bytes());
                        found.add(parent.owner == null ? reference.bytes() : parent.owner);
                    }
                }
                return found;
            }

            private @Nullable Member pendingRow(byte[] row) {
                GatedTable table = plan.tableOf(row);
                Node node = rows.row(table, row);
                return canJoin(row, node) ? member(table, row, node) : null;
            }
        }
    }
}
