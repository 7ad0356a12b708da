package dev.sluice.producers.sqlite;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * A value in SQLite's own storage classes, as a Java object: NULL is null, INTEGER a {@link Long}, REAL a {@link Double}, TEXT a {@link String} or, where
 * it is not valid UTF-8, a {@link RawText}, BLOB a {@code byte[]}.
 */
final class StoredValue {
    private StoredValue() {}

    /** TEXT that is not valid UTF-8. */
    @SuppressWarnings("ArrayRecordComponent")
    record RawText(byte[] bytes) {}

    static @Nullable Object read(ResultSet row, int column) throws SQLException {
        Object value = row.getObject(column);
        if (value instanceof Integer i) {
            return i.longValue();
        }
        // The driver replaces what it cannot decode, so only such text can hide something.
        if (value instanceof String string && string.indexOf('\uFFFD') >= 0) {
            byte[] bytes = row.getBytes(column);
            return isUtf8(bytes) ? value : new RawText(bytes);
        }
        return value;
    }

    static @Nullable Object[] read(ResultSet row, int firstColumn, int columns) throws SQLException {
        @Nullable Object[] values = new @Nullable Object[columns];
        for (int i = 0; i < columns; i++) {
            values[i] = read(row, firstColumn + i);
        }
        return values;
    }

    /** Binds what {@link #read} gave; {@link RawText} as a blob, so its placeholder must be {@link #placeholder}'s. */
    static void bind(PreparedStatement statement, int index, @Nullable Object value) throws SQLException {
        statement.setObject(index, value instanceof RawText rawText ? rawText.bytes() : value);
    }

    static String placeholder(@Nullable Object value) {
        return value instanceof RawText ? "CAST(? AS TEXT)" : "?";
    }

    /** The name of the storage class, as {@code typeof()} spells it. */
    static String storageClass(@Nullable Object value) {
        if (value == null) {
            return "null";
        } else if (value instanceof Long) {
            return "integer";
        } else if (value instanceof Double) {
            return "real";
        }
        return value instanceof byte[] ? "blob" : "text";
    }

    /** About how many bytes a value holds on to. */
    static int weight(@Nullable Object value) {
        if (value instanceof String string) {
            return 48 + string.length();
        } else if (value instanceof byte[] array) {
            return 24 + array.length;
        }
        return 16;
    }

    static long weight(@Nullable Object[] values) {
        long weight = 24L + 8L * values.length;
        for (Object value : values) {
            weight += weight(value);
        }
        return weight;
    }

    private static boolean isUtf8(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
