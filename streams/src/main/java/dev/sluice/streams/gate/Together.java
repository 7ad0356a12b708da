package dev.sluice.streams.gate;

import dev.sluice.streams.gate.PendingVersion.Awaited;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds the smallest set of pending rows around one of them that foreign keys accept together though they accept none alone: rows that refer to each other, a key that a row
 * and those that refer to it change at the same time, unique values handed on in a circle. Who has to join follows from the keys, so the set is found by following them; it is given up
 * when a key is missing that no pending row has, or when it grows too large.
 */
final class Together {
    static final int MOST_ROWS = 1_000;
    private static final long MOST_BYTES = 8L << 20;
    private static final int MOST_CLAIMANTS = 10;

    /** A row of the set. */
    @SuppressWarnings("ArrayRecordComponent") // looked at, never compared
    record Member(GatedTable table, byte[] row, Node node, PendingVersion pending) {
        Version version() {
            return pending.deletes() ? Version.EMPTY : pending.version();
        }

        /** Keys that the row gets by joining. */
        List<byte[]> gains() {
            List<byte[]> keys = new ArrayList<>();
            if (!pending.deletes() && !node.live) {
                keys.add(row);
            }
            for (KeyImage key : version().keys()) {
                if (key.isKey() && !has(key.bytes())) {
                    keys.add(key.bytes());
                }
            }
            return keys;
        }

        /** Keys that the row gives up by joining. */
        List<byte[]> losses() {
            List<byte[]> keys = new ArrayList<>();
            if (pending.deletes()) {
                keys.add(row);
            }
            for (KeyImage key : node.keys) {
                if (key.isKey() && !version().hasKey(key.bytes())) {
                    keys.add(key.bytes());
                }
            }
            return keys;
        }

        private boolean has(byte[] key) {
            for (KeyImage own : node.keys) {
                if (own.isKey() && own.names(key)) {
                    return true;
                }
            }
            return false;
        }

        /** Foreign keys by which the row in the target refers to a key and would not any more. */
        List<Edge> leaves(byte[] key) {
            List<Edge> left = new ArrayList<>();
            for (int i = 0; i < node.references.length; i++) {
                KeyImage before = node.references[i];
                boolean stays = i < version().references().length
                        && version().references()[i].isKey()
                        && version().references()[i].names(key);
                if (before.isCounted() && before.names(key) && !stays) {
                    left.add(table.edges().get(i));
                }
            }
            return left;
        }
    }

    private final GatePlan plan;
    private final GateStore store;
    private final GatedRows rows;
    private final Written written;

    Together(GatePlan plan, GateStore store, GatedRows rows, Written written) {
        this.plan = plan;
        this.store = store;
        this.rows = rows;
        this.written = written;
    }

    /**
     * The set around a row that is pending, in an order in which every foreign key holds that PostgreSQL cannot do without for a moment.
     *
     * @return null when there is none
     */
    @Nullable
    List<Member> around(byte[] row) {
        Search search = new Search();
        if (!search.add(row) || !search.complete() || search.members.size() < 2) {
            return null;
        }
        return new TogetherOrder(search.members.values()).sorted();
    }

    private final class Search {
        private final Map<byte[], Member> members = new TreeMap<>(Arrays::compareUnsigned);
        private final Deque<Member> open = new ArrayDeque<>();
        private long bytes;

        private boolean add(byte[] row) {
            if (members.containsKey(row)) {
                return true;
            }
            GatedTable table = plan.tableOf(row);
            Node node = rows.row(table, row);
            boolean canJoin = node.pending == Node.Pending.UPSERT || node.pending == Node.Pending.DELETE;
            if (!canJoin || members.size() == MOST_ROWS || !written.mayWrite(row)) {
                return false;
            }
            Member member = new Member(table, row, node, store.pending(row));
            bytes += member.pending().record().value().length;
            if (bytes > MOST_BYTES || (member.pending().deletes() && table.hasLightReferrers())) {
                return false;
            }
            members.put(row, member);
            open.add(member);
            return true;
        }

