package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.sinks.postgresql.catalog.TargetColumn;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.ByteConverter;

/** COPY's binary format, for tables whose every column has a binary form that is known here. PostgreSQL does not have to parse then. */
final class CopyBinary implements CopyFormat {
    private static final byte[] SIGNATURE = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0};
    private static final String OUT_OF_RANGE = "22003";
    private static final String NO_NUMBER = "22P02";
    /** Of {@code numeric} on the wire: the most digits behind the point that it can say. */
    private static final int MOST_SCALE = 16_383;

    /** In front of the point; the driver's conversion would make 0 of more. */
    private static final int MOST_DIGITS = 131_072;

    private static final int NO_DIGITS_BYTES = 8;
    private static final short NOT_A_NUMBER = (short) 0xC000;
    private static final short INFINITY = (short) 0xD000;
    private static final short NEGATIVE_INFINITY = (short) 0xF000;

    private final BinaryBuffer out = new BinaryBuffer();

    /** Native types have binary forms of their own, which nobody here knows. */
    static boolean canWrite(BoundTable table) {
        return table.columns().stream().noneMatch(column -> column.type() == LogicalType.NATIVE);
    }

    @Override
    public String name() {
        return "binary";
    }

    @Override
    public BinaryBuffer out() {
        return out;
    }

    @Override
    public void begin() {
        out.room(SIGNATURE.length + 8).put(SIGNATURE).putInt(0).putInt(0);
    }

    @Override
    public void add(BoundTable table, Step.Row row) throws SQLException {
        int columns = table.columns().size();
        out.room(2).putShort((short) (columns + 1));
        for (int i = 0; i < columns; i++) {
            put(table.column(i), row.values()[i]);
        }
        out.put(LogicalType.INT64, row.sequence());
    }

    @Override
    public void end() {
        out.room(2).putShort((short) -1);
    }

    private void put(TargetColumn column, @Nullable Object value) throws SQLException {
        if (value == null) {
            out.putNull();
            return;
        }
        switch (column.type()) {
            case INT16 -> putShort(column, (Integer) value);
            case DECIMAL -> putNumeric(column, (String) value);
            case JSON -> putJson(column, ((String) value).getBytes(StandardCharsets.UTF_8));
            case BOOLEAN,
                    INT32,
                    INT64,
                    FLOAT32,
                    FLOAT64,
                    TEXT,
                    BYTES,
                    UUID,
                    DATE,
                    TIME,
                    TIMESTAMP,
                    TIMESTAMPTZ,
                    NATIVE -> out.put(column.type(), value);
        }
    }

    private void putShort(TargetColumn column, int value) throws SQLException {
        if (value != (short) value) {
            throw new SQLException("column " + column.name() + " is out of range", OUT_OF_RANGE);
        }
        out.room(6).putInt(2).putShort((short) value);
    }

    /** Version 1 of jsonb's binary form is a byte and the text. */
    private void putJson(TargetColumn column, byte[] text) {
        if (column.baseType().equals("jsonb")) {
            out.room(5 + text.length).putInt(1 + text.length).put((byte) 1).put(text);
        } else {
            out.putBytes(text);
        }
    }

    private void putNumeric(TargetColumn column, String value) throws SQLException {
        switch (value) {
            case "NaN" -> putSpecial(NOT_A_NUMBER);
            case "Infinity" -> putSpecial(INFINITY);
            case "-Infinity" -> putSpecial(NEGATIVE_INFINITY);
            default -> {
                BigDecimal number = parse(column, value);
                if (Math.abs((long) number.scale()) > MOST_SCALE
                        || (long) number.precision() - number.scale() > MOST_DIGITS) {
                    throw new SQLException("column " + column.name() + " is out of range", OUT_OF_RANGE);
                }
                out.putBytes(ByteConverter.numeric(number));
            }
        }
    }

    private static BigDecimal parse(TargetColumn column, String value) throws SQLException {
        try {
            return new BigDecimal(value);
        } catch (NumberFormatException e) {
            throw new SQLException("column " + column.name() + " holds no number", NO_NUMBER, e);
        }
    }

    /** Number of digits, weight, sign, scale. */
    private void putSpecial(short sign) {
        out.room(4 + NO_DIGITS_BYTES)
                .putInt(NO_DIGITS_BYTES)
                .putShort((short) 0)
                .putShort((short) 0)
                .putShort(sign)
                .putShort((short) 0);
    }
}
