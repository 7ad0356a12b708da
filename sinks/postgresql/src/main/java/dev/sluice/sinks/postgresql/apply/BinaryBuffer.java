package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.relational.LogicalType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Values in PostgreSQL's binary format, each behind its length; NULL is the length -1. Sixteen bits travel in thirty-two, and what PostgreSQL only reads as text travels as
 * text. It grows as needed. Not thread-safe.
 */
final class BinaryBuffer {
    private static final long EPOCH_DAYS = 10_957;
    private static final long EPOCH_MICROS = 946_684_800_000_000L;
    private static final int SMALL = 1 << 16;
    private static final int LARGE = 1 << 22;

    private ByteBuffer out = ByteBuffer.allocate(SMALL);

    /** Empties it. One batch of large values must not pin memory for ever. */
    void clear() {
        if (out.capacity() > LARGE) {
            out = ByteBuffer.allocate(SMALL);
        }
        out.clear();
    }

    int size() {
        return out.position();
    }

    /** Valid until the next call of any other method. */
    byte[] array() {
        return out.array();
    }

    byte[] copy() {
        byte[] bytes = new byte[out.position()];
        out.duplicate().flip().get(bytes);
        return bytes;
    }

    /** To be written to at once. */
    ByteBuffer room(int bytes) {
        if (out.remaining() < bytes) {
            int needed = Math.addExact(out.position(), bytes);
            ByteBuffer larger = ByteBuffer.allocate(Math.max(needed, out.capacity() * 2));
            larger.put(out.flip());
            out = larger;
        }
        return out;
    }

    void putNull() {
        room(4).putInt(-1);
    }

    void put(LogicalType type, @Nullable Object value) {
        if (value == null) {
            putNull();
            return;
        }
        switch (type) {
            case BOOLEAN -> room(5).putInt(1).put((byte) ((Boolean) value ? 1 : 0));
            case INT16, INT32 -> room(8).putInt(4).putInt((Integer) value);
            case FLOAT32 -> room(8).putInt(4).putFloat((Float) value);
            case FLOAT64 -> room(12).putInt(8).putDouble((Double) value);
            case INT64, TIME -> room(12).putInt(8).putLong((Long) value);
            case DECIMAL, TEXT, JSON, NATIVE -> putBytes(((String) value).getBytes(StandardCharsets.UTF_8));
            case BYTES -> putBytes((byte[]) value);
            case UUID -> {
                UUID uuid = (UUID) value;
                room(20).putInt(16).putLong(uuid.getMostSignificantBits()).putLong(uuid.getLeastSignificantBits());
            }
            case DATE -> room(8).putInt(4).putInt(date((Integer) value));
            case TIMESTAMP, TIMESTAMPTZ -> room(12).putInt(8).putLong(timestamp((Long) value));
        }
    }

    /** PostgreSQL counts from 2000-01-01 and keeps the extremes for the infinities. */
    private static int date(int days) {
        if (days == Integer.MAX_VALUE || days == Integer.MIN_VALUE) {
            return days;
        }
        return (int) Math.max(Integer.MIN_VALUE + 1L, days - EPOCH_DAYS);
    }

    private static long timestamp(long micros) {
        if (micros == Long.MAX_VALUE || micros == Long.MIN_VALUE) {
            return micros;
        }
        return micros < Long.MIN_VALUE + EPOCH_MICROS ? Long.MIN_VALUE + 1 : micros - EPOCH_MICROS;
    }

    void putBytes(byte[] bytes) {
        room(4 + bytes.length).putInt(bytes.length).put(bytes);
    }
}
