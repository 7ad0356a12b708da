package dev.sluice.schemas.event;

import dev.sluice.schemas.Position;
import dev.sluice.schemas.registry.SchemaRegistry;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.jspecify.annotations.Nullable;

/**
 * Encodes events in Confluent's wire format without intermediate records. Schemas are registered on first use under
 * {@code <topic>-<record name>} (TopicRecordNameStrategy). Not thread-safe.
 */
public final class EventWriter {
    /** Version of Sluice that stands in {@code source.version}. */
    private static final String VERSION = "1";

    private final String pipeline;
    private final String topic;
    private final SchemaRegistry registry;
    private final Map<TableId, TableSchemas> tables = new HashMap<>();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream(1024);
    private @Nullable BinaryEncoder encoder;
    private int controlId = -1;
    private int rejectedId = -1;

    public EventWriter(String pipeline, String topic, SchemaRegistry registry) {
        this.pipeline = pipeline;
        this.topic = topic;
        this.registry = registry;
    }

    /** Registers a table's schemas, so that an incompatible one is refused before anything is published. */
    public void register(Table table) {
        schemas(table);
    }

    /** The record's value. */
    public byte[] value(Event event) {
        try {
            if (event instanceof Change change) {
                return change(change);
            }
            return event instanceof Control control ? control(control) : rejected((Rejected) event);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The record's key: the primary key of a change, null for everything else. */
    public byte @Nullable [] key(Event event) {
        if (!(event instanceof Change change) || change.op() == Op.TRUNCATE) {
            return null;
        }
        try {
            BinaryEncoder encoder = begin(schemas(change.table()).keyId);
            int[] indexes = change.table().keyIndexes();
            @Nullable Object[] key = change.key();
            for (int i = 0; i < indexes.length; i++) {
                Object value = key[i];
                if (value == null) {
                    throw new IllegalArgumentException(
                            "a key of " + change.table().id() + " has a NULL");
                }
                write(encoder, change.table().columns().get(indexes[i]).type(), value);
            }
            return end(encoder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private byte[] change(Change change) throws IOException {
        BinaryEncoder encoder = begin(schemas(change.table()).envelopeId);
        writeRow(encoder, change.table(), change.isDelete() ? change.before() : null);
        writeRow(encoder, change.table(), change.isUpsert() ? change.after() : null);
        writeNames(encoder, change.unchanged());
        writeSource(encoder, change.source(), change.table().id());
        encoder.writeString(change.op().code());
        encoder.writeLong(change.publishedMillis());
        writeTransaction(encoder, change.transaction());
        writeNames(encoder, change.transformed().stream().map(Transformed::text).toList());
        return end(encoder);
    }

    private byte[] control(Control control) throws IOException {
        if (controlId < 0) {
            controlId = register(EventSchemas.CONTROL);
        }
        BinaryEncoder encoder = begin(controlId);
        encoder.writeString(control.kind().name());
        writeOptional(encoder, control.signal());
        encoder.writeMapStart();
        encoder.setItemCount(control.attributes().size());
        for (Map.Entry<String, String> attribute : control.attributes().entrySet()) {
            encoder.startItem();
            encoder.writeString(attribute.getKey());
            encoder.writeString(attribute.getValue());
        }
        encoder.writeMapEnd();
        writeSource(encoder, control.source(), control.table());
        encoder.writeLong(control.publishedMillis());
        writeTransaction(encoder, control.transaction());
        return end(encoder);
    }

    private byte[] rejected(Rejected rejected) throws IOException {
        if (rejectedId < 0) {
            rejectedId = register(EventSchemas.REJECTED);
        }
        BinaryEncoder encoder = begin(rejectedId);
        encoder.writeString(rejected.op().code());
        encoder.writeString(rejected.key());
        writeOptional(encoder, rejected.column());
        encoder.writeString(rejected.reason());
        encoder.writeString(rejected.message());
        encoder.writeBytes(rejected.raw());
        encoder.writeString(rejected.rawFormat());
        writeSource(encoder, rejected.source(), rejected.table());
        encoder.writeLong(rejected.publishedMillis());
        writeTransaction(encoder, rejected.transaction());
        return end(encoder);
    }

    private BinaryEncoder begin(int schemaId) {
        out.reset();
        WireFormat.putHeader(out, schemaId);
        encoder = EncoderFactory.get().binaryEncoder(out, encoder);
        return encoder;
    }

    private byte[] end(BinaryEncoder encoder) throws IOException {
        encoder.flush();
        return out.toByteArray();
    }

    private static void writeRow(BinaryEncoder encoder, Table table, @Nullable Object @Nullable [] row)
            throws IOException {
        if (row == null) {
            encoder.writeIndex(0);
            return;
        }
        if (row.length != table.columns().size()) {
            throw new IllegalArgumentException("a row of " + table.id() + " has " + row.length + " values for "
                    + table.columns().size() + " columns");
        }
        encoder.writeIndex(1);
        for (int i = 0; i < row.length; i++) {
            Object value = row[i];
            encoder.writeIndex(value == null ? 0 : 1);
            if (value != null) {
                writeColumn(encoder, table, table.columns().get(i), value);
            }
        }
    }

    private static void writeColumn(BinaryEncoder encoder, Table table, Column column, Object value)
            throws IOException {
        try {
            write(encoder, column.type(), value);
        } catch (ClassCastException e) {
            throw new IllegalArgumentException(
                    "column " + column.name() + " of " + table.id() + " is " + column.type() + " and cannot hold a "
                            + value.getClass().getSimpleName(),
                    e);
        }
    }

    private static void write(BinaryEncoder encoder, LogicalType type, Object value) throws IOException {
        switch (type) {
            case BOOLEAN -> encoder.writeBoolean((Boolean) value);
            case INT16, INT32, DATE -> encoder.writeInt((Integer) value);
            case INT64, TIME, TIMESTAMP, TIMESTAMPTZ -> encoder.writeLong((Long) value);
            case FLOAT32 -> encoder.writeFloat((Float) value);
            case FLOAT64 -> encoder.writeDouble((Double) value);
            case DECIMAL, TEXT, JSON, NATIVE -> encoder.writeString((String) value);
            case BYTES -> encoder.writeBytes((byte[]) value);
            case UUID -> {
                UUID uuid = (UUID) value;
                byte[] bytes = ByteBuffer.allocate(16)
                        .putLong(uuid.getMostSignificantBits())
                        .putLong(uuid.getLeastSignificantBits())
                        .array();
                encoder.writeFixed(bytes);
            }
        }
    }

    private static void writeNames(BinaryEncoder encoder, Collection<String> names) throws IOException {
        if (names.isEmpty()) {
            encoder.writeIndex(0);
            return;
        }
        encoder.writeIndex(1);
        encoder.writeArrayStart();
        encoder.setItemCount(names.size());
        for (String name : names) {
            encoder.startItem();
            encoder.writeString(name);
        }
        encoder.writeArrayEnd();
    }

    private void writeSource(BinaryEncoder encoder, Source source, @Nullable TableId table) throws IOException {
        encoder.writeString(VERSION);
        encoder.writeString(source.connector());
        encoder.writeString(pipeline);
        encoder.writeLong(source.commitMillis());
        encoder.writeString(source.snapshot() ? "true" : "false");
        encoder.writeString(source.database());
        writeOptional(encoder, table == null ? null : table.schema());
        writeOptional(encoder, table == null ? null : table.name());
        encoder.writeLong(source.sequence());
        Position position = source.position();
        encoder.writeBytes(position.bytes());
        encoder.writeString(source.pipelineId());
    }

    private static void writeTransaction(BinaryEncoder encoder, Transaction transaction) throws IOException {
        encoder.writeString(transaction.id());
        encoder.writeLong(transaction.totalOrder());
        encoder.writeLong(transaction.dataCollectionOrder());
        encoder.writeBoolean(transaction.last());
    }

    private static void writeOptional(BinaryEncoder encoder, @Nullable String text) throws IOException {
        encoder.writeIndex(text == null ? 0 : 1);
        if (text != null) {
            encoder.writeString(text);
        }
    }

    private TableSchemas schemas(Table table) {
        TableSchemas known = tables.get(table.id());
        if (known == null || !known.columns.equals(table.columns())) {
            Schema envelope = EventSchemas.envelope(pipeline, table);
            Schema key = EventSchemas.key(pipeline, table);
            known = new TableSchemas(table.columns(), register(envelope), register(key));
            tables.put(table.id(), known);
        }
        return known;
    }

    private int register(Schema schema) {
        return registry.register(topic + "-" + schema.getFullName(), schema);
    }

    private static final class TableSchemas {
        private final java.util.List<Column> columns;
        private final int envelopeId;
        private final int keyId;

        private TableSchemas(java.util.List<Column> columns, int envelopeId, int keyId) {
            this.columns = columns;
            this.envelopeId = envelopeId;
            this.keyId = keyId;
        }
    }
}
