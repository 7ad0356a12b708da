package dev.sluice.cli.config;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A number of bytes, written {@code 512B}, {@code 64KiB}, {@code 16MiB}, {@code 1GiB}. */
public record DataSize(long bytes) {
    private static final Pattern TEXT = Pattern.compile("(\\d{1,12})\\s*(B|KiB|MiB|GiB)");
    private static final Map<String, Integer> SHIFT = Map.of("B", 0, "KiB", 10, "MiB", 20, "GiB", 30);

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
            return new DataSize(Math.multiplyExact(number, 1L << SHIFT.get(matcher.group(2))));
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("expected a size that fits into 64 bits", e);
        }
    }

    /** In the largest unit that divides it, as {@link #parse} reads it. */
    @Override
    public String toString() {
        for (String unit : new String[] {"GiB", "MiB", "KiB"}) {
            long size = 1L << SHIFT.get(unit);
            if (bytes >= size && bytes % size == 0) {
                return bytes / size + unit;
            }
        }
        return bytes + "B";
    }
}
