package dev.sluice.producers.sqlite;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the author of a table meant by a column's type. SQLite keeps the words and enforces almost nothing.
 *
 * @param first the number in parentheses behind the type, or -1
 * @param second the number behind the comma, or -1
 */
record DeclaredType(Kind kind, int first, int second) {
    private static final Pattern SHAPE =
            Pattern.compile("\\s*([^(]*?)\\s*(?:\\(\\s*(\\d{1,9})\\s*(?:,\\s*(\\d{1,9})\\s*)?\\).*)?", Pattern.DOTALL);

    private static final Pattern INTEGER =
            Pattern.compile("(TINY|SMALL|MEDIUM|BIG)?INT(EGER)?[248]?|(UNSIGNED )?BIG INT|(BIG|SMALL)?SERIAL|LONG");

    private static final Pattern BIG = Pattern.compile("BIGINT|INT8|.*BIG INT|BIGSERIAL|LONG");

    /** Families of types. */
    enum Kind {
        BOOLEAN,
        UUID,
        JSON,
        TIMESTAMP,
        DATE,
        TIME,
        /** At most 32 bits. */
        INTEGER,
        /** SQLite's own INTEGER: 64 bits, whatever its author had in mind. */
        ANY_INTEGER,
        BIG_INTEGER,
        REAL,
        DECIMAL,
        VARCHAR,
        TEXT,
        BLOB,
        NONE
    }

    static DeclaredType of(String declared) {
        Matcher matcher = SHAPE.matcher(declared.toUpperCase(Locale.ROOT));
        if (!matcher.matches()) {
            return new DeclaredType(Kind.NONE, -1, -1);
        }
        String name = matcher.group(1).replaceAll("\\s+", " ").replaceAll(" ?UNSIGNED$| ?ZEROFILL$", "");
        int first = matcher.group(2) == null ? -1 : Integer.parseInt(matcher.group(2));
        int second = matcher.group(3) == null ? -1 : Integer.parseInt(matcher.group(3));
        return new DeclaredType(kind(name, first), first, second);
    }

    private static Kind kind(String name, int length) {
        if (INTEGER.matcher(name).matches()) {
            boolean any = name.equals("INT") || name.equals("INTEGER");
            return any ? Kind.ANY_INTEGER : BIG.matcher(name).matches() ? Kind.BIG_INTEGER : Kind.INTEGER;
        } else if (name.startsWith("BOOL")) {
            return Kind.BOOLEAN;
        } else if (name.equals("UUID") || name.equals("GUID") || name.equals("UNIQUEIDENTIFIER")) {
            return Kind.UUID;
        } else if (name.startsWith("JSON")) {
            return Kind.JSON;
        } else if (name.startsWith("TIMESTAMP") || name.startsWith("DATETIME")) {
            return Kind.TIMESTAMP;
        } else if (name.equals("DATE")) {
            return Kind.DATE;
        } else if (name.startsWith("TIME")) {
            return Kind.TIME;
        } else if (name.contains("CHAR") && length > 0) {
            return Kind.VARCHAR;
        } else if (name.contains("CHAR") || name.contains("TEXT") || name.contains("CLOB") || name.contains("STRING")) {
            return Kind.TEXT;
        } else if (name.contains("BLOB") || name.contains("BINARY") || name.equals("BYTEA")) {
            return Kind.BLOB;
        } else if (name.contains("REAL") || name.contains("FLOA") || name.contains("DOUB")) {
            return Kind.REAL;
        } else if (name.startsWith("NUM") || name.startsWith("DEC") || name.equals("MONEY")) {
            return Kind.DECIMAL;
        }
        return Kind.NONE;
    }
}
