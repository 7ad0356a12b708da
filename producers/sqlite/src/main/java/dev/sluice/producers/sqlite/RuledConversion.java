package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.ColumnRules;
import dev.sluice.producers.api.Marks;
import dev.sluice.producers.api.ValueRules;
import dev.sluice.producers.sqlite.StoredValue.RawText;
import dev.sluice.schemas.relational.Column;
import org.jspecify.annotations.Nullable;

/** A conversion that changes values as the column's rules say, where it would refuse them, or give them on as they are, otherwise. */
final class RuledConversion implements Conversion {
    private final ColumnRules rules;
    private final Conversion conversion;

    private RuledConversion(ColumnRules rules, Conversion conversion) {
        this.rules = rules;
        this.conversion = conversion;
    }

    /** The conversion itself where the column has no rule for it. */
    static Conversion of(Column column, ValueRules said, Conversion conversion) {
        ColumnRules rules = ColumnRules.of(column, said);
        return rules == null ? conversion : new RuledConversion(rules, conversion);
    }

    @Override
    public @Nullable Object convert(Object stored, Marks marks) throws Refusal {
        Object offered = stored;
        if (stored instanceof String text) {
            String clean = noted(text, rules.withoutNul(text), ColumnRules.REMOVE, marks);
            offered = noted(clean, rules.recased(clean), ColumnRules.CASE, marks);
        }
        return rules.hasMap() ? mapped(offered, marks) : filled(offered, marks);
    }

    private @Nullable Object mapped(Object offered, Marks marks) throws Refusal {
        boolean hasText = !(offered instanceof byte[] || offered instanceof RawText);
        String text = hasText ? Texts.text(offered) : "";
        if (hasText && rules.isMapped(text)) {
            String mapped = rules.mapped(text);
            if (text.equals(mapped)) {
                return filled(offered, marks);
            }
            marks.add(ColumnRules.MAP);
            // The value is the map's now: its notation is nobody's but the configuration's.
            return mapped == null ? null : filled(mapped, new Marks());
        }
        boolean isNull = offered instanceof String string && rules.isNull(string) != null;
        return isNull ? filled(offered, marks) : unmapped(offered, marks);
    }

    private @Nullable Object unmapped(Object offered, Marks marks) throws Refusal {
        return switch (rules.onUnmapped()) {
            case KEEP -> filled(offered, marks);
            case REJECT ->
                throw Refusal.other("not-in-map", "a value of the column's map was expected, another one was found");
            case NULL -> {
                marks.add(ColumnRules.UNMAPPED);
                yield null;
            }
        };
    }

    private @Nullable Object filled(Object offered, Marks marks) throws Refusal {
        String isNull = offered instanceof String text ? rules.isNull(text) : null;
        if (isNull != null) {
            marks.add(isNull);
            return null;
        }
        try {
            Object value = conversion.convert(offered, marks);
            return value instanceof String text ? noted(text, rules.within(text), ColumnRules.TRUNCATE, marks) : value;
        } catch (Refusal refusal) {
            return instead(offered, refusal, marks);
        }
    }

    private @Nullable Object instead(Object offered, Refusal refusal, Marks marks) throws Refusal {
        if (refusal.kind() == Refusal.Kind.INVALID && rules.dropsInvalid()) {
            marks.add(ColumnRules.INVALID);
            return null;
        } else if (refusal.kind() == Refusal.Kind.OUT_OF_RANGE && rules.replacesOutOfRange()) {
            marks.add(rules.outOfRangeRule());
            return rules.outOfRange(isNegative(offered));
        }
        throw refusal;
    }

    @SuppressWarnings("ReferenceEquality") // the same object says that nothing was to be done
    private static String noted(String before, String after, String rule, Marks marks) {
        if (before != after) {
            marks.add(rule);
        }
        return after;
    }

    private static boolean isNegative(Object stored) {
        return stored instanceof Number number
                ? number.doubleValue() < 0
                : stored.toString().startsWith("-");
    }
}
