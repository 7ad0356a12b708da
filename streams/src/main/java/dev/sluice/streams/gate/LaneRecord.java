package dev.sluice.streams.gate;

import dev.sluice.streams.state.ByteReader;
import dev.sluice.streams.state.ByteWriter;
import org.jspecify.annotations.Nullable;

/**
 * An event as it travels through the lane.
 *
 * @param key the record's key, byte for byte
 * @param value the record's value, byte for byte
 * @param commitMillis when the source committed
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record LaneRecord(byte @Nullable [] key, byte[] value, long sequence, long commitMillis) {
    /** Behind sequence and time, and everything else: it reaches to the end. */
    void writeTo(ByteWriter out) {
        out.u8(key == null ? 0 : 1);
        if (key != null) {
            out.bytes(key);
        }
        out.raw(value);
    }

    static LaneRecord read(ByteReader in, int length, long sequence, long commitMillis) {
        byte[] key = in.u8() == 0 ? null : in.bytes();
        return new LaneRecord(key, in.raw(length - in.at()), sequence, commitMillis);
    }

    LaneRecord withValue(byte[] merged) {
        return new LaneRecord(key, merged, sequence, commitMillis);
    }
}
