package dev.sluice.producers.sqlite;

import dev.sluice.producers.sqlite.StoredValue.RawText;
import dev.sluice.schemas.relational.LogicalType;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The stored values that {@link Conversion} may have made a target's value of: what an index can be asked for.
 *
 * @param values never empty
 * @param complete whether there are no others; where not, a row may stand under a spelling that is not among them ({@code 007}, a timestamp with an offset)
 */
record Spellings(List<Object> values, boolean complete) {
    private static final int UUID_BYTES = 16;
    private static final int MAX_LETTERS = 6;
    private static final int PREFIX_DIGITS = 8;
    /** Fewer, because this notation is rare. */
    private static final int URN_PREFIX_DIGITS = 3;

    Spellings {
        values = List.copyOf(values);
    }

    /** @param zone of local times; null for UTC */
    static Spellings of(LogicalType type, Affinity affinity, @Nullable LocalTimes zone, Object value) {
        boolean numeric = affinity == Affinity.NUMERIC;
        return switch (type) {
            case BOOLEAN -> new Spellings(booleans((Boolean) value), true);
            case INT16, INT32, INT64 -> new Spellings(integers(((Number) value).longValue()), numeric);
            case FLOAT32 -> new Spellings(reals((Float) value), numeric);
            case FLOAT64 -> new Spellings(List.of(value, value.toString()), numeric);
            case DECIMAL -> new Spellings(decimals((String) value), numeric);
            case TEXT, NATIVE -> new Spellings(texts((String) value), true);
            case BYTES -> new Spellings(List.of(value, text((byte[]) value)), true);
            case UUID -> new Spellings(uuids((UUID) value), false);
            case DATE, TIME, TIMESTAMP, TIMESTAMPTZ ->
                new Spellings(Moments.spellings(type, zone, (Number) value), false);
            case JSON -> new Spellings(List.of(value), false);
        };
    }

    private static List<Object> booleans(boolean value) {
        List<Object> spellings = new ArrayList<>(List.of(value ? 1L : 0L, value ? "1" : "0"));
        for (String word : value ? List.of("t", "true") : List.of("f", "false")) {
            spellings.addAll(inEveryCase(word, word.length()));
        }
        return spellings;
    }

    /** SQLite compares an INTEGER with a REAL by value. */
    private static List<Object> integers(long value) {
        return List.of(value, Long.toString(value), "+" + value);
    }

    private static List<Object> reals(float value) {
        String shortest = Float.toString(value);
        return List.of((double) value, Double.parseDouble(shortest), shortest);
    }

    private static List<Object> decimals(String value) {
        Set<Object> spellings = new LinkedHashSet<>(List.of(value));
        switch (value) {
            case "NaN" -> spellings.add("nan");
            case "Infinity" -> spellings.add(Double.POSITIVE_INFINITY);
            case "-Infinity" -> spellings.add(Double.NEGATIVE_INFINITY);
            default -> {
                BigDecimal number = new BigDecimal(value);
                BigDecimal stripped = number.stripTrailingZeros();
                spellings.add(stripped.toPlainString());
                spellings.add(number.doubleValue());
                if (stripped.scale() <= 0 && stripped.precision() - stripped.scale() < 19) {
                    spellings.add(stripped.longValueExact());
                }
            }
        }
        return new ArrayList<>(spellings);
    }

    /** Numbers become text in the notation of SQLite's CAST. */
    private static List<Object> texts(String value) {
        List<Object> spellings = new ArrayList<>(List.of(value));
        try {
            if (Long.toString(Long.parseLong(value)).equals(value)) {
                spellings.add(Long.valueOf(value));
            }
        } catch (NumberFormatException e) {
            addReal(value, spellings);
        }
        return spellings;
    }

    private static void addReal(String value, List<Object> spellings) {
        double real = value.equals("Inf")
                ? Double.POSITIVE_INFINITY
                : value.equals("-Inf") ? Double.NEGATIVE_INFINITY : real(value);
        if (!Double.isNaN(real) && Numbers.sqliteText(real).equals(value)) {
            spellings.add(real);
        }
    }

    private static double real(String value) {
        try {
            return Double.parseDouble(value);
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    private static Object text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return new RawText(bytes);
        }
    }

    private static List<Object> uuids(UUID value) {
        String dashed = value.toString();
        List<Object> spellings = new ArrayList<>();
        spellings.add(ByteBuffer.allocate(UUID_BYTES)
                .putLong(value.getMostSignificantBits())
                .putLong(value.getLeastSignificantBits())
                .array());
        for (String lower : List.of(dashed, dashed.replace("-", ""))) {
            for (String text : new LinkedHashSet<>(List.of(lower, lower.toUpperCase(Locale.ROOT)))) {
                spellings.add(text);
                spellings.add("{" + text + "}");
            }
        }
        spellings.add(Uuids.URN + dashed);
        spellings.add((Uuids.URN + dashed).toUpperCase(Locale.ROOT));
        return spellings;
    }

    /** Beginnings, one of which every text that spells the uuid has, in whatever mixture of cases: few enough to ask an index for each, and long enough to find few rows. */
    static List<String> beginnings(UUID value) {
        String text = value.toString();
        int letters = 0;
        int length = 0;
        while (length < PREFIX_DIGITS && letters < MAX_LETTERS) {
            letters += Character.isLetter(text.charAt(length)) ? 1 : 0;
            length++;
        }
        List<String> beginnings = new ArrayList<>();
        for (String beginning : inEveryCase(text, length)) {
            beginnings.add(beginning);
            beginnings.add("{" + beginning);
        }
        for (String beginning : inEveryCase(text, URN_PREFIX_DIGITS)) {
            beginnings.add(Uuids.URN + beginning);
            beginnings.add(Uuids.CAPITAL_URN + beginning);
        }
        return beginnings;
    }

    private static List<String> inEveryCase(String lower, int length) {
        List<String> words = List.of("");
        for (int i = 0; i < length; i++) {
            List<String> longer = new ArrayList<>();
            char small = lower.charAt(i);
            for (String word : words) {
                longer.add(word + small);
                if (Character.isLetter(small)) {
                    longer.add(word + Character.toUpperCase(small));
                }
            }
            words = longer;
        }
        return words;
    }
}
