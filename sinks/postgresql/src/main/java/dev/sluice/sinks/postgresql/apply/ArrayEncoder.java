package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.relational.LogicalType;
import java.sql.Array;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
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
    private static final int HEADER_BYTES = 20;
    private static final int NULLS_AT = 4;

    private final BinaryBuffer out = new BinaryBuffer();

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
            out.put(type, value);
        }
        return end(connection, Carrier.of(type), nulls);
    }

    Array sequences(Connection connection, List<Step.Row> rows) throws SQLException {
        begin(Carrier.INT8, rows.size());
        for (Step.Row row : rows) {
            out.put(LogicalType.INT64, row.sequence());
        }
        return end(connection, Carrier.INT8, false);
    }

    Array longs(Connection connection, List<Long> values) throws SQLException {
        begin(Carrier.INT8, values.size());
        values.forEach(value -> out.put(LogicalType.INT64, value));
        return end(connection, Carrier.INT8, false);
    }

    Array texts(Connection connection, List<? extends @Nullable String> values) throws SQLException {
        begin(Carrier.TEXT, values.size());
        values.forEach(value -> out.put(LogicalType.TEXT, value));
        return end(connection, Carrier.TEXT, values.contains(null));
    }

    Array bytes(Connection connection, List<byte[]> values) throws SQLException {
        begin(Carrier.BYTEA, values.size());
        values.forEach(value -> out.put(LogicalType.BYTES, value));
        return end(connection, Carrier.BYTEA, false);
    }

    private void begin(Carrier carrier, int size) {
        out.clear();
        out.room(HEADER_BYTES)
                .putInt(1)
                .putInt(0)
                .putInt(carrier.elementOid)
                .putInt(size)
                .putInt(1);
    }

    private Array end(Connection connection, Carrier carrier, boolean nulls) throws SQLException {
        out.room(0).putInt(NULLS_AT, nulls ? 1 : 0);
        BaseConnection postgres = connection.unwrap(BaseConnection.class);
        int arrayOid =
                postgres.getTypeInfo().getPGArrayType(postgres.getTypeInfo().getPGType(carrier.elementOid));
        return new PgArray(postgres, arrayOid, out.copy());
    }
}
