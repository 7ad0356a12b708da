package dev.sluice.streams.gate;

import dev.sluice.streams.state.ByteReader;
import dev.sluice.streams.state.ByteWriter;
import org.jspecify.annotations.Nullable;

/**
 * What the gate remembers of one key. The node of a primary key is also that of its row; the node of another referenced key names the row that
 * holds it. A working copy: changes last when it is put back.
 */
final class Node {
    /** What a row has beside its version in the target. */
    enum Pending {
        NONE(0),
        /** A newer version that waits. */
        UPSERT(1),
        /** A delete that is held. */
        DELETE(2),
        /** Deleted by a truncate that has not come to it yet; no pending version is stored. */
        TRUNCATED(3),
        /** Out of the target, or on its way out, because a parent is gone; the source has to give it again. */
        EVICTED(4),
        /** A newer version that became a dead letter; kept for partial versions to be laid over. */
        QUARANTINED(5);

        private static final Pending[] BY_CODE = {NONE, UPSERT, DELETE, TRUNCATED, EVICTED, QUARANTINED};

        private final int code;

        Pending(int code) {
            this.code = code;
        }

        int code() {
            return code;
        }

        static Pending ofCode(int code) {
            return BY_CODE[code];
        }
    }

    private static final int VERSION = 1;
    private static final int LIVE = 1;
    private static final int LEAVING = 2;

    /** How often the table had been emptied when this was last true; an older one says that row and referrers are gone. */
    long epoch;
    /** In the target. */
    boolean live;
    /** In the target, but its row is to be evicted or, not for a primary key, the newest version of its row does not have it any more. */
    boolean leaving;

    Pending pending = Pending.NONE;
    /** Foreign keys of other live rows that refer to it. */
    long referrers;
    /** Rows that wait for it to come or to become free. */
    long waiters;
    /** Of a live row: what its version in the target refers to. */
    KeyImage[] references = KeyImage.NONE;
    /** Of a live row: its other referenced keys. */
    KeyImage[] keys = KeyImage.NONE;
    /** Not for a primary key: the row that holds the key. */
    byte @Nullable [] owner;

    /** Whether its row will not have it any more as soon as nothing refers to it. */
    boolean isLeaving() {
        return leaving || pending == Pending.DELETE || pending == Pending.TRUNCATED;
    }

    /** Whether {@code sluice.waiting} has the row. */
    boolean isAnnounced() {
        return pending == Pending.UPSERT || pending == Pending.DELETE || pending == Pending.EVICTED;
    }

    /** Whether a version newer than the one in the target is known. */
    boolean hasVersionPending() {
        return pending == Pending.UPSERT || pending == Pending.EVICTED || pending == Pending.QUARANTINED;
    }

    boolean hasRow() {
        return live || pending != Pending.NONE;
    }

    boolean isEmpty() {
        return !hasRow() && waiters == 0;
    }

    boolean refersTo(byte[] key) {
        for (KeyImage reference : references) {
            if (reference.isCounted() && reference.names(key)) {
                return true;
            }
        }
        return false;
    }

    byte[] encode(ByteWriter out) {
        out.reset().u8(VERSION).u8((live ? LIVE : 0) | (leaving ? LEAVING : 0) | (pending.code << 2));
        out.varint(epoch).varint(referrers).varint(waiters);
        KeyImage.write(references, out);
        KeyImage.write(keys, out);
        if (owner != null) {
            out.raw(owner);
        }
        return out.toBytes();
    }

    static Node decode(byte @Nullable [] value) {
        Node node = new Node();
        if (value == null) {
            return node;
        }
        ByteReader in = ByteReader.ofVersion(VERSION, "key", value);
        int flags = in.u8();
        node.live = (flags & LIVE) != 0;
        node.leaving = (flags & LEAVING) != 0;
        node.pending = Pending.BY_CODE[flags >>> 2];
        node.epoch = in.varint();
        node.referrers = in.varint();
        node.waiters = in.varint();
        node.references = KeyImage.read(in);
        node.keys = KeyImage.read(in);
        node.owner = in.hasMore() ? in.raw(value.length - in.at()) : null;
        return node;
    }
}
