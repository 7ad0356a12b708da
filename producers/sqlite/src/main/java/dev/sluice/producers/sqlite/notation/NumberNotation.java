package dev.sluice.producers.sqlite.notation;

import static dev.sluice.producers.sqlite.notation.ColumnNotation.same;

import dev.sluice.producers.api.Notation.Answer;
import java.math.BigDecimal;
import java.util.Locale;

/** Numbers: the stored one must be the target's by value, digit by digit. */
final class NumberNotation {
    private static final int SAFE_DIGITS = 18;

    private NumberNotation() {}

    static Answer bool(Object stored, Object value) {
        boolean bool = (Boolean) value;
        if (stored instanceof Long integer) {
            return same(integer == (bool ? 1 : 0));
        } else if (stored instanceof Double real) {
            return same(real == (bool ? 1 : 0));
        } else if (stored instanceof String text) {
            return same(
                    bool
                            ? text.equals("1") || text.equalsIgnoreCase("true") || text.equalsIgnoreCase("t")
                            : text.equals("0") || text.equalsIgnoreCase("false") || text.equalsIgnoreCase("f"));
        }
        return Answer.OTHER;
    }

    static Answer integer(Object stored, Object value) {
        long integer = ((Number) value).longValue();
        if (stored instanceof Long other) {
            return same(other == integer);
        } else if (stored instanceof Double real) {
            return same(isExactly(integer, real));
        } else if (stored instanceof String text) {
            return same(isInteger(text, integer) || isNumber(text, BigDecimal.valueOf(integer)));
        }
        return Answer.OTHER;
    }

    /** Only of plain digits, and not of all of them; what it denies may be another notation. */
    private static boolean isInteger(String text, long integer) {
        int length = text.length();
        boolean negative = length > 0 && text.charAt(0) == '-';
        int from = negative ? 1 : 0;
        if (length == from || length - from > SAFE_DIGITS) {
            return false;
        }
        long number = 0;
        for (int i = from; i < length; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return false;
            }
            number = number * 10 + digit;
        }
        return (negative ? -number : number) == integer;
    }

    private static boolean isNumber(String text, BigDecimal number) {
        try {
            return new BigDecimal(text).compareTo(number) == 0;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    static Answer doublePrecision(Object stored, Object value) {
        double real = (Double) value;
        if (stored instanceof Double other) {
            return same(Double.doubleToLongBits(other) == Double.doubleToLongBits(real));
        } else if (stored instanceof Long integer) {
            return same(isExactly(integer, real) || isNumber(Double.toString(real), BigDecimal.valueOf(integer)));
        }
        return same(stored instanceof String text && isNearest(text, real));
    }

    /** A cast to long holds on to the ends of its range. */
    private static boolean isExactly(long integer, double real) {
        return real >= -0x1p63 && real < 0x1p63 && (long) real == integer && Math.rint(real) == real;
    }

    private static boolean isNearest(String text, double real) {
        try {
            return Double.doubleToLongBits(Double.parseDouble(text)) == Double.doubleToLongBits(real);
        } catch (NumberFormatException e) {
            return false;
        }
    }

    /** A stored number has the digits of single precision, or those that the target's number has in double precision. */
    static Answer single(Object stored, Object value) {
        float real = (Float) value;
        double exact = real;
        if (stored instanceof Long integer) {
            return same(isExactly(integer, exact) || isNumber(Float.toString(real), BigDecimal.valueOf(integer)));
        }
        double number;
        if (stored instanceof Double other) {
            number = other;
        } else if (stored instanceof String text) {
            number = number(text);
        } else {
            return Answer.OTHER;
        }
        return same(Double.doubleToLongBits(number) == Double.doubleToLongBits(exact)
                || number == Double.parseDouble(Float.toString(real)));
    }

    private static double number(String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    static Answer decimal(Object stored, Object value) {
        String decimal = (String) value;
        if (stored.equals(decimal)) {
            return Answer.SAME;
        } else if (stored instanceof Long integer) {
            return same(isInteger(decimal, integer) || isNumber(decimal, BigDecimal.valueOf(integer)));
        } else if (stored instanceof Double real) {
            return same(number(decimal) == real);
        } else if (stored instanceof String text) {
            return same(isDecimal(text, decimal));
        }
        return Answer.OTHER;
    }

    private static boolean isDecimal(String text, String decimal) {
        return switch (decimal) {
            case "NaN" -> text.equalsIgnoreCase("nan");
            case "Infinity", "-Infinity" -> isInfinity(text.toLowerCase(Locale.ROOT), decimal.charAt(0) == '-');
            default -> isNumber(text, new BigDecimal(decimal));
        };
    }

    private static boolean isInfinity(String text, boolean negative) {
        boolean signed = text.startsWith("-") || text.startsWith("+");
        String word = signed ? text.substring(1) : text;
        return text.startsWith("-") == negative && (word.equals("inf") || word.equals("infinity"));
    }
}
