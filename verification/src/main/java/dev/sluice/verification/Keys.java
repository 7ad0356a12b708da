package dev.sluice.verification;

import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.event.RowText;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Keys by their texts. */
final class Keys {
    private static final String PADDED = "character(";

    private Keys() {}

    static List<Column> columns(Table table) {
        return table.primaryKey().stream()
                .map(name -> table.column(name).orElseThrow())
                .toList();
    }

    /** Null for the key of a row that the source itself cannot bring into the target's notation. */
    static @Nullable Object @Nullable [] parse(List<Column> columns, String key) {
        try {
            @Nullable Object[] values = RowText.parse(columns, key);
            for (Object value : values) {
                if (value == null) {
                    return null;
                }
            }
            return values;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** Of keys that the target gave. */
    static List<@Nullable Object[]> parse(Table table, List<String> keys) {
        List<@Nullable Object[]> parsed = new ArrayList<>();
        for (String key : keys) {
            parsed.add(RowText.parse(columns(table), key));
        }
        return parsed;
    }

    /** A value of the target's key as the source most likely spells it: without the blanks that PostgreSQL pads with. */
    static @Nullable Object unpadded(Column column, @Nullable Object value) {
        return column.nativeType().startsWith(PADDED) ? Canonical.of(column, value) : value;
    }

    /** The key with its decimals in their shortest form; the key itself where it cannot be read. */
    static String withoutZeros(List<Column> columns, String key) {
        @Nullable Object[] values = parse(columns, key);
        if (values == null) {
            return key;
        }
        for (int i = 0; i < values.length; i++) {
            boolean number = columns.get(i).type() == LogicalType.DECIMAL
                    && values[i] instanceof String text
                    && Character.isDigit(text.charAt(text.length() - 1));
            if (number) {
                values[i] =
                        new BigDecimal((String) values[i]).stripTrailingZeros().toPlainString();
            }
        }
        return KeyText.of(values);
    }
}
