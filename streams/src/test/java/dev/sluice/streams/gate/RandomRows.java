package dev.sluice.streams.gate;

import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.Table;
import dev.sluice.streams.testing.Rows;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Random rows over so few values that they meet: keys come back, references find a parent or do not. */
final class RandomRows {
    private final Catalog catalog;
    private final SourceRows rows;
    private final Random random;
    private final int outOfTenGuided;

    /** @param outOfTenGuided how many references of ten are taken from rows that are there */
    RandomRows(Catalog catalog, SourceRows rows, Random random, int outOfTenGuided) {
        this.catalog = catalog;
        this.rows = rows;
        this.random = random;
        this.outOfTenGuided = outOfTenGuided;
    }

    @Nullable
    Object[] row(Table table) {
        @Nullable Object[] row = new @Nullable Object[table.columns().size()];
        for (int i = 0; i < row.length; i++) {
            Column column = table.columns().get(i);
            row[i] = column.nullable() && random.nextInt(4) == 0 ? null : value(column);
        }
        for (ForeignKey foreignKey : table.foreignKeys()) {
            Table parent = catalog.table(foreignKey.parent()).orElse(null);
            if (parent != null && random.nextInt(10) < outOfTenGuided) {
                @Nullable Object[] chosen = one(rows.of(parent).values());
                if (chosen != null) {
                    refer(table, row, foreignKey, parent, chosen);
                }
            }
        }
        return row;
    }

    /** Makes a row refer to another, in another spelling of the same key now and then; as far as that has a key. */
    void refer(Table child, @Nullable Object[] row, ForeignKey foreignKey, Table parent, @Nullable Object[] parentRow) {
        for (int c = 0; c < foreignKey.columns().size(); c++) {
            Object value = parentRow[parent.indexOf(foreignKey.parentColumns().get(c))];
            if (value != null) {
                row[child.indexOf(foreignKey.columns().get(c))] =
                        value instanceof String text && text.matches("[0-9.]+") ? respelled(text) : value;
            }
        }
    }

    /** Takes as much of a foreign key away as a row can. */
    void referToNothing(Table child, @Nullable Object[] row, ForeignKey foreignKey) {
        for (String column : Rows.nullableColumns(child, foreignKey)) {
            row[child.indexOf(column)] = null;
        }
    }

    <T> @Nullable T one(Collection<T> of) {
        return of.isEmpty() ? null : List.copyOf(of).get(random.nextInt(of.size()));
    }

    private Object value(Column column) {
        return switch (column.type()) {
            case INT64 -> (long) random.nextInt(4);
            case DECIMAL -> respelled(String.valueOf(random.nextInt(4)));
            default -> column.name().endsWith("part") ? "p" + random.nextInt(2) : "v" + random.nextInt(5);
        };
    }

    private String respelled(String number) {
        String whole = number.indexOf('.') < 0 ? number : number.substring(0, number.indexOf('.'));
        return whole + List.of("", ".0", ".00").get(random.nextInt(3));
    }
}
