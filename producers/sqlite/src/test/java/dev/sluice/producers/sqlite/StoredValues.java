package dev.sluice.producers.sqlite;

import dev.sluice.producers.sqlite.StoredValue.RawText;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.UUID;

/** Values of all storage classes in the notations that applications write, and in some that they should not. */
final class StoredValues {
    private static final String[] OFFSETS = {
        "", "", "Z", "z", " Z", "+00", "+00:00", "-00:00", "+0000", "+04:00", "-0430", " +02", "+14:00", "-12:00",
        "+05:45"
    };
    private static final String[] SEPARATORS = {" ", "T", "t"};
    /** Around changes of the clocks in Berlin, New York and Lord Howe, where half an hour is changed. */
    private static final long[] EDGES = {
        1_743_296_400L,
        1_761_440_400L,
        1_762_063_200L,
        1_741_503_600L,
        1_743_865_200L,
        1_759_588_200L,
        0,
        -1,
        -2_208_988_800L
    };

    private final Random random;

    StoredValues(Random random) {
        this.random = random;
    }

    List<Object> next() {
        List<Object> values = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            values.add(integer());
            values.add(real());
            values.add(number());
            values.add(time());
            values.add(time());
            values.add(uuid());
            values.add(json(3));
            values.add(text());
        }
        values.add(blob());
        values.add(word());
        values.add(word());
        values.add(new RawText(new byte[] {'a', (byte) 0xff}));
        return values;
    }

    private <T> T any(List<T> values) {
        return values.get(random.nextInt(values.size()));
    }

    private Object integer() {
        return switch (random.nextInt(6)) {
            case 0 -> (long) random.nextInt(3);
            case 1 -> random.nextLong();
            case 2 -> (long) random.nextInt();
            case 3 -> (long) random.nextInt(1_000) - 500;
            case 4 ->
                any(List.of(
                        1L << 53,
                        (1L << 53) + 1,
                        Long.MAX_VALUE,
                        Long.MIN_VALUE,
                        16_777_217L,
                        9_223_372_000_000_000_000L,
                        1_234_567_890_123_456_800L));
            default -> moment() / any(List.of(1L, 1_000L, 1_000_000L));
        };
    }

    private Object real() {
        return switch (random.nextInt(7)) {
            case 0 -> Double.longBitsToDouble(random.nextLong() & ~(1L << 62));
            case 1 -> (double) random.nextInt(2_000) - 1_000;
            case 2 -> Math.round(random.nextGaussian() * 1e6) / 1e3;
            case 3 ->
                any(List.of(
                        0.0,
                        -0.0,
                        1.0,
                        0.1,
                        1e15,
                        1e21,
                        1.5e-7,
                        0x1p62,
                        -0x1p63,
                        0x1p63,
                        Double.MIN_VALUE,
                        2e-3,
                        Double.MAX_VALUE,
                        Double.POSITIVE_INFINITY,
                        Double.NEGATIVE_INFINITY));
            case 4 -> (double) (float) random.nextGaussian();
            case 5 -> moment() / 1e6;
            default -> 2_440_587.5 + moment() / 86_400e6;
        };
    }

    /** Text of a number. */
    private String number() {
        String plain = any(List.of("", "+", "-", "0", "00")) + random.nextInt(100_000);
        return switch (random.nextInt(7)) {
            case 0 -> plain;
            case 1 -> plain + "." + random.nextInt(1_000);
            case 2 -> plain + "." + "0".repeat(random.nextInt(4));
            case 3 -> plain + "e" + (random.nextInt(12) - 6);
            case 4 -> "." + random.nextInt(100);
            case 5 ->
                any(List.of(
                        "007",
                        "12.0",
                        "1e3",
                        "-0",
                        "0.0",
                        "1.50",
                        "00000000000000000000005",
                        "0.1",
                        "0.10000000149011612",
                        "0.1000000000000000000001",
                        "9223372036854775807",
                        "-9223372036854775808",
                        "12345678901234567890.123",
                        "1E+2",
                        "5."));
            default -> any(List.of("NaN", "nan", "inf", "-Infinity", "+INF", "Infinity", "-inf"));
        };
    }

    private long moment() {
        long seconds = random.nextBoolean()
                ? EDGES[random.nextInt(EDGES.length)] + random.nextInt(14_400) - 7_200
                : (long) (random.nextDouble() * 4e9) - 1_000_000_000L;
        return seconds * 1_000_000 + any(List.of(0L, 0L, 500_000L, 123_000L, (long) random.nextInt(1_000_000)));
    }

    private String time() {
        long micros = moment();
        LocalDateTime time = LocalDateTime.ofInstant(
                Instant.ofEpochSecond(Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1_000L),
                ZoneOffset.UTC);
        String date = DateTimeFormatter.ofPattern("uuuu-MM-dd").format(time);
        String clock = clock(time);
        return switch (random.nextInt(8)) {
            case 0 -> date;
            case 1 -> clock;
            case 2 ->
                date
                        + any(List.of(SEPARATORS))
                        + any(List.of("00:00", "00:00:00", "00:00:00.000", "04:00:00+04:00", "00:00Z"));
            case 3 ->
                any(List.of("0001-01-01", "9999-12-31", "0000-03-01", "2024-02-29", "1582-10-10"))
                        + any(List.of(SEPARATORS))
                        + clock
                        + any(List.of(OFFSETS));
            default -> date + any(List.of(SEPARATORS)) + clock + any(List.of(OFFSETS));
        };
    }

    private String clock(LocalDateTime time) {
        String pattern = any(
                List.of("HH:mm", "HH:mm:ss", "HH:mm:ss.S", "HH:mm:ss.SSS", "HH:mm:ss.SSSSSS", "HH:mm:ss.SSSSSSSSS"));
        String clock = DateTimeFormatter.ofPattern(pattern).format(time);
        return clock.length() > 15 && random.nextInt(4) == 0 ? clock.substring(0, 17) + random.nextInt(10) : clock;
    }

    private Object uuid() {
        UUID uuid = new UUID(random.nextLong(), random.nextLong());
        String dashed = uuid.toString();
        String text = random.nextBoolean() ? dashed : dashed.replace("-", "");
        return switch (random.nextInt(7)) {
            case 0 ->
                ByteBuffer.allocate(16)
                        .putLong(uuid.getMostSignificantBits())
                        .putLong(uuid.getLeastSignificantBits())
                        .array();
            case 1 -> text.toUpperCase(Locale.ROOT);
            case 2 -> "{" + text + "}";
            case 3 -> "urn:uuid:" + text;
            case 4 -> "URN:UUID:" + text.toUpperCase(Locale.ROOT);
            case 5 -> text.substring(0, 9) + text.substring(9).toUpperCase(Locale.ROOT);
            default -> text;
        };
    }

    private String json(int depth) {
        String blank = any(List.of("", "", " ", "\n\t"));
        return blank
                + switch (random.nextInt(depth > 0 ? 9 : 6)) {
                    case 0 -> any(List.of("null", "true", "false"));
                    case 1 ->
                        any(List.of(
                                "0", "-0", "1.50", "1e3", "-1.5E-7", "100000000000000000000", "0.10", "1e2", "3.0"));
                    case 2 -> Integer.toString(random.nextInt());
                    case 3, 4, 5 -> string();
                    case 6 -> "[" + json(depth - 1) + "," + json(depth - 1) + blank + "]";
                    case 7 ->
                        "{" + string() + blank + ":" + json(depth - 1) + ",\"a\":1," + string() + ": " + json(depth - 1)
                                + "}";
                    default ->
                        "{\"b\":" + json(depth - 1) + ",\"aa\":" + json(depth - 1) + ",\"b\":" + json(depth - 1) + "}";
                }
                + blank;
    }

    private String string() {
        return any(List.of(
                "\"\"",
                "\"x\"",
                "\"\\u00e9\"",
                "\"é😀\"",
                "\"\\ud83d\\ude00\"",
                "\"a\\\"b\\n\\/\"",
                "\"long key\"",
                "\"1\""));
    }

    private String text() {
        return any(List.of(
                "",
                " ",
                "a",
                "ab  ",
                "abc",
                "abcde     ",
                " abc",
                "É",
                "é€😀",
                "😀😀😀",
                "x".repeat(300),
                "a\0b",
                "on",
                "ok",
                "{1,2}",
                "10.0.0.1",
                "1.0",
                "1.5 ",
                "Inf",
                "1e+20",
                "a\tb\n"));
    }

    private Object blob() {
        byte[] bytes = new byte[random.nextInt(20)];
        random.nextBytes(bytes);
        return random.nextBoolean() ? bytes : "é\uFFFD\0".getBytes(StandardCharsets.UTF_8);
    }

    private String word() {
        return any(List.of("true", "T", "F", "false", "FALSE", "0", "1", "yes", "t"));
    }
}
