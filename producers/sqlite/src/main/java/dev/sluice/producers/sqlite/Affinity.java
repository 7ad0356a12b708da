package dev.sluice.producers.sqlite;

import java.util.Locale;

/** How SQLite stores and compares what is written into a column, by the rules of its documentation ("Determination Of Column Affinity"). */
enum Affinity {
    /** Text that is a number becomes one, so a number has one spelling. */
    NUMERIC,
    /** A number becomes text. */
    TEXT,
    /** Everything stays as it was written. */
    NONE;

    static Affinity of(String declaredType) {
        String type = declaredType.toUpperCase(Locale.ROOT);
        if (type.contains("INT")) {
            return NUMERIC;
        } else if (type.contains("CHAR") || type.contains("CLOB") || type.contains("TEXT")) {
            return TEXT;
        }
        // ANY is NUMERIC by the rules, but in a STRICT table it keeps what is written.
        return type.isBlank() || type.contains("BLOB") || type.equals("ANY") ? NONE : NUMERIC;
    }
}
