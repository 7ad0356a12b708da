package dev.sluice.schemas.event;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.hash.Hashing;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.Table;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A key as text, for tables of schema {@code sluice}, messages and state stores: a JSON array of the key's values in key order. Numbers and booleans
 * stand bare, bytes as {@code "\\x…"} hexadecimal, everything else as a JSON string. Equal keys of one table have equal texts and different keys different ones.
 */
public final class KeyText {
    /** An index entry of PostgreSQL holds some 2,700 bytes; a character takes up to four, and table and pipeline stand beside it. */
    private static final int LONGEST = 500;

    private static final int KEPT = 400;

    private KeyText() {}

    public static String of(@Nullable Object[] key) {
        StringBuilder text = new StringBuilder(16 + key.length * 24).append('[');
        for (int i = 0; i < key.length; i++) {
            if (i > 0) {
                text.append(',');
            }
            append(text, key[i]);
        }
        return text.append(']').toString();
    }

    /** As the tables of schema {@code sluice} have it: without NUL, and shortened to its beginning and a digest where no index could hold it. The same key always gives the same text. */
    public static String stored(String text) {
        String clean = text.indexOf('\0') < 0 ? text : text.replace("\0", "\\u0000");
        if (clean.length() <= LONGEST) {
            return clean;
        }
        return clean.substring(0, KEPT) + "…sha256:" + Hashing.sha256().hashString(clean, StandardCharsets.UTF_8);
    }

    /**
     * The values of a key, in key order and without NULL.
     *
     * @throws IllegalArgumentException when the text is no key of the table; says why, without its values
     */
    public static @Nullable Object[] parse(Table table, String text) {
        JsonNode array = JsonValues.array(text);
        if (array == null) {
            throw new IllegalArgumentException("a key of table " + table.id() + " is a JSON array of its values");
        }
        int[] indexes = table.keyIndexes();
        if (array.size() != indexes.length) {
            throw new IllegalArgumentException("a key of table " + table.id() + " has the " + indexes.length
                    + " values of " + table.primaryKey() + ", not " + array.size());
        }
        @Nullable Object[] key = new @Nullable Object[indexes.length];
        for (int i = 0; i < key.length; i++) {
            Column column = table.columns().get(indexes[i]);
            key[i] = JsonValues.value(column.type(), array.get(i));
            if (key[i] == null) {
                throw new IllegalArgumentException("key column " + column.name() + " of table " + table.id() + " is "
                        + column.type() + ", which the signal's value is not");
            }
        }
        return key;
    }

    private static void append(StringBuilder text, @Nullable Object value) {
        if (value == null || value instanceof Integer || value instanceof Long || value instanceof Boolean) {
            text.append(value);
        } else if (value instanceof byte[] bytes) {
            text.append("\"\\\\x").append(HexFormat.of().formatHex(bytes)).append('"');
        } else {
            quote(text, value.toString());
        }
    }

    private static void quote(StringBuilder text, String value) {
        text.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else if (c < 0x20) {
                text.append(String.format("\\u%04x", (int) c));
            } else {
                text.append(c);
            }
        }
        text.append('"');
    }
}
