package dev.sluice.streams.testing;

import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rows as PostgreSQL compares them. */
public final class Rows {
    private Rows() {}

    /** A row's name in messages and maps: its table and its key. */
    public static String name(Table table, @Nullable Object[] row) {
        return table.id() + keyText(table, row);
    }

    public static String keyText(Table table, @Nullable Object[] row) {
        int[] indexes = table.keyIndexes();
        @Nullable Object[] key = new @Nullable Object[indexes.length];
        for (int i = 0; i < key.length; i++) {
            key[i] = row[indexes[i]];
        }
        return KeyText.of(key);
    }

    /** The named values, equal ones alike however they are written; null when one of them is NULL. */
    public static @Nullable List<Object> values(Table table, List<String> columns, @Nullable Object[] row) {
        List<Object> values = new ArrayList<>(columns.size());
        for (String column : columns) {
            int index = table.indexOf(column);
            Object value = row[index];
            if (value == null) {
                return null;
            }
            boolean decimal = table.columns().get(index).type() == LogicalType.DECIMAL;
            values.add(decimal ? new BigDecimal((String) value).stripTrailingZeros() : value);
        }
        return values;
    }

    public static boolean isAllNull(Table child, ForeignKey foreignKey, @Nullable Object[] row) {
        return foreignKey.columns().stream().allMatch(c -> row[child.indexOf(c)] == null);
    }

    /** Whether a row can stay while its parent is not there, by having NULL in the foreign key. */
    public static boolean isNullable(Table child, ForeignKey foreignKey) {
        return foreignKey.matchFull()
                ? foreignKey.columns().stream().allMatch(c -> isNullable(child, c))
                : foreignKey.columns().stream().anyMatch(c -> isNullable(child, c));
    }

    private static boolean isNullable(Table child, String column) {
        return child.column(column).map(Column::nullable).orElse(false)
                && !child.primaryKey().contains(column);
    }

    public static List<String> nullableColumns(Table child, ForeignKey foreignKey) {
        return foreignKey.columns().stream().filter(c -> isNullable(child, c)).toList();
    }

    /** Whether nothing can put off the foreign key's check: it is neither deferrable nor nullable. */
    public static boolean isHard(Table child, ForeignKey foreignKey) {
        return !foreignKey.deferrable() && !isNullable(child, foreignKey);
    }
}
