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

    /** A type that stands for the affinity of a declared one, in a table that is not strict. */
    static String typeOf(String declaredType, boolean strict) {
        String type = declaredType.toUpperCase(Locale.ROOT);
        if (type.contains("INT")) {
            return "INTEGER";
        } else if (type.contains("CHAR") || type.contains("CLOB") || type.contains("TEXT")) {
            return "TEXT";
        } else if (type.isBlank() || type.contains("BLOB") || (strict && type.equals("ANY"))) {
            return "BLOB";
        }
        return type.contains("REAL") || type.contains("FLOA") || type.contains("DOUB") ? "REAL" : "NUMERIC";
    }

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
