package dev.sluice.streams.gate;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Whether an event can be applied now without violating a foreign key, and what is in its way.
 *
 * <p>A parent whose delete is held is still in the target. Rows that already refer to it may change and keep it; new ones wait, so that
 * it leaves as soon as those that held it have left, and the end is the one that a fresh backfill would find.
 */
final class Admission {
    private final GatedRows rows;
    private final GateStore store;

    Admission(GatedRows rows, GateStore store) {
        this.rows = rows;
        this.store = store;
    }

    @Nullable
    Obstacle toUpsert(GatedTable table, byte[] row, Node node, Version version) {
        for (int i = 0; i < version.references().length; i++) {
            Edge edge = table.edges().get(i);
            KeyImage reference = version.references()[i];
            if (reference.kind() == KeyImage.Kind.IMPOSSIBLE) {
                return Obstacle.partialMatchFull(edge, reference.bytes());
            }
            if (reference.isKey() && !hasParent(row, node, version, reference.bytes())) {
                return Obstacle.missingParent(edge, reference.bytes());
            }
        }
        return toMoveKeys(table, row, node, version);
    }

    private boolean hasParent(byte[] row, Node node, Version version, byte[] key) {
        if (Arrays.equals(key, row) || version.hasKey(key) || (node.live && node.refersTo(key))) {
            return true;
        }
        Node parent = store.node(key);
        boolean givesUp = Arrays.equals(parent.owner, row);
        return rows.isInTarget(parent, key) && !parent.isLeaving() && !givesUp;
    }

    private @Nullable Obstacle toMoveKeys(GatedTable table, byte[] row, Node node, Version version) {
        for (int i = 0; i < version.keys().length; i++) {
            KeySpec spec = table.otherKeys().get(i);
            KeyImage before = i < node.keys.length ? node.keys[i] : null;
            KeyImage after = version.keys()[i];
            if (after.equals(before)) {
                continue;
            }
            if (after.isKey() && isOccupiedByLeaving(row, after.bytes())) {
                return Obstacle.blockedByHeld(spec, after.bytes());
            }
            if (before != null && before.isKey() && isReferredTo(row, before.bytes())) {
                return stillReferredTo(table, spec, before.bytes());
            }
        }
        return null;
    }

    private boolean isOccupiedByLeaving(byte[] row, byte[] key) {
        Node node = rows.key(key);
        return node.live && node.isLeaving() && !Arrays.equals(node.owner, row);
    }

    private boolean isReferredTo(byte[] row, byte[] key) {
        Node node = rows.key(key);
        return node.referrers > 0 && Arrays.equals(node.owner, row);
    }

    @Nullable
    Obstacle toDelete(GatedTable table, byte[] row, Node node) {
        if (node.referrers > 0) {
            return stillReferredTo(table, table.primary(), row);
        }
        for (int i = 0; i < node.keys.length; i++) {
            if (node.keys[i].isKey() && isReferredTo(row, node.keys[i].bytes())) {
                return stillReferredTo(table, table.otherKeys().get(i), node.keys[i].bytes());
            }
        }
        return null;
    }

    private static Obstacle stillReferredTo(GatedTable table, KeySpec spec, byte[] key) {
        return Obstacle.stillReferredTo(
                table.referrers().stream().filter(e -> e.parent() == spec).toList(), spec, key);
    }
}
