package dev.sluice.streams.gate;

import dev.sluice.schemas.relational.Column;
import dev.sluice.streams.state.ByteReader;
import dev.sluice.streams.state.ByteWriter;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.UUID;

/**
 * How PostgreSQL compares values of a referenced column. Two values that its equality takes for the same have the same bytes, whatever their
 * types on the two sides of a foreign key; the bytes say themselves where they end.
 */
enum KeyKind {
    BOOLEAN {
        @Override
        void write(Object value, ByteWriter out) {
            out.u8((Boolean) value ? 1 : 0);
        }

        @Override
        Object read(ByteReader in) {
            return in.u8() == 1;
        }
    },
    /** Integers of any width, days and microseconds. */
    INTEGER {
        @Override
        void write(Object value, ByteWriter out) {
            out.i64(((Number) value).longValue());
        }

        @Override
        Object read(ByteReader in) {
            return in.i64();
        }
    },
    /** A date on the other side is its midnight. */
    TIMESTAMP {
        @Override
        void write(Object value, ByteWriter out) {
            out.i64(value instanceof Integer days ? midnight(days) : (Long) value);
        }

        @Override
        Object read(ByteReader in) {
            return in.i64();
        }
    },
    FLOAT {
        @Override
        void write(Object value, ByteWriter out) {
            double number = value instanceof String text ? Double.parseDouble(text) : ((Number) value).doubleValue();
            // PostgreSQL takes -0 for 0 and every NaN for the same.
            out.i64(Double.doubleToLongBits(number == 0 ? 0.0 : number));
        }

        @Override
        Object read(ByteReader in) {
            return Double.longBitsToDouble(in.i64());
        }
    },
    DECIMAL {
        @Override
        void write(Object value, ByteWriter out) {
            out.text(value instanceof String text ? canonicalDecimal(text) : canonicalDecimal(value.toString()));
        }

        @Override
        Object read(ByteReader in) {
            return in.text();
        }
    },
    TEXT {
        @Override
        void write(Object value, ByteWriter out) {
            out.bytes(((String) value).getBytes(StandardCharsets.UTF_8));
        }

        @Override
        Object read(ByteReader in) {
            return in.text();
        }
    },
    /** {@code character(n)}: trailing blanks do not count. */
    BLANK_PADDED {
        @Override
        void write(Object value, ByteWriter out) {
            String text = (String) value;
            int end = text.length();
            while (end > 0 && text.charAt(end - 1) == ' ') {
                end--;
            }
            TEXT.write(text.substring(0, end), out);
        }

        @Override
        Object read(ByteReader in) {
            return in.text();
        }
    },
    /** {@code citext}. */
    CASE_INSENSITIVE {
        @Override
        void write(Object value, ByteWriter out) {
            TEXT.write(((String) value).toLowerCase(Locale.ROOT), out);
        }

        @Override
        Object read(ByteReader in) {
            return in.text();
        }
    },
    BYTES {
        @Override
        void write(Object value, ByteWriter out) {
            out.bytes((byte[]) value);
        }

        @Override
        Object read(ByteReader in) {
            return in.bytes();
        }
    },
    UUID {
        @Override
        void write(Object value, ByteWriter out) {
            UUID uuid = (UUID) value;
            out.i64(uuid.getMostSignificantBits()).i64(uuid.getLeastSignificantBits());
        }

        @Override
        Object read(ByteReader in) {
            return new UUID(in.i64(), in.i64());
        }
    };

    private static final long MICROS_PER_DAY = 86_400_000_000L;

    abstract void write(Object value, ByteWriter out);

    /** A value equal to the one written, for people. */
    abstract Object read(ByteReader in);

    /** Whether equal values are always spelt alike. */
    boolean isExact() {
        return this == BOOLEAN || this == INTEGER || this == TEXT || this == BYTES || this == UUID;
    }

    static KeyKind of(Column column) {
        return switch (column.type()) {
            case BOOLEAN -> BOOLEAN;
            case INT16, INT32, INT64, DATE, TIME -> INTEGER;
            case TIMESTAMP, TIMESTAMPTZ -> TIMESTAMP;
            case FLOAT32, FLOAT64 -> FLOAT;
            case DECIMAL -> DECIMAL;
            case BYTES -> BYTES;
            case UUID -> UUID;
            case TEXT, JSON, NATIVE -> textKind(column.nativeType());
        };
    }

    /** Whether a foreign key may pair a child's column with a referenced column of this kind. */
    boolean accepts(Column referenced, Column child) {
        boolean integer =
                switch (child.type()) {
                    case INT16, INT32, INT64 -> true;
                    case BOOLEAN,
                            FLOAT32,
                            FLOAT64,
                            DECIMAL,
                            TEXT,
                            BYTES,
                            UUID,
                            DATE,
                            TIME,
                            TIMESTAMP,
                            TIMESTAMPTZ,
                            JSON,
                            NATIVE -> false;
                };
        return switch (referenced.type()) {
            case INT16, INT32, INT64 -> integer;
            case DECIMAL -> integer || of(child) == DECIMAL;
            case FLOAT32, FLOAT64 -> integer || of(child) == DECIMAL || of(child) == FLOAT;
            case TIMESTAMP ->
                child.type() == referenced.type() || child.nativeType().equals("date");
            case TEXT, JSON, NATIVE -> of(child) == TEXT || of(child) == BLANK_PADDED || of(child) == CASE_INSENSITIVE;
            case BOOLEAN, BYTES, UUID, DATE, TIME, TIMESTAMPTZ -> child.type() == referenced.type();
        };
    }

    private static KeyKind textKind(String nativeType) {
        String type = nativeType.substring(nativeType.lastIndexOf('.') + 1);
        if (type.equals("citext")) {
            return CASE_INSENSITIVE;
        }
        boolean padded = type.equals("character") || type.equals("bpchar") || type.startsWith("character(");
        return padded ? BLANK_PADDED : TEXT;
    }

    private static long midnight(int days) {
        if (days == Integer.MAX_VALUE || days == Integer.MIN_VALUE) {
            return days > 0 ? Long.MAX_VALUE : Long.MIN_VALUE;
        }
        return days * MICROS_PER_DAY;
    }

    private static String canonicalDecimal(String text) {
        if (text.equals("NaN") || text.endsWith("Infinity")) {
            return text;
        }
        BigDecimal number = new BigDecimal(text);
        if (number.signum() == 0) {
            return "0";
        }
        BigDecimal stripped = number.stripTrailingZeros();
        BigInteger digits = stripped.unscaledValue();
        // Not toPlainString: 1e100000 would be a key of 100 kB.
        return stripped.scale() == 0 ? digits.toString() : digits + "E" + -stripped.scale();
    }
}
