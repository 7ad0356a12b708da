package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.ColumnRules;
import dev.sluice.producers.api.ValueRules;
import dev.sluice.producers.api.ValueRules.OnTooPrecise;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a column's type modifier leaves of its values. PostgreSQL rounds a value that has more digits than {@code numeric(p,s)}, {@code timestamp(n)} or {@code time(n)}
 * without a word, so such a value is refused, or rounded and marked where its column's rules say so. A text that is too long for {@code varchar(n)} PostgreSQL refuses itself.
 */
final class Limits {
    private static final Pattern NUMERIC =
            Pattern.compile("(?:numeric|decimal)\\s*\\(\\s*(\\d+)\\s*(?:,\\s*(-?\\d+)\\s*)?\\)");

    private Limits() {}

    /** The conversion, within what the column's type holds exactly. */
    static Conversion within(Column column, ValueRules rules, Conversion conversion) {
        boolean rounds = rules.of(OnTooPrecise.class) == OnTooPrecise.ROUND;
        return switch (column.type()) {
            case INT16, INT32, INT64, FLOAT32, FLOAT64 -> rounds ? new Rounding(column.type(), conversion) : conversion;
            case DECIMAL -> decimal(column.nativeType(), rounds, conversion);
            case TIME, TIMESTAMP, TIMESTAMPTZ -> time(column, rounds, conversion);
            default -> conversion;
        };
    }

    private static Conversion decimal(String nativeType, boolean rounds, Conversion conversion) {
        Matcher matcher = NUMERIC.matcher(nativeType);
        if (!matcher.matches()) {
            return conversion;
        }
        int precision = Integer.parseInt(matcher.group(1));
        int scale = matcher.group(2) == null ? 0 : Integer.parseInt(matcher.group(2));
        return (stored, marks) -> {
            String decimal = (String) Objects.requireNonNull(conversion.convert(stored, marks));
            if (decimal.equals("NaN")) {
                return decimal;
            }
            if (decimal.endsWith("Infinity")) {
                throw tooLarge(precision, scale);
            }
            BigDecimal value = new BigDecimal(decimal).stripTrailingZeros();
            requireDigits(value, precision, scale);
            if (value.scale() <= scale) {
                return decimal;
            }
            if (!rounds) {
                throw tooManyDigits(scale);
            }
            BigDecimal rounded = value.setScale(scale, RoundingMode.HALF_UP);
            requireDigits(rounded.stripTrailingZeros(), precision, scale);
            marks.add(ColumnRules.ROUND);
            return rounded.toPlainString();
        };
    }

    private static void requireDigits(BigDecimal value, int precision, int scale) throws Refusal {
        if (value.signum() != 0 && value.precision() - value.scale() > precision - scale) {
            throw tooLarge(precision, scale);
        }
    }

    private static Refusal tooManyDigits(int scale) {
        return Refusal.notExact("a number with at most " + scale
                + " digits after the point was expected, one that would be rounded was found");
    }

    private static Refusal tooLarge(int precision, int scale) {
        return Refusal.outOfRange(
                "a number within numeric(" + precision + "," + scale + ") was expected, a larger one was found");
    }

    private static Conversion time(Column column, boolean rounds, Conversion conversion) {
        int digits = ColumnRules.secondDigits(column);
        if (digits >= ColumnRules.MICRO_DIGITS) {
            return conversion;
        }
        long unit = BigDecimal.TEN.pow(ColumnRules.MICRO_DIGITS - digits).longValueExact();
        // PostgreSQL has a 24:00:00, many clients have not.
        long latest = column.type() == LogicalType.TIME ? TimeUnit.DAYS.toMicros(1) - unit : Long.MAX_VALUE;
        return (stored, marks) -> {
            long micros = (Long) Objects.requireNonNull(conversion.convert(stored, marks));
            if (micros % unit == 0) {
                return micros;
            }
            if (!rounds) {
                throw Refusal.notExact("a time with at most " + digits
                        + " digits of a second's fraction was expected, one that would be rounded was found");
            }
            marks.add(ColumnRules.ROUND);
            return Math.min(latest, Math.floorDiv(micros + unit / 2, unit) * unit);
        };
    }
}
