package dev.sluice.producers.sqlite;

import dev.sluice.schemas.relational.Column;
import java.math.BigDecimal;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a column's type modifier leaves of its values. PostgreSQL rounds a value that has more digits than {@code numeric(p,s)}, {@code timestamp(n)} or {@code time(n)}
 * without a word, so such a value is refused. A text that is too long for {@code varchar(n)} PostgreSQL refuses itself.
 */
final class Limits {
    private static final Pattern NUMERIC =
            Pattern.compile("(?:numeric|decimal)\\s*\\(\\s*(\\d+)\\s*(?:,\\s*(-?\\d+)\\s*)?\\)");
    private static final Pattern TIME = Pattern.compile("time(?:stamp)?(?:tz)?\\s*\\(\\s*([0-6])\\s*\\).*");
    private static final int MICRO_DIGITS = 6;

    private Limits() {}

    /** The conversion, within what the column's type holds exactly. */
    static Conversion within(Column column, Conversion conversion) {
        return switch (column.type()) {
            case DECIMAL -> decimal(column.nativeType(), conversion);
            case TIME, TIMESTAMP, TIMESTAMPTZ -> time(column.nativeType(), conversion);
            default -> conversion;
        };
    }

    private static Conversion decimal(String nativeType, Conversion conversion) {
        Matcher matcher = NUMERIC.matcher(nativeType);
        if (!matcher.matches()) {
            return conversion;
        }
        int precision = Integer.parseInt(matcher.group(1));
        int scale = matcher.group(2) == null ? 0 : Integer.parseInt(matcher.group(2));
        return stored -> requireDigits((String) conversion.convert(stored), precision, scale);
    }

    private static String requireDigits(String decimal, int precision, int scale) throws Refusal {
        if (decimal.equals("NaN")) {
            return decimal;
        }
        if (decimal.endsWith("Infinity")) {
            throw tooLarge(precision, scale);
        }
        BigDecimal value = new BigDecimal(decimal).stripTrailingZeros();
        if (value.signum() != 0 && value.precision() - value.scale() > precision - scale) {
            throw tooLarge(precision, scale);
        }
        if (value.scale() > scale) {
            throw Refusal.of(
                    "not-exact",
                    "a number with at most " + scale
                            + " digits after the point was expected, one that would be rounded was found");
        }
        return decimal;
    }

    private static Refusal tooLarge(int precision, int scale) {
        return Refusal.of(
                Refusal.OUT_OF_RANGE,
                "a number within numeric(" + precision + "," + scale + ") was expected, a larger one was found");
    }

    private static Conversion time(String nativeType, Conversion conversion) {
        Matcher matcher = TIME.matcher(nativeType);
        if (!matcher.matches()) {
            return conversion;
        }
        int digits = Integer.parseInt(matcher.group(1));
        long unit = BigDecimal.TEN.pow(MICRO_DIGITS - digits).longValueExact();
        return stored -> {
            Object micros = conversion.convert(stored);
            if ((Long) micros % unit != 0) {
                throw Refusal.of(
                        "not-exact",
                        "a time with at most " + digits
                                + " digits of a second's fraction was expected, one that would be rounded was found");
            }
            return micros;
        };
    }
}
