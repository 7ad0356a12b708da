package dev.sluice.verification;

/**
 * Sum of the rows' 128-bit hashes, modulo 2^64 in each half: equal for equal sets of rows in whatever order they are read, and different, up to
 * chance, for different ones. A sum, unlike XOR, also sees a row that stands twice.
 */
public record Checksum(long high, long low) {
    static final Checksum ZERO = new Checksum(0, 0);

    Checksum plus(Checksum other) {
        return new Checksum(high + other.high, low + other.low);
    }

    /** What {@link #toString} gives; nothing is zero. */
    static Checksum parse(String hex) {
        return hex.isEmpty()
                ? ZERO
                : new Checksum(Long.parseUnsignedLong(hex, 0, 16, 16), Long.parseUnsignedLong(hex, 16, 32, 16));
    }

    /** Hexadecimal, 32 digits. */
    @Override
    public String toString() {
        return String.format("%016x%016x", high, low);
    }
}
