package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.relational.LogicalType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Array;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.Oid;
import org.postgresql.jdbc.PgArray;

/**
 * Encodes a column of rows as a one-dimensional array in PostgreSQL's binary format, which the driver sends as it is. No value goes through text on
 * this side; what PostgreSQL only reads as text (numeric, json, native types) goes as an array of text.
 *
 * <p>Values that PostgreSQL cannot hold stay what they are or become a value out of range; PostgreSQL refuses them, and nothing wraps around.
 */
final class ArrayEncoder {
    private static final long EPOCH_DAYS = 10_957;
    private static final long EPOCH_MICROS = 946_684_800_000_000L;
    private static final int HEADER_BYTES = 20;

    private ByteBuffer out = ByteBuffer.allocate(1 << 16);

    /** The array type that carries a column, and its element's name in SQL. */
    enum Carrier {
        BOOL(Oid.BOOL, "boolean"),
        INT4(Oid.INT4, "integer"),
        INT8(Oid.INT8, "bigint"),
        FLOAT4(Oid.FLOAT4, "real"),
        FLOAT8(Oid.FLOAT8, "double precision"),
        TEXT(Oid.TEXT, "text"),
        BYTEA(Oid.BYTEA, "bytea"),
        UUID(Oid.UUID, "uuid"),
        DATE(Oid.DATE, "date"),
        TIME(Oid.TIME, "time without time zone"),
        TIMESTAMP(Oid.TIMESTAMP, "timestamp without time zone"),
        TIMESTAMPTZ(Oid.TIMESTAMPTZ, "timestamp with time zone");

        private final int elementOid;
        private final String elementName;

        Carrier(int elementOid, String elementName) {
            this.elementOid = elementOid;
            this.elementName = elementName;
        }

        String elementName() {
            return elementName;
        }

        /** Sixteen bits travel in thirty-two, so that PostgreSQL sees and refuses what is out of range. */
        static Carrier of(LogicalType type) {
            return switch (type) {
                case BOOLEAN -> BOOL;
                case INT16, INT32 -> INT4;
                case INT64 -> INT8;
                case FLOAT32 -> FLOAT4;
                case FLOAT64 -> FLOAT8;
                case DECIMAL, TEXT, JSON, NATIVE -> TEXT;
                case BYTES -> BYTEA;
                case UUID -> UUID;
                case DATE -> DATE;
                case TIME -> TIME;
                case TIMESTAMP -> TIMESTAMP;
                case TIMESTAMPTZ -> TIMESTAMPTZ;
            };
        }
    }

    /** One column of rows. */
    Array column(Connection connection, LogicalType type, List<Step.Row> rows, int index) throws SQLException {
        begin(Carrier.of(type), rows.size());
        boolean nulls = false;
        for (Step.Row row : rows) {
            Object value = row.values()[index];
            nulls |= value == null;
            put(type, value);
        }
        return end(connection, Carrier.of(type), nulls);
    }

    Array sequences(Connection connection, List<Step.Row> rows) throws SQLException {
        begin(Carrier.INT8, rows.size());
        for (Step.Row row : rows) {
            put(LogicalType.INT64, row.sequence());
        }
        return end(connection, Carrier.INT8, false);
    }

    Array longs(Connection connection, List<Long> values) throws SQLException {
        begin(Carrier.INT8, values.size());
        values.forEach(value -> put(LogicalType.INT64, value));
        return end(connection, Carrier.INT8, false);
    }

    Array texts(Connection connection, List<? extends @Nullable String> values) throws SQLException {
        begin(Carrier.TEXT, values.size());
        values.forEach(value -> put(LogicalType.TEXT, value));
        return end(connection, Carrier.TEXT, values.contains(null));
    }

    Array bytes(Connection connection, List<byte[]> values) throws SQLException {
        begin(Carrier.BYTEA, values.size());
        values.forEach(value -> put(LogicalType.BYTES, value));
        return end(connection, Carrier.BYTEA, false);
    }

    private void begin(Carrier carrier, int size) {
        out.clear();
        out.putInt(1).putInt(0).putInt(carrier.elementOid).putInt(size).putInt(1);
    }

    private Array end(Connection connection, Carrier carrier, boolean nulls) throws SQLException {
        out.putInt(4, nulls ? 1 : 0);
        byte[] encoded = new byte[out.position()];
        out.flip().get(encoded);
        BaseConnection postgres = connection.unwrap(BaseConnection.class);
        int arrayOid =
                postgres.getTypeInfo().getPGArrayType(postgres.getTypeInfo().getPGType(carrier.elementOid));
        shrink();
        return new PgArray(postgres, arrayOid, encoded);
    }

    /** One batch of large values must not pin memory for ever. */
    private void shrink() {
        if (out.capacity() > 1 << 22) {
            out = ByteBuffer.allocate(1 << 16);
        }
    }

    private void put(LogicalType type, @Nullable Object value) {
        if (value == null) {
            room(4).putInt(-1);
            return;
        }
        switch (type) {
            case BOOLEAN -> room(5).putInt(1).put((byte) ((Boolean) value ? 1 : 0));
            case INT16, INT32 -> room(8).putInt(4).putInt((Integer) value);
            case FLOAT32 -> room(8).putInt(4).putFloat((Float) value);
            case FLOAT64 -> room(12).putInt(8).putDouble((Double) value);
            case INT64, TIME -> room(12).putInt(8).putLong((Long) value);
            case DECIMAL, TEXT, JSON, NATIVE -> putBytes(((String) value).getBytes(StandardCharsets.UTF_8));
            case BYTES -> putBytes((byte[]) value);
            case UUID -> {
                UUID uuid = (UUID) value;
                room(20).putInt(16).putLong(uuid.getMostSignificantBits()).putLong(uuid.getLeastSignificantBits());
            }
            case DATE -> room(8).putInt(4).putInt(date((Integer) value));
            case TIMESTAMP, TIMESTAMPTZ -> room(12).putInt(8).putLong(timestamp((Long) value));
        }
    }

    /** PostgreSQL counts from 2000-01-01 and keeps the extremes for the infinities. */
    private static int date(int days) {
        if (days == Integer.MAX_VALUE || days == Integer.MIN_VALUE) {
            return days;
        }
        return (int) Math.max(Integer.MIN_VALUE + 1L, days - EPOCH_DAYS);
    }

    private static long timestamp(long micros) {
        if (micros == Long.MAX_VALUE || micros == Long.MIN_VALUE) {
            return micros;
        }
        return micros < Long.MIN_VALUE + EPOCH_MICROS ? Long.MIN_VALUE + 1 : micros - EPOCH_MICROS;
    }

    private void putBytes(byte[] bytes) {
        room(4 + bytes.length).putInt(bytes.length).put(bytes);
    }

    private ByteBuffer room(int bytes) {
        if (out.remaining() < bytes) {
            int needed = Math.addExact(out.position(), bytes);
            ByteBuffer larger = ByteBuffer.allocate(Math.max(needed, Math.max(HEADER_BYTES, out.capacity() * 2)));
            larger.put(out.flip());
            out = larger;
        }
        return out;
    }
}
