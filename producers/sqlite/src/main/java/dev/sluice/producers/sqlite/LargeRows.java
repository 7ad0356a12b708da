package dev.sluice.producers.sqlite;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Leaves in the database what would not fit into memory: of a row of more than {@value #MAX_ROW_BYTES} bytes the values over {@value #MAX_KEPT_BYTES} bytes. */
final class LargeRows {
    static final long MAX_ROW_BYTES = 64L << 20;
    static final int MAX_KEPT_BYTES = 16 << 10;

    private LargeRows() {}

    /** A value that was not read. */
    record LeftOut(long bytes) {
        Refusal refusal() {
            return Refusal.other(
                    "record-too-large",
                    "a row of at most " + MAX_ROW_BYTES + " bytes was expected, one with " + bytes
                            + " bytes in this column was found");
        }
    }

    /**
     * To be selected behind the columns: NULL for a row that may be read, else the length of each value. SQLite knows the lengths without reading the values.
     *
     * @param columns as SQL
     */
    static String lengths(List<String> columns) {
        List<String> each = columns.stream()
                .map(column -> "coalesce(octet_length(" + column + "), 0)")
                .toList();
        String sum = String.join(" + ", each);
        return "CASE WHEN " + sum + " > " + MAX_ROW_BYTES + " THEN "
                + each.stream().collect(Collectors.joining(" || ',' || ")) + " END";
    }

    /**
     * Reads values of a row.
     *
     * @param lengths what {@link #lengths} gave for the row
     * @param skip how many lengths belong to columns before the first
     */
    static @Nullable Object[] read(ResultSet row, int firstColumn, int columns, @Nullable String lengths, int skip)
            throws SQLException {
        if (lengths == null) {
            return StoredValue.read(row, firstColumn, columns);
        }
        String[] bytes = lengths.split(",", -1);
        @Nullable Object[] values = new @Nullable Object[columns];
        for (int i = 0; i < columns; i++) {
            long length = Long.parseLong(bytes[skip + i]);
            values[i] = length > MAX_KEPT_BYTES ? new LeftOut(length) : StoredValue.read(row, firstColumn + i);
        }
        return values;
    }
}
