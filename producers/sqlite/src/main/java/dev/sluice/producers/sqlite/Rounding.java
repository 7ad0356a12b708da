package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.ColumnRules;
import dev.sluice.producers.api.Marks;
import dev.sluice.schemas.relational.LogicalType;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Objects;

/**
 * Takes the nearest number that an integer or floating-point column holds where the conversion refuses one with more digits. Integers: half away from zero, a REAL by its shortest decimal notation.
 * Floating point: as IEEE 754 does.
 */
record Rounding(LogicalType type, Conversion conversion) implements Conversion {
    /** No integer of 64 bits has more. */
    private static final int MOST_DIGITS = 19;

    @Override
    public Object convert(Object stored, Marks marks) throws Refusal {
        try {
            return Objects.requireNonNull(conversion.convert(stored, marks));
        } catch (Refusal refusal) {
            if (refusal.kind() != Refusal.Kind.NOT_EXACT) {
                throw refusal;
            }
        }
        BigDecimal number = number(stored);
        Object nearest = nearest(number);
        // Text such as 12.0 is refused as too precise for an integer, and loses nothing.
        if (number.compareTo(new BigDecimal(nearest.toString())) != 0) {
            marks.add(ColumnRules.ROUND);
        }
        return nearest;
    }

    private Object nearest(BigDecimal number) throws Refusal {
        if (type == LogicalType.FLOAT64) {
            return number.doubleValue();
        } else if (type == LogicalType.FLOAT32) {
            return number.floatValue();
        }
        return conversion.convert(integer(number));
    }

    private static BigDecimal number(Object stored) {
        return stored instanceof Double real ? Numbers.shortest(real) : new BigDecimal(stored.toString());
    }

    /** As text, which the conversion bounds. Numbers far from any integer of 64 bits are not written out. */
    private static String integer(BigDecimal value) throws Refusal {
        long digits = (long) value.precision() - value.scale();
        if (digits > MOST_DIGITS) {
            throw Refusal.outOfRange("an integer of 64 bits was expected, a larger one was found");
        }
        return digits < 0 ? "0" : value.setScale(0, RoundingMode.HALF_UP).toPlainString();
    }
}
