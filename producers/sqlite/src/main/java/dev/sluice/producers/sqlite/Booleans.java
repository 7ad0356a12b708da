package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.ColumnRules;
import dev.sluice.producers.api.Marks;
import java.util.Locale;

/** Booleans: 0 and 1, and the texts {@code true false t f 1 0} in any case, which are marked. */
final class Booleans {
    private static final String EXPECTED = "0, 1, true or false";
    private static final int LONGEST = "false".length();

    private Booleans() {}

    static Boolean convert(Object stored, Marks marks) throws Refusal {
        if (stored instanceof Long integer) {
            return of(integer);
        } else if (stored instanceof Double real && isBit(real)) {
            return real == 1;
        } else if (stored instanceof String text && text.length() <= LONGEST) {
            boolean value = of(text.toLowerCase(Locale.ROOT));
            marks.add(ColumnRules.BOOLEAN_TEXT);
            return value;
        }
        throw Refusal.found("not-a-boolean", EXPECTED, stored);
    }

    private static Boolean of(String text) throws Refusal {
        return switch (text) {
            case "1", "t", "true" -> true;
            case "0", "f", "false" -> false;
            default -> throw Refusal.of("not-a-boolean", EXPECTED + " was expected, other text was found");
        };
    }

    private static boolean isBit(double value) {
        return value == 0 || value == 1;
    }

    private static Boolean of(long value) throws Refusal {
        if (value == 0 || value == 1) {
            return value == 1;
        }
        throw Refusal.of("not-a-boolean", EXPECTED + " was expected, another integer was found");
    }
}
