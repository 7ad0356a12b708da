package dev.sluice.verification;

import dev.sluice.schemas.relational.Column;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Brings a value of a column's logical type into a form in which {@code equals} means equal:
 *
 * <ul>
 *   <li>floating point by bits, so that 0.0 and -0.0 differ and NaN equals itself;
 *   <li>{@code numeric} by value and scale; by value only where the column's type fixes the scale;
 *   <li>{@code jsonb} as {@link CanonicalJson}; {@code json}, which PostgreSQL keeps as written, by its text;
 *   <li>{@code character(n)} without the blanks that PostgreSQL pads with;
 *   <li>everything else by value: timestamps in microseconds, bytes, text.
 * </ul>
 */
final class Canonical {
    private static final Pattern FIXED_SCALE = Pattern.compile("numeric\\(\\d+,-?\\d+\\)");

    private static final Pattern PADDING = Pattern.compile(" +$");

    private Canonical() {}

    static @Nullable Object of(Column column, @Nullable Object value) {
        if (value == null) {
            return null;
        }
        return switch (column.type()) {
            case BOOLEAN, UUID, NATIVE -> value;
            case INT16, INT32, INT64, DATE, TIME, TIMESTAMP, TIMESTAMPTZ -> ((Number) value).longValue();
            case FLOAT32 -> Float.floatToIntBits((Float) value);
            case FLOAT64 -> Double.doubleToLongBits((Double) value);
            case DECIMAL ->
                decimal((String) value, FIXED_SCALE.matcher(column.nativeType()).matches());
            case TEXT ->
                column.nativeType().startsWith("character(")
                        ? PADDING.matcher((String) value).replaceFirst("")
                        : value;
            case BYTES -> ByteBuffer.wrap((byte[]) value);
            case JSON -> column.nativeType().equals("json") ? value : CanonicalJson.of((String) value);
        };
    }

    private static Object decimal(String value, boolean fixedScale) {
        if (value.endsWith("NaN") || value.endsWith("Infinity")) {
            return value;
        }
        BigDecimal number = new BigDecimal(value);
        return fixedScale ? number.stripTrailingZeros() : number;
    }
}
