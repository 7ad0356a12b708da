package dev.sluice.producers.api;

import dev.sluice.producers.api.ValueRules.OnNul;
import dev.sluice.producers.api.ValueRules.OnOutOfRange;
import dev.sluice.producers.api.ValueRules.OnTooLong;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * {@link ValueRules} of one column, for a source's conversion to ask: first {@link #withoutNul}, then convert, then {@link #within}; where the conversion finds a number out of range,
 * {@link #replacesOutOfRange} and {@link #outOfRange}. What comes back changed is to be marked with the rule's name. Pure; knows no source.
 */
public final class ColumnRules {
    /** Names of the rules that change values, as they are counted. */
    public static final String TRUNCATE = "truncate";

    public static final String REMOVE = "remove";
    public static final String CLAMP = "clamp";
    public static final String NULL = "null";

    private static final Pattern LENGTH = Pattern.compile("(?:character varying|character)\\((\\d+)\\)");
    private static final Pattern NUMERIC = Pattern.compile("numeric\\((\\d+)(?:,(-?\\d+))?\\)");
    private static final String ESCAPED_NUL = "u0000";

    private final Column column;
    private final ValueRules rules;
    private final int length;

    private ColumnRules(Column column, ValueRules rules) {
        this.column = column;
        this.rules = rules;
        this.length = rules.onTooLong() == OnTooLong.TRUNCATE ? length(column).orElse(-1) : -1;
    }

    /** Null where nothing is changed before the sink. */
    public static @Nullable ColumnRules of(Column column, ValueRules rules) {
        return rules.convert() ? new ColumnRules(column, rules) : null;
    }

    /** Most characters of a column; empty where its type sets no such limit. */
    public static OptionalInt length(Column column) {
        Matcher matcher = LENGTH.matcher(column.nativeType());
        return column.type() == LogicalType.TEXT && matcher.matches()
                ? OptionalInt.of(Integer.parseInt(matcher.group(1)))
                : OptionalInt.empty();
    }

    /** Whether NUL can stand in the source's text for a column but not in the target's. */
    public static boolean holdsText(Column column) {
        return column.type() == LogicalType.TEXT || column.type() == LogicalType.JSON;
    }

    /** Whether a column's type has a smallest and a largest number. */
    public static boolean isBounded(Column column) {
        return switch (column.type()) {
            case INT16, INT32, INT64, FLOAT32 -> true;
            case DECIMAL -> NUMERIC.matcher(column.nativeType()).matches();
            default -> false;
        };
    }

    /** The text without NUL, and of {@code jsonb} without its escape; the same object where nothing is to be done. */
    public String withoutNul(String text) {
        if (rules.onNul() != OnNul.REMOVE || !holdsText(column)) {
            return text;
        }
        String plain = text.indexOf('\0') < 0 ? text : text.replace("\0", "");
        return column.nativeType().equals("jsonb") && plain.contains('\\' + ESCAPED_NUL) ? unescaped(plain) : plain;
    }

    /** In a document backslashes come in pairs, or before what they escape. */
    private static String unescaped(String json) {
        StringBuilder kept = new StringBuilder(json.length());
        int at = 0;
        while (at < json.length()) {
            if (json.charAt(at) != '\\') {
                kept.append(json.charAt(at++));
            } else if (json.startsWith(ESCAPED_NUL, at + 1)) {
                at += 1 + ESCAPED_NUL.length();
            } else {
                int end = Math.min(json.length(), at + 2);
                kept.append(json, at, end);
                at = end;
            }
        }
        return kept.length() == json.length() ? json : kept.toString();
    }

    /** As many characters as the column holds; the same object where nothing is to be done. A character outside the basic plane counts once, and is never halved. */
    public String within(String text) {
        if (length < 0 || text.length() <= length || text.codePointCount(0, text.length()) <= length) {
            return text;
        }
        return text.substring(0, text.offsetByCodePoints(0, length));
    }

    /** Whether {@link #outOfRange} says what to take instead. */
    public boolean replacesOutOfRange() {
        return rules.onOutOfRange() != OnOutOfRange.REJECT && isBounded(column);
    }

    /** Name of the rule for a number out of range. */
    public String outOfRangeRule() {
        return rules.onOutOfRange() == OnOutOfRange.CLAMP ? CLAMP : NULL;
    }

    /** What stands for a number below, or above, everything that the column holds: its least or greatest value, or NULL. */
    public @Nullable Object outOfRange(boolean below) {
        if (rules.onOutOfRange() == OnOutOfRange.NULL) {
            return null;
        }
        return switch (column.type()) {
            case INT16 -> below ? (int) Short.MIN_VALUE : (int) Short.MAX_VALUE;
            case INT32 -> below ? Integer.MIN_VALUE : Integer.MAX_VALUE;
            case INT64 -> below ? Long.MIN_VALUE : Long.MAX_VALUE;
            case FLOAT32 -> below ? -Float.MAX_VALUE : Float.MAX_VALUE;
            case DECIMAL -> decimal(below);
            default -> throw new IllegalStateException("column " + column.name() + " has no bounds");
        };
    }

    private String decimal(boolean below) {
        Matcher matcher = NUMERIC.matcher(column.nativeType());
        if (!matcher.matches()) {
            throw new IllegalStateException("column " + column.name() + " has no bounds");
        }
        int precision = Integer.parseInt(matcher.group(1));
        int scale = matcher.group(2) == null ? 0 : Integer.parseInt(matcher.group(2));
        BigDecimal largest = new BigDecimal(BigInteger.TEN.pow(precision).subtract(BigInteger.ONE), scale);
        return (below ? largest.negate() : largest).toPlainString();
    }
}