        private boolean complete() {
            do {
                while (!open.isEmpty()) {
                    if (!addNeeded(open.remove())) {
                        return false;
                    }
                }
                if (!addReferrers()) {
                    return false;
                }
            } while (!open.isEmpty());
            return true;
        }

        /** Who has what a row needs, or has to give it up first. */
        private boolean addNeeded(Member member) {
            for (int i = 0; i < member.version().references().length; i++) {
                KeyImage reference = member.version().references()[i];
                if (reference.kind() == KeyImage.Kind.IMPOSSIBLE) {
                    return false;
                }
                if (reference.isKey() && !addParent(member, reference.bytes())) {
                    return false;
                }
            }
            for (byte[] key : member.gains()) {
                Node node = Arrays.equals(key, member.row()) ? null : rows.key(key);
                byte[] owner = node == null || !node.live ? null : node.owner;
                if (owner != null && node.isLeaving() && !add(owner)) {
                    return false;
                }
            }
            return true;
        }

        private boolean addParent(Member member, byte[] key) {
            if (Arrays.equals(key, member.row()) || member.version().hasKey(key)) {
                return true;
            }
            Node parent = rows.look(key);
            boolean givesUp = Arrays.equals(parent.owner, member.row());
            if (parent.live && !parent.isLeaving() && !givesUp) {
                return true;
            }
            byte[] provider = provider(key);
            return provider != null
                    ? add(provider)
                    : member.node().live && member.node().refersTo(key);
        }

        private byte @Nullable [] provider(byte[] key) {
            if (plan.specOf(key) == plan.tableOf(key).primary()) {
                Node node = rows.row(plan.tableOf(key), key);
                return node.pending == Node.Pending.UPSERT && !node.live ? key : null;
            }
            byte[] newest = null;
            long sequence = 0;
            for (byte[] row : store.claimants(key, MOST_CLAIMANTS)) {
                if (rows.row(plan.tableOf(row), row).pending == Node.Pending.UPSERT
                        && store.pending(row).record().sequence() > sequence) {
                    newest = row;
                    sequence = store.pending(row).record().sequence();
                }
            }
            return newest;
        }

        /** Whoever refers to a key that the set gives up has to be in the set. Rows that move to what the set gains may be those. */
        private boolean addReferrers() {
            for (Member member : List.copyOf(members.values())) {
                for (byte[] key : member.losses()) {
                    long missing = referrers(key, member) - leavers(key);
                    if (missing > 0 && (missing > MOST_ROWS || !addWaiting(missing))) {
                        return false;
                    }
                }
            }
            return true;
        }

        private long referrers(byte[] key, Member member) {
            return Arrays.equals(key, member.row()) ? member.node().referrers : rows.key(key).referrers;
        }

        private long leavers(byte[] key) {
            return members.values().stream()
                    .mapToLong(m -> m.leaves(key).size())
                    .sum();
        }

        /** @return whether any row joined */
        private boolean addWaiting(long missing) {
            List<Awaited> awaited = new ArrayList<>();
            long waiters = 0;
            for (Member member : members.values()) {
                member.gains().forEach(key -> awaited.add(new Awaited(Awaited.For.ARRIVAL, key)));
                member.losses().forEach(key -> awaited.add(new Awaited(Awaited.For.RELEASE, key)));
            }
            for (Awaited each : awaited) {
                waiters += store.node(each.key()).waiters;
            }
            if (waiters < missing) {
                return false;
            }
            int before = members.size();
            Set<byte[]> found = new LinkedHashSet<>();
            awaited.forEach(each -> found.addAll(store.filedUnder(each, null, MOST_ROWS)));
            return found.stream().allMatch(this::addIfPending) && members.size() > before;
        }

        /** A row that cannot join is no obstacle unless it has to. */
        private boolean addIfPending(byte[] row) {
            return add(row) || members.size() < MOST_ROWS;
        }
    }
}
