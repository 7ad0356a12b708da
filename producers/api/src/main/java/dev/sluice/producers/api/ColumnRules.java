package dev.sluice.producers.api;

import dev.sluice.producers.api.ValueRules.Case;
import dev.sluice.producers.api.ValueRules.Choice;
import dev.sluice.producers.api.ValueRules.OnEmpty;
import dev.sluice.producers.api.ValueRules.OnFraction;
import dev.sluice.producers.api.ValueRules.OnInvalid;
import dev.sluice.producers.api.ValueRules.OnJsonNull;
import dev.sluice.producers.api.ValueRules.OnNul;
import dev.sluice.producers.api.ValueRules.OnNull;
import dev.sluice.producers.api.ValueRules.OnOutOfRange;
import dev.sluice.producers.api.ValueRules.OnTooLong;
import dev.sluice.producers.api.ValueRules.OnTooPrecise;
import dev.sluice.producers.api.ValueRules.OnUnmapped;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * {@link ValueRules} of one column, for a source's conversion to ask: of text {@link #withoutNul}, {@link #recased}, {@link #isMapped}, {@link #isNull}; then convert, then {@link #within}; where
 * the conversion finds a number out of range, {@link #replacesOutOfRange} and {@link #outOfRange}. What comes back changed is to be marked with the rule's name. Pure; knows no source.
 */
public final class ColumnRules {
    /** Names of the rules that change values, as they are counted. */
    public static final String TRUNCATE = "truncate";

    public static final String REMOVE = "remove";
    public static final String CLAMP = "clamp";
    public static final String NULL = "null";
    public static final String INVALID = "invalid";
    public static final String EMPTY = "empty";
    public static final String JSON_NULL = "json-null";
    public static final String ROUND = "round";
    public static final String FRACTION = "fraction";
    public static final String CASE = "case";
    public static final String MAP = "map";
    public static final String UNMAPPED = "unmapped";

    /** Names of unusual notations; the value is the source's own. */
    public static final String BOOLEAN_TEXT = "boolean-text";

    public static final String UUID_SPELLING = "uuid-spelling";
    public static final String EPOCH = "epoch";
    /** Of two moments with the same local time the earlier was taken. */
    public static final String TIME_ZONE_OVERLAP = "time-zone-overlap";

    private static final Set<String> NOTATIONS = Set.of(BOOLEAN_TEXT, UUID_SPELLING, EPOCH, TIME_ZONE_OVERLAP);

    /** Kept by the sink, or a part of the conversion itself. */
    private static final Set<Class<? extends Choice>> ELSEWHERE =
            Set.of(OnNull.class, OnTooPrecise.class, OnFraction.class);

    private static final Pattern LENGTH = Pattern.compile("(?:character varying|character)\\((\\d+)\\)");
    private static final Pattern NUMERIC = Pattern.compile("numeric\\((\\d+)(?:,(-?\\d+))?\\)");
    private static final Pattern SECONDS = Pattern.compile("time(?:stamp)?(?:tz)?\\s*\\(\\s*([0-6])\\s*\\).*");
    /** Of a time or timestamp whose type names no digits. */
    public static final int MICRO_DIGITS = 6;

    private static final String JSON_BLANKS = " \t\n\r";
    private static final String ESCAPED_NUL = "u0000";

    private final Column column;
    private final Map<String, @Nullable String> map;
    private final int length;
    private final boolean removesNul;
    private final Case letters;
    private final boolean dropsEmpty;
    private final boolean dropsJsonNull;
    private final boolean dropsInvalid;
    private final OnOutOfRange onOutOfRange;
    private final OnUnmapped onUnmapped;

    /** Whether a rule of this name leaves the source's own value, in an unusual notation. */
    public static boolean isNotation(String rule) {
        return NOTATIONS.contains(rule);
    }

    private ColumnRules(Column column, ValueRules rules) {
        this.column = column;
        this.map = rules.map();
        boolean truncates = rules.of(OnTooLong.class) == OnTooLong.TRUNCATE;
        this.length = truncates ? length(column).orElse(-1) : -1;
        this.removesNul = rules.of(OnNul.class) == OnNul.REMOVE && holdsText(column);
        this.letters = rules.of(Case.class);
        this.dropsEmpty = rules.of(OnEmpty.class) == OnEmpty.NULL;
        this.dropsJsonNull = rules.of(OnJsonNull.class) == OnJsonNull.NULL && column.type() == LogicalType.JSON;
        this.dropsInvalid = rules.of(OnInvalid.class) == OnInvalid.NULL;
        this.onOutOfRange = isBounded(column) ? rules.of(OnOutOfRange.class) : OnOutOfRange.REJECT;
        this.onUnmapped = rules.of(OnUnmapped.class);
    }

    /** Null where values are only converted. */
    public static @Nullable ColumnRules of(Column column, ValueRules rules) {
        boolean none =
                rules.map().isEmpty() && ELSEWHERE.containsAll(rules.choices().keySet());
        return none ? null : new ColumnRules(column, rules);
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

    /** Whether a column's type holds fewer digits than a value may have that it would otherwise accept. */
    public static boolean isPrecise(Column column) {
        return switch (column.type()) {
            case INT16, INT32, INT64, FLOAT32, FLOAT64 -> true;
            case DECIMAL -> NUMERIC.matcher(column.nativeType()).matches();
            case TIME, TIMESTAMP, TIMESTAMPTZ -> secondDigits(column) < MICRO_DIGITS;
            default -> false;
        };
    }

    /** How many digits of a second's fraction a time or timestamp has. */
    public static int secondDigits(Column column) {
        Matcher matcher = SECONDS.matcher(column.nativeType());
        return matcher.matches() ? Integer.parseInt(matcher.group(1)) : MICRO_DIGITS;
    }

    /** The text without NUL, and of {@code jsonb} without its escape; the same object where nothing is to be done. */
    public String withoutNul(String text) {
        if (!removesNul) {
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

    /** The text in the letters that are wanted; the same object where nothing is to be done. */
    public String recased(String text) {
        String other =
                switch (letters) {
                    case KEEP -> text;
                    case LOWER -> text.toLowerCase(Locale.ROOT);
                    case UPPER -> text.toUpperCase(Locale.ROOT);
                };
        return other.equals(text) ? text : other;
    }

    public boolean hasMap() {
        return !map.isEmpty();
    }

    public boolean isMapped(String text) {
        return map.containsKey(text);
    }

    /** What the map says of a text that is in it; null for NULL. */
    public @Nullable String mapped(String text) {
        return map.get(text);
    }

    public OnUnmapped onUnmapped() {
        return onUnmapped;
    }

    /** Name of the rule by which a text means NULL; null where it does not. */
    public @Nullable String isNull(String text) {
        if (dropsEmpty && text.isEmpty()) {
            return EMPTY;
        }
        return dropsJsonNull && isJsonNull(text) ? JSON_NULL : null;
    }

    private static boolean isJsonNull(String text) {
        int at = 0;
        while (at < text.length() && JSON_BLANKS.indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        return text.startsWith("null", at) && isBlank(text, at + "null".length(), text.length());
    }

    private static boolean isBlank(String json, int from, int to) {
        for (int i = from; i < to; i++) {
            if (JSON_BLANKS.indexOf(json.charAt(i)) < 0) {
                return false;
            }
        }
        return true;
    }

    /** Whether NULL stands for what is no value of the column's type. */
    public boolean dropsInvalid() {
        return dropsInvalid;
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
        return onOutOfRange != OnOutOfRange.REJECT;
    }

    /** Name of the rule for a number out of range. */
    public String outOfRangeRule() {
        return onOutOfRange == OnOutOfRange.CLAMP ? CLAMP : NULL;
    }

    /** What stands for a number below, or above, everything that the column holds: its least or greatest value, or NULL. */
    public @Nullable Object outOfRange(boolean below) {
        if (onOutOfRange == OnOutOfRange.NULL) {
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
