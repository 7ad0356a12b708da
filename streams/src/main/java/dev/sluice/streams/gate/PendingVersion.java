package dev.sluice.streams.gate;

import dev.sluice.streams.state.ByteReader;
import dev.sluice.streams.state.ByteWriter;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The newest event of a row, decided but not applied yet: an upsert that waits, or a delete that is held.
 *
 * @param record the event as it travels
 * @param version of an upsert
 * @param awaited what it is filed under, where one key alone decides when to look again
 */
record PendingVersion(
        boolean deletes,
        LaneRecord record,
        Version version,
        @Nullable Awaited awaited) {
    private static final int VERSION = 1;

    /** A key that a row waits for. */
    @SuppressWarnings("ArrayRecordComponent") // equals compares the content
    record Awaited(For what, byte[] key) {
        /** What has to happen to the key. */
        enum For {
            /** It comes into the target. */
            ARRIVAL(1),
            /** Its present row gives it up. */
            RELEASE(2);

            private final int code;

            For(int code) {
                this.code = code;
            }

            int code() {
                return code;
            }

            static For ofCode(int code) {
                return code == ARRIVAL.code ? ARRIVAL : RELEASE;
            }
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Awaited awaited && what == awaited.what && Arrays.equals(key, awaited.key);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(key);
        }
    }

    Node.Pending kind() {
        return deletes ? Node.Pending.DELETE : Node.Pending.UPSERT;
    }

    byte[] encode(ByteWriter out) {
        out.reset().u8(VERSION).u8(deletes ? 1 : 0).varint(record.sequence()).i64(record.commitMillis());
        if (awaited == null) {
            out.u8(0);
        } else {
            out.u8(awaited.what.code).bytes(awaited.key);
        }
        KeyImage.write(version.references(), out);
        KeyImage.write(version.keys(), out);
        byte[] key = record.key();
        out.u8(key == null ? 0 : 1);
        if (key != null) {
            out.bytes(key);
        }
        return out.raw(record.value()).toBytes();
    }

    static PendingVersion decode(byte[] value) {
        ByteReader in = ByteReader.ofVersion(VERSION, "waiting row", value);
        boolean deletes = in.u8() == 1;
        long sequence = in.varint();
        long commitMillis = in.i64();
        int filed = in.u8();
        Awaited awaited = filed == 0 ? null : new Awaited(Awaited.For.ofCode(filed), in.bytes());
        Version version = new Version(KeyImage.read(in), KeyImage.read(in));
        byte[] key = in.u8() == 0 ? null : in.bytes();
        byte[] event = in.raw(value.length - in.at());
        return new PendingVersion(deletes, new LaneRecord(key, event, sequence, commitMillis), version, awaited);
    }
}
