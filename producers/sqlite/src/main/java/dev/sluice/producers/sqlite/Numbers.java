package dev.sluice.producers.sqlite;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.regex.Pattern;

/** Numbers: nothing is rounded. Text that is exactly a decimal literal counts as that number. */
final class Numbers {
    private static final Pattern INTEGER = Pattern.compile("[+-]?[0-9]{1,19}");
    private static final Pattern LARGER_INTEGER = Pattern.compile("[+-]?[1-9][0-9]{19,}");
    private static final Pattern DECIMAL = Pattern.compile("[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]{1,9})?");

    /** PostgreSQL's numeric holds so many digits before the point, and so many after it. */
    private static final int MAX_INTEGER_DIGITS = 131_072;

    private static final int MAX_SCALE = 16_383;

    private static final int MAX_DOUBLE_DIGITS = 17;

    private static final String NOT_AN_INTEGER = "not-an-integer";

    private Numbers() {}

    static long integer(Object stored, long min, long max) throws Refusal {
        long value;
        if (stored instanceof Long l) {
            value = l;
        } else if (stored instanceof Double d) {
            value = integral(d);
        } else if (stored instanceof String string && INTEGER.matcher(string).matches()) {
            value = parse(string);
        } else if (stored instanceof String string
                && LARGER_INTEGER.matcher(string).matches()) {
            throw outOfRange(min, max);
        } else if (stored instanceof String string && DECIMAL.matcher(string).matches()) {
            throw fraction("text of a number with a fraction or exponent");
        } else {
            throw Refusal.found(NOT_AN_INTEGER, "an integer", stored);
        }
        if (value < min || value > max) {
            throw outOfRange(min, max);
        }
        return value;
    }

    private static long integral(double value) throws Refusal {
        if (Double.isInfinite(value)) {
            throw Refusal.of(NOT_AN_INTEGER, "an integer was expected, infinity was found");
        }
        if (value != Math.rint(value)) {
            throw fraction("a real with a fraction");
        }
        if (value < -0x1p63 || value >= 0x1p63) {
            throw outOfRange(Long.MIN_VALUE, Long.MAX_VALUE);
        }
        return (long) value;
    }

    private static Refusal fraction(String found) {
        return Refusal.notExact(NOT_AN_INTEGER, "an integer was expected, " + found + " was found");
    }

    private static long parse(String text) throws Refusal {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw outOfRange(Long.MIN_VALUE, Long.MAX_VALUE);
        }
    }

    private static Refusal outOfRange(long min, long max) {
        return Refusal.outOfRange("an integer from " + min + " to " + max + " was expected, one outside was found");
    }

    static Double float64(Object stored) throws Refusal {
        if (stored instanceof Double d) {
            return d;
        } else if (stored instanceof Long l) {
            long value = l;
            double nearest = (double) value;
            // The largest long rounds up to 2^63, and a cast back would hide it.
            if (nearest >= 0x1p63 || (long) nearest != value) {
                throw Refusal.notExact(
                        "an integer that double precision holds exactly was expected, a larger one was found");
            }
            return nearest;
        } else if (stored instanceof String string && DECIMAL.matcher(string).matches()) {
            double value = Double.parseDouble(string);
            if (!Double.isInfinite(value)) {
                return value;
            }
            throw Refusal.outOfRange("a number within double precision was expected, a larger one was found");
        }
        throw Refusal.found("not-a-number", "a number", stored);
    }

    /** A REAL is taken when the single-precision number nearest to it reads the same. */
    static Float float32(Object stored) throws Refusal {
        double value = float64(stored);
        float nearest = (float) value;
        if (nearest == value || Float.toString(nearest).equals(Double.toString(value))) {
            return nearest;
        } else if (Float.isInfinite(nearest)) {
            throw Refusal.outOfRange("a number within single precision was expected, a larger one was found");
        }
        throw Refusal.notExact("a number that single precision holds was expected, one with more digits was found");
    }

    /** INTEGER as it is, REAL with the fewest digits that read back as the same number, TEXT with its scale kept. */
    static String decimal(Object stored) throws Refusal {
        if (stored instanceof Long) {
            return stored.toString();
        } else if (stored instanceof Double d) {
            double value = d;
            return Double.isInfinite(value) ? infinity(value) : shortest(value).toPlainString();
        } else if (stored instanceof String string) {
            return decimal(string);
        }
        throw Refusal.found("not-a-number", "a number", stored);
    }

    private static String decimal(String text) throws Refusal {
        if (DECIMAL.matcher(text).matches()) {
            BigDecimal value = new BigDecimal(text);
            if (value.scale() > MAX_SCALE || (long) value.precision() - value.scale() > MAX_INTEGER_DIGITS) {
                throw Refusal.outOfRange("a number within PostgreSQL's numeric was expected, one outside was found");
            }
            return value.toPlainString();
        }
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "nan" -> "NaN";
            case "infinity", "inf", "+infinity", "+inf" -> "Infinity";
            case "-infinity", "-inf" -> "-Infinity";
            default -> throw Refusal.found("not-a-number", "a number", text);
        };
    }

    private static String infinity(double value) {
        return value > 0 ? "Infinity" : "-Infinity";
    }

    /** JDK 17 sometimes prints a digit more than is needed (JDK-4511638). */
    static BigDecimal shortest(double value) {
        BigDecimal printed = stripped(new BigDecimal(Double.toString(value)));
        if (printed.precision() < MAX_DOUBLE_DIGITS - 1) {
            return printed;
        }
        BigDecimal exact = new BigDecimal(value);
        for (int digits = MAX_DOUBLE_DIGITS - 2; digits <= MAX_DOUBLE_DIGITS; digits++) {
            BigDecimal rounded = exact.round(new MathContext(digits, RoundingMode.HALF_EVEN));
            if (rounded.doubleValue() == value) {
                return stripped(rounded);
            }
        }
        return printed;
    }

    private static BigDecimal stripped(BigDecimal value) {
        BigDecimal stripped = value.stripTrailingZeros();
        return stripped.scale() < 0 ? stripped.setScale(0) : stripped;
    }

    /** In the notation of SQLite's CAST ({@code 1.0}, {@code 1.5e-07}, {@code Inf}), which differs in the last digits between versions; here no digit is lost. */
    static String sqliteText(double value) {
        if (Double.isInfinite(value)) {
            return value > 0 ? "Inf" : "-Inf";
        } else if (value == 0) {
            return "0.0";
        }
        BigDecimal digits = shortest(value).stripTrailingZeros();
        int exponent = digits.precision() - digits.scale() - 1;
        if (exponent >= -4 && exponent < MAX_DOUBLE_DIGITS) {
            String plain = digits.toPlainString();
            return plain.indexOf('.') < 0 ? plain + ".0" : plain;
        }
        String unscaled = digits.unscaledValue().abs().toString();
        String fraction = unscaled.length() == 1 ? "0" : unscaled.substring(1);
        return (value < 0 ? "-" : "")
                + unscaled.charAt(0)
                + '.'
                + fraction
                + 'e'
                + (exponent < 0 ? '-' : '+')
                + (Math.abs(exponent) < 10 ? "0" : "")
                + Math.abs(exponent);
    }
}
