package dev.sluice.schemas.event;

import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.BiPredicate;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryDecoder;
import org.jspecify.annotations.Nullable;

/** Reads the rows of one envelope schema; the table is rebuilt from the schema's properties. */
final class TableReader {
    private final Table table;
    private final LogicalType[] types;
    private final boolean[] wanted;

    private TableReader(Table table, BiPredicate<TableId, String> wanted) {
        this.table = table;
        int n = table.columns().size();
        this.types = new LogicalType[n];
        this.wanted = new boolean[n];
        for (int i = 0; i < n; i++) {
            Column column = table.columns().get(i);
            types[i] = column.type();
            this.wanted[i] = table.primaryKey().contains(column.name()) || wanted.test(table.id(), column.name());
        }
    }

    static TableReader of(Schema envelope, BiPredicate<TableId, String> wanted) {
        String schema = envelope.getProp(EventSchemas.TABLE_SCHEMA);
        String name = envelope.getProp(EventSchemas.TABLE_NAME);
        Object key = envelope.getObjectProp(EventSchemas.KEY);
        if (schema == null || name == null || !(key instanceof List<?> keyNames)) {
            throw new EventFormatException(
                    "schema " + envelope.getFullName() + " is not a change envelope of this version");
        }
        List<Column> columns = new ArrayList<>();
        Schema row = envelope.getField("after").schema().getTypes().get(1);
        for (Schema.Field field : row.getFields()) {
            columns.add(new Column(
                    property(field, EventSchemas.COLUMN),
                    LogicalType.valueOf(property(field, EventSchemas.LOGICAL_TYPE)),
                    property(field, EventSchemas.NATIVE_TYPE),
                    true,
                    false));
        }
        List<String> primaryKey = keyNames.stream().map(Object::toString).toList();
        return new TableReader(new Table(new TableId(schema, name), columns, primaryKey, List.of(), List.of()), wanted);
    }

    private static String property(Schema.Field field, String name) {
        String value = field.getProp(name);
        if (value == null) {
            throw new EventFormatException("field " + field.name() + " lacks the property " + name);
        }
        return value;
    }

    Table table() {
        return table;
    }

    @Nullable
    Object[] row(BinaryDecoder in) throws IOException {
        @Nullable Object[] row = new @Nullable Object[types.length];
        for (int i = 0; i < types.length; i++) {
            if (in.readIndex() == 0) {
                continue;
            }
            if (wanted[i]) {
                row[i] = read(in, types[i]);
            } else {
                skip(in, types[i]);
            }
        }
        return row;
    }

    private static Object read(BinaryDecoder in, LogicalType type) throws IOException {
        return switch (type) {
            case BOOLEAN -> in.readBoolean();
            case INT16, INT32, DATE -> in.readInt();
            case INT64, TIME, TIMESTAMP, TIMESTAMPTZ -> in.readLong();
            case FLOAT32 -> in.readFloat();
            case FLOAT64 -> in.readDouble();
            case DECIMAL, TEXT, JSON, NATIVE -> in.readString();
            case BYTES -> bytes(in);
            case UUID -> uuid(in);
        };
    }

    private static byte[] bytes(BinaryDecoder in) throws IOException {
        ByteBuffer buffer = in.readBytes(null);
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    private static UUID uuid(BinaryDecoder in) throws IOException {
        byte[] bytes = new byte[16];
        in.readFixed(bytes);
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return new UUID(buffer.getLong(), buffer.getLong());
    }

    private static void skip(BinaryDecoder in, LogicalType type) throws IOException {
        switch (type) {
            case BOOLEAN -> in.readBoolean();
            case INT16, INT32, DATE -> in.readInt();
            case INT64, TIME, TIMESTAMP, TIMESTAMPTZ -> in.readLong();
            case FLOAT32 -> in.readFloat();
            case FLOAT64 -> in.readDouble();
            case DECIMAL, TEXT, JSON, NATIVE -> in.skipString();
            case BYTES -> in.skipBytes();
            case UUID -> in.skipFixed(16);
        }
    }
}
