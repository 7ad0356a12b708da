package dev.sluice.schemas.event;

import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A key as text, for tables of schema {@code sluice}, messages and state stores: a JSON array of the key's values in key order. Numbers and booleans
 * stand bare, bytes as {@code "\\x…"} hexadecimal, everything else as a JSON string. Equal keys of one table have equal texts and different keys different ones.
 */
public final class KeyText {
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
