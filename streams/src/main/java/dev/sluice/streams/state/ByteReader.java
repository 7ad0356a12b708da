package dev.sluice.streams.state;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Reads what {@link ByteWriter} wrote. */
public final class ByteReader {
    private final byte[] bytes;
    private int at;

    public ByteReader(byte[] bytes, int from) {
        this.bytes = bytes;
        this.at = from;
    }

    /**
     * Reads a value of the state, whose first byte is the version of its layout.
     *
     * @throws SluiceException when another version of Sluice wrote it
     */
    public static ByteReader ofVersion(int version, String what, byte[] value) {
        if (value.length == 0 || value[0] != version) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "the lane's state holds a " + what + " of version " + (value.length == 0 ? "none" : value[0])
                            + ", this Sluice reads version " + version
                            + ": another version of Sluice wrote it; run that one, or `sluice remove` and prepare anew");
        }
        return new ByteReader(value, 1);
    }

    public int u8() {
        return bytes[at++] & 0xff;
    }

    public long i64() {
        long value = ByteBuffer.wrap(bytes, at, Long.BYTES).getLong();
        at += Long.BYTES;
        return value;
    }

    public long varint() {
        long value = 0;
        int shift = 0;
        int b = u8();
        while (b > 0x7f) {
            value |= (long) (b & 0x7f) << shift;
            shift += 7;
            b = u8();
        }
        return value | ((long) b << shift);
    }

    public byte[] raw(int count) {
        byte[] part = Arrays.copyOfRange(bytes, at, at + count);
        at += count;
        return part;
    }

    public byte[] bytes() {
        return raw((int) varint());
    }

    public String text() {
        return new String(bytes(), StandardCharsets.UTF_8);
    }

    public void skip(int count) {
        at += count;
    }

    /** Where the next byte stands. */
    public int at() {
        return at;
    }

    public boolean hasMore() {
        return at < bytes.length;
    }
}
