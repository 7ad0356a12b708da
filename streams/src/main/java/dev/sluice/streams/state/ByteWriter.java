package dev.sluice.streams.state;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Builds keys and values of a lane's state. Big-endian; counts and lengths are varints. Not thread-safe; {@link #reset} lets it be used again. */
public final class ByteWriter {
    private byte[] buffer = new byte[64];
    private int length;

    public ByteWriter reset() {
        length = 0;
        return this;
    }

    public ByteWriter u8(int value) {
        room(1);
        buffer[length++] = (byte) value;
        return this;
    }

    public ByteWriter i16(int value) {
        return u8(value >>> 8).u8(value);
    }

    public ByteWriter i64(long value) {
        room(Long.BYTES);
        ByteBuffer.wrap(buffer, length, Long.BYTES).putLong(value);
        length += Long.BYTES;
        return this;
    }

    /** A number that is not negative, seven bits a byte, lowest first. */
    public ByteWriter varint(long value) {
        if (value < 0) {
            throw new IllegalArgumentException("a count cannot be " + value);
        }
        long rest = value;
        while (rest > 0x7f) {
            u8((int) (rest & 0x7f) | 0x80);
            rest >>>= 7;
        }
        return u8((int) rest);
    }

    /** The bytes alone. */
    public ByteWriter raw(byte[] bytes) {
        return raw(bytes, 0, bytes.length);
    }

    public ByteWriter raw(byte[] bytes, int from, int count) {
        room(count);
        System.arraycopy(bytes, from, buffer, length, count);
        length += count;
        return this;
    }

    /** The bytes behind their number. */
    public ByteWriter bytes(byte[] bytes) {
        return varint(bytes.length).raw(bytes);
    }

    public ByteWriter text(String text) {
        return bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    public byte[] toBytes() {
        return Arrays.copyOf(buffer, length);
    }

    private void room(int count) {
        if (buffer.length - length < count) {
            buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, length + count));
        }
    }
}
