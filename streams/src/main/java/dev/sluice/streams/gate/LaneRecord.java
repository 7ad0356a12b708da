package dev.sluice.streams.gate;

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
    LaneRecord withValue(byte[] merged) {
        return new LaneRecord(key, merged, sequence, commitMillis);
    }
}
