package dev.sluice.producers.api;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.event.Rejected;
import dev.sluice.schemas.relational.Table;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Changes that cannot travel, as rejected records in their place.
 *
 * <p>The raw form of a row is {@value #ROW_FORMAT}: a JSON object from column to value, with the values as in {@link KeyText}. Each column has the same
 * share of half a record; a longer text or binary value stands as {@code {"cut": its beginning, "length": its length}}, so every short column is kept
 * whole.
 */
final class Rejections {
    static final String ROW_FORMAT = "sluice-row/1";
    /** Behind the name of a source's own format when the record was cut. */
    static final String CUT_FORMAT = "+cut";
    /** A control character takes six bytes of JSON. */
    private static final int JSON_GROWTH = 6;

    private static final int KEY_CHARS = 1_000;

    private Rejections() {}

    static boolean hasNullKey(Change change) {
        return Arrays.asList(change.key()).contains(null);
    }

    static Rejected nullKey(Change change) {
        Table table = change.table();
        @Nullable Object[] key = change.key();
        String column = table.primaryKey().get(Arrays.asList(key).indexOf(null));
        String message = "key column " + column + " of table " + table.id() + " must not be NULL";
        return of(change, column, "null-key", message, Integer.MAX_VALUE / 4);
    }

    static Rejected tooLarge(Change change, int bytes, int maxBytes) {
        return of(change, largestColumn(change), "record-too-large", tooLarge(bytes, maxBytes), maxBytes);
    }

    /** The raw form is cut at half a record. */
    static Rejected tooLarge(Rejected rejected, int bytes, int maxBytes) {
        int length = Math.min(rejected.raw().length, maxBytes / 2);
        String cut = rejected.message() + "; " + tooLarge(bytes, maxBytes) + ": kept are the first " + length
                + " bytes of " + rejected.raw().length;
        return new Rejected(
                rejected.table(),
                rejected.op(),
                shortKey(rejected.key()),
                rejected.column(),
                rejected.reason(),
                cut,
                Arrays.copyOf(rejected.raw(), length),
                rejected.rawFormat() + CUT_FORMAT,
                rejected.source(),
                rejected.transaction(),
                rejected.publishedMillis());
    }

    private static String tooLarge(int bytes, int maxBytes) {
        return "the record has " + bytes + " bytes, at most " + maxBytes + " may be published (max-record-bytes)";
    }

    private static Rejected of(Change change, @Nullable String column, String reason, String message, int maxBytes) {
        return new Rejected(
                change.table().id(),
                change.op(),
                shortKey(KeyText.of(change.key())),
                column,
                reason,
                message,
                raw(change.table(), row(change), maxBytes / 2),
                ROW_FORMAT,
                change.source(),
                change.transaction(),
                change.publishedMillis());
    }

    private static @Nullable Object[] row(Change change) {
        return change.isDelete() ? change.before() : change.after();
    }

    private static String largestColumn(Change change) {
        @Nullable Object[] row = row(change);
        int largest = 0;
        for (int i = 1; i < row.length; i++) {
            largest = length(row[i]) > length(row[largest]) ? i : largest;
        }
        return change.table().columns().get(largest).name();
    }

    private static byte[] raw(Table table, @Nullable Object[] row, int maxBytes) {
        int share = maxBytes / row.length / JSON_GROWTH;
        StringBuilder json = new StringBuilder("{");
        for (int i = 0; i < row.length; i++) {
            json.append(i == 0 ? "" : ",");
            json.append(json(table.columns().get(i).name())).append(':');
            Object value = row[i];
            if (length(value) <= share) {
                json.append(json(value));
            } else {
                json.append("{\"cut\":").append(json(cut(value, share)));
                json.append(",\"length\":").append(length(value)).append('}');
            }
        }
        return json.append('}').toString().getBytes(StandardCharsets.UTF_8);
    }

    /** {@link KeyText} without its brackets. */
    private static String json(@Nullable Object value) {
        String array = KeyText.of(new @Nullable Object[] {value});
        return array.substring(1, array.length() - 1);
    }

    private static int length(@Nullable Object value) {
        if (value instanceof byte[] bytes) {
            return bytes.length;
        }
        return value instanceof String text ? text.length() : 0;
    }

    private static Object cut(@Nullable Object value, int length) {
        if (value instanceof byte[] bytes) {
            return Arrays.copyOf(bytes, length);
        }
        String text = String.valueOf(value);
        return text.substring(
                0, length > 0 && Character.isHighSurrogate(text.charAt(length - 1)) ? length - 1 : length);
    }

    /** A key that is itself too long to be looked up is cut; a hash of the whole keeps different keys apart. */
    private static String shortKey(String key) {
        if (key.length() <= KEY_CHARS) {
            return key;
        }
        return cut(key, KEY_CHARS) + "…#" + UUID.nameUUIDFromBytes(key.getBytes(StandardCharsets.UTF_8));
    }
}
