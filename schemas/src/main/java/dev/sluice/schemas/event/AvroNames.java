package dev.sluice.schemas.event;

import java.nio.charset.StandardCharsets;

/** Names of tables and columns as Avro accepts them: every byte outside {@code [A-Za-z0-9_]}, and a leading digit, becomes {@code _xHH}. */
final class AvroNames {
    private AvroNames() {}

    static String escape(String name) {
        StringBuilder escaped = new StringBuilder(name.length());
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            boolean letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
            boolean digit = c >= '0' && c <= '9';
            if (letter || (digit && escaped.length() > 0)) {
                escaped.append(c);
            } else {
                escaped.append(String.format("_x%02X", (int) c));
            }
        }
        return escaped.toString();
    }
}
