package dev.sluice.streams.gate;

import dev.sluice.streams.gate.PendingVersion.Awaited;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether an event can be applied now without violating a foreign key, and what is in its way.
 *
 * <p>A parent that is to leave is still in the target. Rows that already refer to it may change and keep it, unless their foreign key lets them go; new ones
 * wait, so that it leaves as soon as those that held it have left, and the end is the one that a fresh backfill would find.
 */
final class Admission {
    private final GatePlan plan;
    private final GatedRows rows;
    private final GateStore store;
    private final boolean[] loaded;

    Admission(GatePlan plan, GatedRows rows, GateStore store) {
        this.plan = plan;
        this.rows = rows;
        this.store = store;
        this.loaded = new boolean[plan.tableCount()];
        for (int i = 0; i < loaded.length; i++) {
            loaded[i] = store.isLoaded(i);
        }
    }

    /** A table's snapshot is there: whoever is missing now does not come with it. */
    void loaded(GatedTable table) {
        if (!loaded[table.ordinal()]) {
            loaded[table.ordinal()] = true;
            store.putLoaded(table.ordinal());
        }
    }

    Verdict toUpsert(GatedTable table, byte[] row, Node node, Version version) {
        boolean oneIsEnough = !node.live && table.helpsNoOther();
        List<Obstacle> obstacles = null;
        for (int i = 0; i < version.references().length; i++) {
            // From the last: tables are most often loaded in the order in which their foreign keys were declared.
            int at = oneIsEnough ? version.references().length - 1 - i : i;
            obstacles = with(obstacles, toRefer(table.edges().get(at), row, node, version, version.references()[at]));
            if (oneIsEnough && obstacles != null) {
                return new Verdict(obstacles);
            }
        }
        obstacles = toMoveKeys(table, row, node, version, obstacles);
        return obstacles == null ? Verdict.CLEAR : new Verdict(obstacles);
    }

    /** What is to be done about a missing parent now. */
    OnOrphan rule(Edge edge) {
        return loaded[edge.parent().tableOrdinal()] ? edge.onOrphan() : OnOrphan.WAIT;
    }

    private static @Nullable List<Obstacle> with(@Nullable List<Obstacle> obstacles, @Nullable Obstacle one) {
        if (one == null) {
            return obstacles;
        }
        List<Obstacle> all = obstacles == null ? new ArrayList<>(2) : obstacles;
        all.add(one);
        return all;
    }

    private @Nullable Obstacle toRefer(Edge edge, byte[] row, Node node, Version version, KeyImage reference) {
        byte[] key = reference.bytes();
        if (reference.kind() == KeyImage.Kind.IMPOSSIBLE) {
            return Obstacle.partialMatchFull(edge, key, rule(edge));
        }
        if (!reference.isKey() || Arrays.equals(key, row) || version.hasKey(key)) {
            return null;
        }
        if (node.live && !edge.namesReferrers() && node.refersTo(key)) {
            return null;
        }
        Node parent = rows.look(key);
        boolean givesUp = Arrays.equals(parent.owner, row);
        if (parent.live && !parent.isLeaving() && !givesUp) {
            return null;
        }
        boolean isPending = edge.isToPrimary()
                ? parent.pending == Node.Pending.UPSERT || parent.pending == Node.Pending.EVICTED
                : !store.claimants(key, 1).isEmpty();
        return Obstacle.missingParent(edge, key, rule(edge), !isPending);
    }

    private @Nullable List<Obstacle> toMoveKeys(
            GatedTable table, byte[] row, Node node, Version version, @Nullable List<Obstacle> before) {
        List<Obstacle> obstacles = before;
        for (int i = 0; i < version.keys().length; i++) {
            KeySpec spec = table.otherKeys().get(i);
            KeyImage has = i < node.keys.length ? node.keys[i] : null;
            KeyImage wants = version.keys()[i];
            if (wants.equals(has)) {
                continue;
            }
            if (wants.isKey() && isOccupiedByLeaving(row, wants.bytes())) {
                obstacles = with(obstacles, Obstacle.blockedByHeld(spec, wants.bytes()));
            }
            if (has != null && has.isKey() && isReferredTo(row, has.bytes())) {
                obstacles = with(obstacles, stillReferredTo(table, spec, has.bytes()));
            }
        }
        return obstacles;
    }

    private boolean isOccupiedByLeaving(byte[] row, byte[] key) {
        Node node = rows.key(key);
        return node.live && node.isLeaving() && !Arrays.equals(node.owner, row);
    }

    private boolean isReferredTo(byte[] row, byte[] key) {
        Node node = rows.key(key);
        return node.referrers > 0 && Arrays.equals(node.owner, row);
    }

    /**
     * What keeps a row in the target that is to leave it.
     *
     * @param judged whether the source transaction is over
     */
    @Nullable
    Obstacle toLeave(GatedTable table, byte[] row, Node node, boolean judged) {
        if (node.referrers > 0) {
            return stillReferredTo(table, table.primary(), row);
        }
        for (int i = 0; i < node.keys.length; i++) {
            if (node.keys[i].isKey() && isReferredTo(row, node.keys[i].bytes())) {
                return stillReferredTo(table, table.otherKeys().get(i), node.keys[i].bytes());
            }
        }
        return unknownReferrers(table, row, judged);
    }

    /** What keeps a row in the target because nobody knows who refers to it. */
    private @Nullable Obstacle unknownReferrers(GatedTable table, byte[] row, boolean judged) {
        if (!table.hasLightReferrers()) {
            return null;
        }
        List<Edge> light = table.referrers().stream().filter(Edge::light).toList();
        if (!judged) {
            return Obstacle.inTransaction(light, table.primary(), row);
        }
        for (Edge edge : light) {
            if (rows.unsettled(edge) > 0) {
                return Obstacle.unsettledReferrers(edge, row);
            }
        }
        return null;
    }

    /** What a delete that is held waits for, beside its referrers. */
    List<Awaited> awaitedToLeave(GatedTable table) {
        if (!table.hasLightReferrers()) {
            return List.of();
        }
        return table.referrers().stream()
                .filter(edge -> edge.light() && rows.unsettled(edge) > 0)
                .map(edge -> new Awaited(Awaited.For.SETTLED, PendingRows.settledKey(plan.tableOf(edge))))
                .distinct()
                .toList();
    }

    private static Obstacle stillReferredTo(GatedTable table, KeySpec spec, byte[] key) {
        return Obstacle.stillReferredTo(
                table.referrers().stream()
                        .filter(e -> e.parent() == spec && !e.light())
                        .toList(),
                spec,
                key);
    }
}
