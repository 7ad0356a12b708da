package dev.sluice.streams.gate;

import dev.sluice.streams.gate.WorkQueue.Work;

/** What a decision leaves to later: to the end of the source transaction, to the next sequence, or to the queue. */
final class Later {
    private final GatedRows rows;
    private final Deferred deferred;

    Later(GatedRows rows, Deferred deferred) {
        this.rows = rows;
        this.deferred = deferred;
    }

    /** Looks at a row again when the source transaction is over, where it is not. */
    void retryAtEnd(GatedTable table, byte[] row, Group group) {
        if (!group.judged()) {
            deferred.add(table, group.sequence(), Task.RETRY, row);
        }
    }

    /** Looks at a row again when the transaction of the present sequence is over, where it is not. */
    void retryAtNextEnd(GatedTable table, byte[] row, Group group) {
        if (!group.last()) {
            deferred.add(table, group.sequence(), Task.RETRY, row);
        }
    }

    /** Looks at a row again with the next sequence. */
    void retryNext(GatedTable table, byte[] row, Group group) {
        deferred.add(table, group.sequence() + 1, Task.RETRY, row);
    }

    /** An evicted row is no part of a circle before it was read again. */
    void claimKeys(byte[] row, Node node, PendingVersion newest) {
        if (!node.live) {
            claimKey(row);
        }
        for (KeyImage key : newest.version().keys()) {
            if (key.isKey() && !Version.inTarget(node).hasKey(key.bytes())) {
                claimKey(key.bytes());
            }
        }
    }

    private void claimKey(byte[] key) {
        if (rows.look(key).waiters > 0) {
            rows.queue().add(new Work(Task.CLAIMED, key, null));
        }
    }

    /** Rows that refer to a key that this one is to give up may be let go. */
    void leaveKeys(GatedTable table, Node node, PendingVersion newest, Group group) {
        for (int i = 0; i < node.keys.length; i++) {
            KeyImage key = node.keys[i];
            boolean goes = node.leaving || newest.givesUp(key);
            if (key.isKey() && goes && table.namesReferrers(table.otherKeys().get(i))) {
                orphan(table, key.bytes(), group);
            }
        }
    }

    /** Rows that refer to a key are let go, at the end of the transaction. */
    void orphan(GatedTable table, byte[] key, Group group) {
        if (rows.look(key).referrers == 0) {
            return;
        }
        if (group.judged()) {
            rows.queue().add(new Work(Task.ORPHAN, key, null));
        } else {
            deferred.add(table, group.sequence(), Task.ORPHAN, key);
        }
    }

    /** Whoever refers to a row that is to leave may be let go. */
    void orphanReferrers(GatedTable table, byte[] row, Node node, PendingVersion newest, Group group) {
        if (table.namesReferrers()) {
            if (table.namesReferrers(table.primary())) {
                orphan(table, row, group);
            }
            leaveKeys(table, node, newest, group);
        }
    }
}
