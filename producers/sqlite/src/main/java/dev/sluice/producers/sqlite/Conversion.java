package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.ColumnRules;
import dev.sluice.producers.api.Marks;
import dev.sluice.producers.api.ValueRules;
import dev.sluice.producers.api.ValueRules.OnFraction;
import dev.sluice.producers.sqlite.SqliteSettings.RealTimestamps;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Brings a stored value into the target's notation. The representation changes; the value only as a rule says. NULL in the source is not its business. */
interface Conversion {
    /**
     * Converts a value or refuses it.
     *
     * @param stored as {@link StoredValue} describes; never null
     * @param marks receives the rules by which the value, or an unusual notation, became another
     * @return of the Java type that {@link LogicalType} names; null only where a rule says so
     */
    @Nullable
    Object convert(Object stored, Marks marks) throws Refusal;

    /** Where no rule makes NULL of a value, and nobody asks how the value came about. */
    default Object convert(Object stored) throws Refusal {
        return Objects.requireNonNull(convert(stored, new Marks()), "only a rule makes NULL of a value");
    }

    static Conversion to(Column column, ValueRules rules, RealTimestamps realTimestamps) {
        // Rounded once, to what the column holds.
        boolean once = rules.of(OnFraction.class) == OnFraction.ROUND && isCoarse(column);
        ValueRules own = once ? rules.with(OnFraction.TRUNCATE) : rules;
        Conversion plain = to(column.type(), column.nativeType().equals("jsonb"), own, realTimestamps);
        return RuledConversion.of(column, rules, Limits.within(column, rules, plain));
    }

    private static boolean isCoarse(Column column) {
        return switch (column.type()) {
            case TIME, TIMESTAMP, TIMESTAMPTZ -> ColumnRules.secondDigits(column) < ColumnRules.MICRO_DIGITS;
            default -> false;
        };
    }

    /** Without anything that a column's own type or rules say. */
    static Conversion to(LogicalType type, boolean jsonb, RealTimestamps realTimestamps) {
        return to(type, jsonb, ValueRules.DEFAULT, realTimestamps);
    }

    private static Conversion to(LogicalType type, boolean jsonb, ValueRules rules, RealTimestamps realTimestamps) {
        return switch (type) {
            case BOOLEAN -> Booleans::convert;
            case INT16 -> (stored, marks) -> (int) Numbers.integer(stored, Short.MIN_VALUE, Short.MAX_VALUE);
            case INT32 -> (stored, marks) -> (int) Numbers.integer(stored, Integer.MIN_VALUE, Integer.MAX_VALUE);
            case INT64 -> (stored, marks) -> Numbers.integer(stored, Long.MIN_VALUE, Long.MAX_VALUE);
            case FLOAT32 -> (stored, marks) -> Numbers.float32(stored);
            case FLOAT64 -> (stored, marks) -> Numbers.float64(stored);
            case DECIMAL -> (stored, marks) -> Numbers.decimal(stored);
            case TEXT, NATIVE -> (stored, marks) -> Texts.text(stored);
            case BYTES -> (stored, marks) -> Texts.bytes(stored);
            case UUID -> Uuids::convert;
            case DATE, TIME, TIMESTAMP, TIMESTAMPTZ -> TimeConversion.of(type, rules, realTimestamps);
            case JSON -> new JsonDocuments(jsonb);
        };
    }
}
