package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ColumnRules;
import dev.sluice.schemas.event.Transformed;
import dev.sluice.schemas.relational.Column;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A conversion that changes values as the column's rules say, where it would refuse them otherwise. */
final class RuledConversion {
    private final String column;
    private final ColumnRules rules;
    private final Conversion conversion;

    private RuledConversion(String column, ColumnRules rules, Conversion conversion) {
        this.column = column;
        this.rules = rules;
        this.conversion = conversion;
    }

    /** Null where the column has no rule that changes values. */
    static @Nullable RuledConversion of(CapturedTable table, Column column, Conversion conversion) {
        ColumnRules rules = ColumnRules.of(column, table.rules(column.name()));
        return rules == null ? null : new RuledConversion(column.name(), rules, conversion);
    }

    /** @param marks receives what was changed */
    @Nullable
    Object convert(Object stored, List<Transformed> marks) throws Refusal {
        Object offered =
                stored instanceof String text ? noted(text, rules.withoutNul(text), ColumnRules.REMOVE, marks) : stored;
        try {
            Object value = conversion.convert(offered);
            return value instanceof String text ? noted(text, rules.within(text), ColumnRules.TRUNCATE, marks) : value;
        } catch (Refusal refusal) {
            if (!refusal.reason().equals(Refusal.OUT_OF_RANGE) || !rules.replacesOutOfRange()) {
                throw refusal;
            }
            marks.add(new Transformed(rules.outOfRangeRule(), column));
            return rules.outOfRange(isNegative(stored));
        }
    }

    @SuppressWarnings("ReferenceEquality") // the same object says that nothing was to be done
    private String noted(String before, String after, String rule, List<Transformed> marks) {
        if (before != after) {
            marks.add(new Transformed(rule, column));
        }
        return after;
    }

    private static boolean isNegative(Object stored) {
        return stored instanceof Number number
                ? number.doubleValue() < 0
                : stored.toString().startsWith("-");
    }
}
