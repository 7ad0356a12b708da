package dev.sluice.schemas;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * A place in a source's commit order: bytes that compare unsigned and lexicographically in that order. The first byte is the version of the
 * layout, which belongs to the source; positions of different layouts do not compare.
 */
public final class Position implements Comparable<Position> {
    private final byte[] bytes;

    private Position(byte[] bytes) {
        this.bytes = bytes;
    }

    public static Position of(byte[] bytes) {
        if (bytes.length == 0) {
            throw new IllegalArgumentException("a position needs at least its layout's version");
        }
        return new Position(bytes.clone());
    }

    public static Position of(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return of(bytes);
    }

    public byte version() {
        return bytes[0];
    }

    public byte[] bytes() {
        return bytes.clone();
    }

    @Override
    public int compareTo(Position other) {
        if (version() != other.version()) {
            throw new IllegalArgumentException(
                    "positions of layouts " + version() + " and " + other.version() + " do not compare");
        }
        return Arrays.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Position that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** Hexadecimal. */
    @Override
    public String toString() {
        return HexFormat.of().formatHex(bytes);
    }
}
