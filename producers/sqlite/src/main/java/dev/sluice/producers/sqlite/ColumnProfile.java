package dev.sluice.producers.sqlite;

import dev.sluice.producers.sqlite.SqliteSettings.RealTimestamps;
import dev.sluice.schemas.relational.LogicalType;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the values of a column are: which types hold all of them, in the very words of the conversions that will carry them. */
final class ColumnProfile {
    private static final Set<LogicalType> CANDIDATES = EnumSet.of(
            LogicalType.BOOLEAN,
            LogicalType.INT32,
            LogicalType.INT64,
            LogicalType.FLOAT64,
            LogicalType.DECIMAL,
            LogicalType.UUID,
            LogicalType.DATE,
            LogicalType.TIME,
            LogicalType.TIMESTAMPTZ,
            LogicalType.JSON,
            LogicalType.TEXT,
            LogicalType.BYTES);

    /** A type that refuses one value in ten, or fewer, is what the author meant: the others are mistakes. */
    private static final int MISTAKES = 10;

    /** Looking on for more values that a type refuses is useless then. */
    private static final int HOPELESS = 1_000;

    private final Map<LogicalType, Conversion> conversions = new EnumMap<>(LogicalType.class);
    private final Set<LogicalType> possible = EnumSet.copyOf(CANDIDATES);
    private final Map<LogicalType, String> refusals = new EnumMap<>(LogicalType.class);
    private final Map<LogicalType, Long> refused = new EnumMap<>(LogicalType.class);
    private long nulls;
    private long integers;
    private long reals;
    private long texts;
    private long blobs;
    private int maxLength;
    private int maxScale;
    private int maxIntegerDigits;

    ColumnProfile(RealTimestamps realTimestamps) {
        CANDIDATES.forEach(type -> conversions.put(type, Conversion.to(type, true, realTimestamps)));
    }

    void add(@Nullable Object value) {
        if (value == null) {
            nulls++;
            return;
        }
        if (value instanceof LargeRows.LeftOut) {
            return;
        }
        count(value);
        for (LogicalType type : CANDIDATES) {
            Conversion conversion = conversions.get(type);
            if (refused(type) < HOPELESS && conversion != null) {
                attempt(type, conversion, value);
            }
        }
    }

    private void attempt(LogicalType type, Conversion conversion, Object value) {
        try {
            Object converted = conversion.convert(value);
            if (type == LogicalType.DECIMAL) {
                measure((String) converted);
            } else if (type == LogicalType.TEXT) {
                String text = (String) converted;
                maxLength = Math.max(maxLength, text.codePointCount(0, text.length()));
            }
        } catch (Refusal refusal) {
            refusals.putIfAbsent(type, refusal.text());
            refused.merge(type, 1L, Long::sum);
            // A number among uuids was one: SQLite made it of its digits, and no other type brings it back.
            if (type != LogicalType.UUID || !(value instanceof Number)) {
                possible.remove(type);
            }
        }
    }

    private void count(Object value) {
        if (value instanceof Long) {
            integers++;
        } else if (value instanceof Double) {
            reals++;
        } else if (value instanceof byte[]) {
            blobs++;
        } else {
            texts++;
        }
    }

    private void measure(String decimal) {
        int point = decimal.indexOf('.');
        int sign = decimal.startsWith("-") ? 1 : 0;
        maxScale = Math.max(maxScale, point < 0 ? 0 : decimal.length() - point - 1);
        maxIntegerDigits = Math.max(maxIntegerDigits, (point < 0 ? decimal.length() : point) - sign);
    }

    /** What both columns hold together. */
    void merge(ColumnProfile other) {
        possible.retainAll(other.possible);
        other.refusals.forEach(refusals::putIfAbsent);
        other.refused.forEach((type, count) -> refused.merge(type, count, Long::sum));
        nulls += other.nulls;
        integers += other.integers;
        reals += other.reals;
        texts += other.texts;
        blobs += other.blobs;
        maxLength = Math.max(maxLength, other.maxLength);
        maxScale = Math.max(maxScale, other.maxScale);
        maxIntegerDigits = Math.max(maxIntegerDigits, other.maxIntegerDigits);
    }

    boolean fits(LogicalType type) {
        return possible.contains(type) && (type != LogicalType.UUID || isEmpty() || texts + blobs > 0);
    }

    /** Whether a type holds all values, or all but a few. */
    boolean mostlyFits(LogicalType type) {
        return fits(type) || (refused(type) > 0 && refused(type) < HOPELESS && refused(type) * MISTAKES <= values());
    }

    /** How many of the values a type does not hold, counted up to some hundreds. */
    long refused(LogicalType type) {
        return refused.getOrDefault(type, 0L);
    }

    /** Values but for NULL. */
    long values() {
        return integers + reals + texts + blobs;
    }

    /** Why a type does not hold all values, also where it fits but for numbers among uuids; empty when it does. */
    String refusal(LogicalType type) {
        return refusals.getOrDefault(type, "");
    }

    boolean isEmpty() {
        return values() == 0;
    }

    boolean hasNulls() {
        return nulls > 0;
    }

    boolean hasText() {
        return texts > 0;
    }

    boolean hasBlobs() {
        return blobs > 0;
    }

    boolean hasIntegers() {
        return integers > 0;
    }

    boolean hasOnlyNumbers() {
        return texts + blobs == 0;
    }

    boolean hasOnlyBlobs() {
        return integers + reals + texts == 0;
    }

    /** In Unicode characters, as PostgreSQL counts. */
    int maxLength() {
        return maxLength;
    }

    boolean fitsDecimal(int precision, int scale) {
        return maxScale <= scale && maxIntegerDigits <= precision - scale;
    }
}
