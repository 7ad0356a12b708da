package dev.sluice.verification.checks;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.HexFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Values of both sides, so that {@code equals} means what {@link Checks} says. */
final class Values {
    private static final int MAX_DOUBLE_DIGITS = 17;
    private static final int MOST_SHOWN = 80;

    private Values() {}

    /** A number that is none of a size. */
    private record NotFinite(String name) {}

    /** @param value as {@link dev.sluice.producers.api.QueryRows} has it */
    static @Nullable Object ofSource(@Nullable Object value) {
        if (value instanceof Boolean bool) {
            return bit(bool);
        } else if (value instanceof Long number) {
            return BigDecimal.valueOf(number).stripTrailingZeros();
        } else if (value instanceof BigDecimal number) {
            return number.stripTrailingZeros();
        } else if (value instanceof Double number) {
            return real(number);
        }
        return value instanceof byte[] bytes ? ByteBuffer.wrap(bytes) : value;
    }

    /** @param type of {@link Types}: the driver asks the server for the name of a type each time */
    static @Nullable Object ofTarget(ResultSet row, int column, int type) throws SQLException {
        if (type == Types.BINARY) {
            byte[] bytes = row.getBytes(column);
            return bytes == null ? null : ByteBuffer.wrap(bytes);
        }
        String text = row.getString(column);
        if (text == null) {
            return null;
        }
        return switch (type) {
            case Types.SMALLINT, Types.INTEGER, Types.BIGINT, Types.NUMERIC, Types.REAL, Types.DOUBLE -> number(text);
            // Bit strings have this type, too.
            case Types.BIT -> text.equals("t") || text.equals("f") ? bit(text.equals("t")) : text;
            case Types.CHAR -> text.replaceFirst(" +$", "");
            default -> text;
        };
    }

    private static BigDecimal bit(boolean value) {
        return value ? BigDecimal.ONE : BigDecimal.ZERO;
    }

    private static Object number(String text) {
        if (text.endsWith("NaN") || text.endsWith("Infinity")) {
            return new NotFinite(text);
        }
        try {
            return new BigDecimal(text).stripTrailingZeros();
        } catch (NumberFormatException e) {
            // Money has a number's type, and is printed with its currency.
            return text;
        }
    }

    /** As PostgreSQL prints it: with the fewest digits that read back as the same number. */
    private static Object real(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return new NotFinite(Double.toString(value));
        }
        BigDecimal exact = new BigDecimal(value);
        int digits = MAX_DOUBLE_DIGITS - 2;
        BigDecimal rounded;
        do {
            rounded = exact.round(new MathContext(digits, RoundingMode.HALF_EVEN));
            digits++;
        } while (rounded.doubleValue() != value && digits <= MAX_DOUBLE_DIGITS);
        return rounded.stripTrailingZeros();
    }

    /** About how many bytes it holds on to. */
    static int weight(@Nullable Object value) {
        if (value instanceof String text) {
            return 48 + text.length();
        }
        return value instanceof ByteBuffer bytes ? 64 + bytes.remaining() : 40;
    }

    /** Nothing that a terminal would obey, or that would look like another line. */
    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder();
        text.substring(0, Math.min(text.length(), MOST_SHOWN + 1)).chars().forEach(c -> {
            if (Character.isISOControl(c)) {
                escaped.append(String.format(Locale.ROOT, "\\u%04x", c));
            } else {
                escaped.append((char) c);
            }
        });
        return escaped.toString();
    }

    static String shown(@Nullable Object value) {
        String text;
        if (value instanceof String string) {
            text = '\'' + escaped(string) + '\'';
        } else if (value instanceof ByteBuffer bytes) {
            byte[] beginning = new byte[Math.min(MOST_SHOWN, bytes.remaining())];
            bytes.duplicate().get(beginning);
            text = "\\x" + HexFormat.of().formatHex(beginning);
        } else if (value instanceof BigDecimal number) {
            text = number.precision() - number.scale() < MOST_SHOWN ? number.toPlainString() : number.toString();
        } else {
            text = value == null ? "NULL" : value instanceof NotFinite number ? number.name : value.toString();
        }
        return text.length() <= MOST_SHOWN ? text : text.substring(0, MOST_SHOWN) + "…";
    }
}
