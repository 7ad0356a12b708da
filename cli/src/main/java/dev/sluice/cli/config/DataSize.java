package dev.sluice.cli.config;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A number of bytes, written {@code 512B}, {@code 64KiB}, {@code 16MiB}, {@code 1GiB}. */
public record DataSize(long bytes) {
    private static final Pattern TEXT = Pattern.compile("(\\d{1,12})\\s*(B|KiB|MiB|GiB)");
    private static final List<String> UNITS = List.of("B", "KiB", "MiB", "GiB");

    public DataSize {
        if (bytes < 0) {
            throw new IllegalArgumentException("a size is not negative: " + bytes);
        }
    }

    public static DataSize mebibytes(long count) {
        return new DataSize(Math.multiplyExact(count, 1L << 20));
    }

    /** @throws IllegalArgumentException when the text is no size; the message says what one looks like */
    public static DataSize parse(String text) {
        Matcher matcher = TEXT.matcher(text.trim());
        if (!matcher.matches()) {
            throw new IllegalArgumentException("expected a size such as 64KiB or 16MiB");
        }
        long number = Long.parseLong(matcher.group(1));
        try {
            return new DataSize(Math.multiplyExact(number, 1L << (10 * UNITS.indexOf(matcher.group(2)))));
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("expected a size that fits into 64 bits", e);
        }
    }

    /** In the largest unit that divides it, as {@link #parse} reads it. */
    @Override
    public String toString() {
        for (int i = UNITS.size() - 1; i > 0; i--) {
            long size = 1L << (10 * i);
            if (bytes >= size && bytes % size == 0) {
                return bytes / size + UNITS.get(i);
            }
        }
        return bytes + "B";
    }
}
