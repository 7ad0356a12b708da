package dev.sluice.verification;

import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Brings a value of a column's logical type into a form in which {@code equals} means equal:
 *
 * <ul>
 *   <li>floating point by bits, so that 0.0 and -0.0 differ and NaN equals itself;
 *   <li>{@code numeric} by value and scale; by value only where the column's type fixes the scale;
 *   <li>{@code jsonb} as {@link CanonicalJson}; {@code json}, which PostgreSQL keeps as written, by its text;
 *   <li>{@code character(n)} without the blanks that PostgreSQL pads with, {@code character varying(n)} without those that it has no room for;
 *   <li>everything else by value: timestamps in microseconds, bytes, text.
 * </ul>
 */
final class Canonical {
    private static final Pattern FIXED_SCALE = Pattern.compile("numeric\\(\\d+,-?\\d+\\)");

    private static final Pattern VARYING = Pattern.compile("character varying\\((\\d+)\\)");

    private final LogicalType type;
    private final boolean fixedScale;
    private final boolean padded;
    /** Of {@code character varying(n)}; otherwise no limit. */
    private final int length;

    private final boolean asWritten;

    private Canonical(Column column) {
        this.type = column.type();
        this.fixedScale = FIXED_SCALE.matcher(column.nativeType()).matches();
        this.padded = column.nativeType().startsWith("character(");
        Matcher varying = VARYING.matcher(column.nativeType());
        this.length = varying.matches() ? Integer.parseInt(varying.group(1)) : Integer.MAX_VALUE;
        this.asWritten = column.nativeType().equals("json");
    }

    static Canonical to(Column column) {
        return new Canonical(column);
    }

    static @Nullable Object of(Column column, @Nullable Object value) {
        return new Canonical(column).of(value);
    }

    @Nullable
    Object of(@Nullable Object value) {
        if (value == null) {
            return null;
        }
        return switch (type) {
            case BOOLEAN, UUID, NATIVE -> value;
            case INT16, INT32, INT64, DATE, TIME, TIMESTAMP, TIMESTAMPTZ -> ((Number) value).longValue();
            case FLOAT32 -> Float.floatToIntBits((Float) value);
            case FLOAT64 -> Double.doubleToLongBits((Double) value);
            case DECIMAL -> decimal((String) value);
            case TEXT -> text((String) value);
            case BYTES -> ByteBuffer.wrap((byte[]) value);
            case JSON -> asWritten ? value : CanonicalJson.of((String) value);
        };
    }

    /** PostgreSQL pads the one type with blanks, and drops blanks that the other has no room for. */
    private String text(String value) {
        int end = value.length();
        int least = padded ? 0 : length;
        while (end > least && value.charAt(end - 1) == ' ') {
            end--;
        }
        boolean fits = padded || value.codePointCount(0, end) <= length;
        return fits ? value.substring(0, end) : value;
    }

    private Object decimal(String value) {
        if (value.endsWith("NaN") || value.endsWith("Infinity")) {
            return value;
        }
        BigDecimal number = new BigDecimal(value);
        return fixedScale ? number.stripTrailingZeros() : number;
    }
}
