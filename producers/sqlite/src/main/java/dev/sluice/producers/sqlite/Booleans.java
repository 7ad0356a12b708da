package dev.sluice.producers.sqlite;

import java.util.Locale;

/** Booleans: 0 and 1, and the texts {@code true false t f 1 0} in any case. */
final class Booleans {
    private Booleans() {}

    static Boolean convert(Object stored) throws Refusal {
        if (stored instanceof Long) {
            return of((Long) stored);
        } else if (stored instanceof Double && isBit((Double) stored)) {
            return (Double) stored == 1;
        } else if (stored instanceof String && ((String) stored).length() <= 5) {
            switch (((String) stored).toLowerCase(Locale.ROOT)) {
                case "1", "t", "true":
                    return true;
                case "0", "f", "false":
                    return false;
                default:
                    break;
            }
        }
        throw Refusal.found("not-a-boolean", "0, 1, true or false", stored);
    }

    private static boolean isBit(double value) {
        return value == 0 || value == 1;
    }

    private static Boolean of(long value) throws Refusal {
        if (value == 0 || value == 1) {
            return value == 1;
        }
        throw Refusal.of("not-a-boolean", "0, 1, true or false was expected, another integer was found");
    }
}
