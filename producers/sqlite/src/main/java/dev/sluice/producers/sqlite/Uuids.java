package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.ColumnRules;
import dev.sluice.producers.api.Marks;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * UUIDs in every usual spelling: 32 hexadecimal digits or 36 characters with dashes, in either case, with or without braces or {@code urn:uuid:}, or a blob of 16 bytes. Capital letters and what stands around the
 * digits are marked.
 */
final class Uuids {
    private static final int BYTES = 16;
    private static final int HEX = 32;
    private static final int DASHED = 36;
    static final String URN = "urn:uuid:";
    static final String CAPITAL_URN = "URN:UUID:";

    private Uuids() {}

    static UUID convert(Object stored, Marks marks) throws Refusal {
        if (stored instanceof String string) {
            return parse(string, marks);
        } else if (stored instanceof byte[] array && array.length == BYTES) {
            ByteBuffer bytes = ByteBuffer.wrap(array);
            return new UUID(bytes.getLong(), bytes.getLong());
        } else if (stored instanceof Double || stored instanceof Long) {
            throw Refusal.of(
                    "not-a-uuid",
                    "a uuid was expected, " + StoredValue.storageClass(stored)
                            + " was found: SQLite may have turned a uuid of digits into a number, which loses it");
        }
        throw Refusal.found("not-a-uuid", "a uuid", stored);
    }

    private static UUID parse(String text, Marks marks) throws Refusal {
        int from = 0;
        int to = text.length();
        if (to >= 2 && text.charAt(0) == '{' && text.charAt(to - 1) == '}') {
            from++;
            to--;
        } else if (to > DASHED && (text.startsWith(URN) || text.startsWith(CAPITAL_URN))) {
            from += URN.length();
        }
        boolean unusual = from > 0;
        boolean dashed = to - from == DASHED;
        if (!dashed && to - from != HEX) {
            throw notAUuid();
        }
        long[] halves = new long[2];
        int digits = 0;
        for (int i = from; i < to; i++) {
            if (dashed && isDash(i - from)) {
                if (text.charAt(i) != '-') {
                    throw notAUuid();
                }
            } else {
                char c = text.charAt(i);
                halves[digits / BYTES] = halves[digits / BYTES] << 4 | digit(c);
                unusual |= c > '9' && c < 'a';
                digits++;
            }
        }
        if (unusual) {
            marks.add(ColumnRules.UUID_SPELLING);
        }
        return new UUID(halves[0], halves[1]);
    }

    private static boolean isDash(int index) {
        return index == 8 || index == 13 || index == 18 || index == 23;
    }

    private static int digit(char c) throws Refusal {
        int digit = c < 128 ? Character.digit(c, BYTES) : -1;
        if (digit < 0) {
            throw notAUuid();
        }
        return digit;
    }

    private static Refusal notAUuid() {
        return Refusal.of("not-a-uuid", "a uuid was expected, other text was found");
    }
}
