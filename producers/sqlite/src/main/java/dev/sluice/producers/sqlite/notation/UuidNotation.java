package dev.sluice.producers.sqlite.notation;

import static dev.sluice.producers.sqlite.notation.ColumnNotation.same;

import dev.sluice.producers.api.Notation.Answer;
import java.nio.ByteBuffer;
import java.util.UUID;

/** The digits of a uuid, one after the other, whatever stands around and between them. */
final class UuidNotation {
    private static final String URN = "urn:uuid:";
    private static final int DIGITS = 32;
    private static final int BYTES = 16;

    private UuidNotation() {}

    static Answer compare(Object stored, Object value) {
        UUID uuid = (UUID) value;
        if (stored instanceof String text) {
            return same(isText(text, uuid));
        }
        return same(stored instanceof byte[] bytes && isBytes(bytes, uuid));
    }

    private static boolean isText(String text, UUID uuid) {
        int from = 0;
        int to = text.length();
        if (text.startsWith("{") && text.endsWith("}")) {
            from++;
            to--;
        } else if (text.regionMatches(true, 0, URN, 0, URN.length())) {
            from += URN.length();
        }
        long half = uuid.getMostSignificantBits();
        int digits = 0;
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (c == '-') {
                continue;
            }
            if (digits == DIGITS || !isDigit(c, (int) (half >>> 60))) {
                return false;
            }
            digits++;
            half = digits == DIGITS / 2 ? uuid.getLeastSignificantBits() : half << 4;
        }
        return digits == DIGITS;
    }

    private static boolean isDigit(char c, int nibble) {
        return nibble < 10 ? c == '0' + nibble : c == 'a' + nibble - 10 || c == 'A' + nibble - 10;
    }

    private static boolean isBytes(byte[] bytes, UUID uuid) {
        if (bytes.length != BYTES) {
            return false;
        }
        ByteBuffer halves = ByteBuffer.wrap(bytes);
        return halves.getLong() == uuid.getMostSignificantBits() && halves.getLong() == uuid.getLeastSignificantBits();
    }
}
