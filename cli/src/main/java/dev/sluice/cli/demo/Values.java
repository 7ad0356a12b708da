package dev.sluice.cli.demo;

import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Values as such an application stores them in SQLite. */
final class Values {
    private static final DateTimeFormatter MICROSECONDS =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSSSS").withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter SECONDS =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter DAY =
            DateTimeFormatter.ofPattern("uuuu-MM-dd").withZone(ZoneOffset.UTC);
    private static final String[] WORDS = {
        "Kutaisi",
        "ბათუმი",
        "Zürich",
        "東京",
        "Ærø",
        "naïve",
        "O'Neil",
        "back\\slash",
        "tab\there",
        "🛰️ uplink",
        "",
        " padded "
    };

    private final RandomGenerator random;
    private final InstantSource clock;

    Values(RandomGenerator random, InstantSource clock) {
        this.random = random;
        this.clock = clock;
    }

    RandomGenerator random() {
        return random;
    }

    /** One of {@code choices}. */
    @SafeVarargs
    final <T> T oneOf(T... choices) {
        return choices[random.nextInt(choices.length)];
    }

    boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    int between(int smallest, int largest) {
        return random.nextInt(smallest, largest + 1);
    }

    /** A random UUID of version 4 as 36 characters. */
    String dashedId() {
        long high = (random.nextLong() & ~0xf000L) | 0x4000L;
        // The variant digit is a or b here: a column declared UUID has numeric affinity, and SQLite would make a number
        // of an id without letters.
        long low = (random.nextLong() >>> 3) | 0xa000_0000_0000_0000L;
        return new UUID(high, low).toString();
    }

    /** A random UUID as 32 hexadecimal digits. */
    String hexId() {
        return dashedId().replace("-", "");
    }

    /** Naive UTC, with microseconds or, as {@code CURRENT_TIMESTAMP} writes it, without. */
    String now() {
        return stamp(clock.instant());
    }

    /** Some time in the last {@code days} days. */
    String past(int days) {
        return stamp(
                clock.instant().minusSeconds(random.nextLong(days * 86_400L)).plusNanos(random.nextLong(999_999_999L)));
    }

    String day() {
        return DAY.format(clock.instant().minusSeconds(random.nextLong(9_000L * 86_400L)));
    }

    String words() {
        return oneOf(WORDS) + ' ' + oneOf(WORDS) + ' ' + random.nextInt(1_000);
    }

    double real() {
        return switch (random.nextInt(5)) {
            case 0 -> random.nextInt(1_000);
            case 1 -> random.nextDouble() * 1e-9;
            case 2 -> -random.nextDouble() * 1e12;
            default -> random.nextDouble() * 250;
        };
    }

    byte @Nullable [] blob(int largest) {
        if (chance(0.3)) {
            return null;
        }
        byte[] bytes = new byte[random.nextInt(largest + 1)];
        random.nextBytes(bytes);
        return bytes;
    }

    @Nullable
    String tags() {
        return chance(0.2) ? null : "[\"" + oneOf("core", "edge", "ATM", "სალარო") + "\", " + random.nextInt(100) + "]";
    }

    @Nullable
    String object() {
        return chance(0.2)
                ? null
                : "{\"theme\": \"" + oneOf("dark", "light", "авто") + "\", \"limit\": " + random.nextInt(500)
                        + ".50, \"nested\": {\"on\": " + random.nextBoolean() + ", \"list\": [1, 2.0, null]}}";
    }

    String ip() {
        return "10." + random.nextInt(256) + "." + random.nextInt(256) + "." + random.nextInt(256);
    }

    private String stamp(Instant instant) {
        return (chance(0.9) ? MICROSECONDS : SECONDS).format(instant);
    }
}
