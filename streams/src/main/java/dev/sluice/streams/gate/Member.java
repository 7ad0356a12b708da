package dev.sluice.streams.gate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A row of a set that is applied together.
 *
 * @param node as it was when the row joined
 * @param evicts it leaves because it has to be evicted; one that could stay with the others' help does not
 * @param nulled foreign keys that are written as NULL because their parents are missing, a bit for each of the table's
 */
@SuppressWarnings("ArrayRecordComponent") // looked at, never compared
record Member(GatedTable table, byte[] row, Node node, PendingVersion pending, boolean evicts, long nulled) {
    /** Whether it leaves the target: it is deleted or evicted. */
    boolean goes() {
        return pending.deletes() || evicts;
    }

    /** Whether something is left to be done when it has joined. */
    boolean staysPending() {
        return evicts || nulled != 0;
    }

    /** Whether it was to be evicted and stays as it is. */
    boolean isSpared() {
        return !evicts && pending.kind() == Node.Pending.EVICTED && node.live;
    }

    Member with(PendingVersion filed) {
        return new Member(table, row, node, filed, evicts, nulled);
    }

    Member nulling(long foreignKeys) {
        return new Member(table, row, node, pending, evicts, foreignKeys);
    }

    /** The version that the row has by joining. */
    Version version() {
        return goes() ? Version.EMPTY : pending.version().withoutReferences(nulled, table);
    }

    /** Keys that the row gets by joining. */
    List<byte[]> gains() {
        List<byte[]> keys = new ArrayList<>();
        if (!goes() && !node.live) {
            keys.add(row);
        }
        for (KeyImage key : version().keys()) {
            if (key.isKey() && !has(key.bytes())) {
                keys.add(key.bytes());
            }
        }
        return keys;
    }

    /** Keys that the row has, was to give up, and keeps by joining. */
    List<byte[]> saves() {
        List<byte[]> keys = new ArrayList<>();
        if (node.live && node.leaving && !goes()) {
            keys.add(row);
            for (KeyImage key : version().keys()) {
                if (key.isKey() && has(key.bytes())) {
                    keys.add(key.bytes());
                }
            }
        }
        return keys;
    }

    /** Keys that the row gives up by joining. */
    List<byte[]> losses() {
        List<byte[]> keys = new ArrayList<>();
        if (goes()) {
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

    /** Foreign keys by which the row in the target refers to a key, or may do so, and would not any more. */
    List<Edge> mayLeave(byte[] key) {
        if (table.tracked()) {
            return leaves(key);
        }
        return table.edges().stream().filter(edge -> edge.parent().isImage(key)).toList();
    }

    /** Foreign keys by which the row in the target refers to a key and would not any more. */
    List<Edge> leaves(byte[] key) {
        return references(key, false);
    }

    /** Those of them that are counted. */
    List<Edge> leaving(byte[] key) {
        return references(key, false).stream().filter(e -> !e.light()).toList();
    }

    /** Foreign keys by which the row in the target is known to refer to a key. */
    List<Edge> referring(byte[] key) {
        return references(key, true).stream().filter(e -> !e.light()).toList();
    }

    private List<Edge> references(byte[] key, boolean staying) {
        List<Edge> found = new ArrayList<>();
        for (int i = 0; i < node.references.length; i++) {
            KeyImage before = node.references[i];
            boolean stays = i < version().references().length
                    && version().references()[i].isKey()
                    && version().references()[i].names(key);
            boolean refers = before.isCounted()
                    || (before.isKey() && table.edges().get(i).light());
            if (refers && before.names(key) && (staying || !stays)) {
                found.add(table.edges().get(i));
            }
        }
        return found;
    }

    boolean isGaining(byte[] key) {
        return gains().stream().anyMatch(k -> Arrays.equals(k, key));
    }
}
