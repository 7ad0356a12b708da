package dev.sluice.schemas.event;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.schemas.relational.Column;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A row as text: a JSON array of all its values in the order of the table's columns, each written as {@link KeyText} writes it and NULL as {@code null}. The row comes back exactly: floating-point values are written so that they are
 * told apart from every other, decimals keep their scale.
 */
public final class RowText {
    private RowText() {}

    public static String of(@Nullable Object[] row) {
        return KeyText.of(row);
    }

    /**
     * The values, each of the Java type that its column's {@link dev.sluice.schemas.relational.LogicalType} names.
     *
     * @throws IllegalArgumentException when the text is no row of these columns; says why, without its values
     */
    public static @Nullable Object[] parse(List<Column> columns, String text) {
        JsonNode array = JsonValues.array(text);
        if (array == null) {
            throw new IllegalArgumentException("a row is a JSON array of its values");
        }
        if (array.size() != columns.size()) {
            throw new IllegalArgumentException("a row has the " + columns.size() + " values of "
                    + columns.stream().map(Column::name).toList() + ", not " + array.size());
        }
        @Nullable Object[] row = new @Nullable Object[columns.size()];
        for (int i = 0; i < row.length; i++) {
            Column column = columns.get(i);
            row[i] = JsonValues.value(column.type(), array.get(i));
            if (row[i] == null && !array.get(i).isNull()) {
                throw new IllegalArgumentException(
                        "column " + column.name() + " is " + column.type() + ", which the row's value is not");
            }
        }
        return row;
    }
}
