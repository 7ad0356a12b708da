package dev.sluice.schemas.event;

import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.JsonProperties;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;

/**
 * The Avro schemas of a lane's records: Debezium's envelope per table, one record for control events, one for rejected ones. Every column of a row is
 * nullable on the wire, because a source may hold a NULL that the target refuses; real names stand in the property {@code sluice.column}.
 */
public final class EventSchemas {
    /** Property of a field: the column's real name. */
    static final String COLUMN = "sluice.column";
    /** Property of a field: PostgreSQL's spelling of the column's type. */
    static final String NATIVE_TYPE = "sluice.type";
    /** Property of a field: {@link LogicalType} of the column. */
    static final String LOGICAL_TYPE = "sluice.logical";
    /** Property of an envelope: {@code schema.table}. */
    static final String TABLE_SCHEMA = "sluice.schema";

    static final String TABLE_NAME = "sluice.table";
    /** Property of an envelope: names of the key's columns. */
    static final String KEY = "sluice.key";

    /** Field of an envelope: what rules changed, as {@code rule:column}. Not there in the events of older versions. */
    static final String TRANSFORMED = "transformed";

    private static final Schema SOURCE = sourceSchema();
    private static final Schema TRANSACTION = transactionSchema();
    /** One schema for every pipeline. */
    public static final Schema CONTROL = controlSchema();

    public static final Schema REJECTED = rejectedSchema();

    private EventSchemas() {}

    /** Envelope of a table's changes; {@code namespace} keeps tables and pipelines apart. */
    public static Schema envelope(String pipeline, Table table) {
        String namespace = namespace(pipeline, table);
        Schema row = rowSchema(namespace, table);
        Schema envelope = Schema.createRecord("Envelope", null, namespace, false);
        envelope.addProp(TABLE_SCHEMA, table.id().schema());
        envelope.addProp(TABLE_NAME, table.id().name());
        envelope.addProp(KEY, table.primaryKey());
        envelope.setFields(List.of(
                optional("before", row),
                optional("after", row),
                optional("unchanged", Schema.createArray(Schema.create(Schema.Type.STRING))),
                required("source", SOURCE),
                required("op", Schema.create(Schema.Type.STRING)),
                required("ts_ms", Schema.create(Schema.Type.LONG)),
                required("transaction", TRANSACTION),
                optional(TRANSFORMED, Schema.createArray(Schema.create(Schema.Type.STRING)))));
        return envelope;
    }

    /** Message key of a table's changes: the primary key. */
    public static Schema key(String pipeline, Table table) {
        Schema key = Schema.createRecord("Key", null, namespace(pipeline, table), false);
        List<Schema.Field> fields = new ArrayList<>();
        for (String name : table.primaryKey()) {
            fields.add(column(table.columns().get(table.indexOf(name)), false));
        }
        key.setFields(fields);
        return key;
    }

    private static String namespace(String pipeline, Table table) {
        return AvroNames.escape(pipeline) + "." + AvroNames.escape(table.id().schema()) + "."
                + AvroNames.escape(table.id().name());
    }

    private static Schema rowSchema(String namespace, Table table) {
        Schema row = Schema.createRecord("Value", null, namespace, false);
        row.setFields(table.columns().stream().map(c -> column(c, true)).toList());
        return row;
    }

    private static Schema.Field column(Column column, boolean nullable) {
        Schema type = type(column.type());
        String name = AvroNames.escape(column.name());
        Schema.Field field = nullable ? optional(name, type) : required(name, type);
        field.addProp(COLUMN, column.name());
        field.addProp(NATIVE_TYPE, column.nativeType());
        field.addProp(LOGICAL_TYPE, column.type().name());
        return field;
    }

    private static Schema type(LogicalType type) {
        return switch (type) {
            case BOOLEAN -> Schema.create(Schema.Type.BOOLEAN);
            case INT16 -> withProp(Schema.create(Schema.Type.INT), "connect.type", "int16");
            case INT32 -> Schema.create(Schema.Type.INT);
            case INT64 -> Schema.create(Schema.Type.LONG);
            case FLOAT32 -> Schema.create(Schema.Type.FLOAT);
            case FLOAT64 -> Schema.create(Schema.Type.DOUBLE);
            case DECIMAL -> withProp(Schema.create(Schema.Type.STRING), "logicalType", "sluice.decimal");
            case TEXT -> Schema.create(Schema.Type.STRING);
            case BYTES -> Schema.create(Schema.Type.BYTES);
            case UUID -> LogicalTypes.uuid().addToSchema(Schema.createFixed("Uuid", null, "dev.sluice", 16));
            case DATE -> LogicalTypes.date().addToSchema(Schema.create(Schema.Type.INT));
            case TIME -> LogicalTypes.timeMicros().addToSchema(Schema.create(Schema.Type.LONG));
            case TIMESTAMP -> LogicalTypes.localTimestampMicros().addToSchema(Schema.create(Schema.Type.LONG));
            case TIMESTAMPTZ -> LogicalTypes.timestampMicros().addToSchema(Schema.create(Schema.Type.LONG));
            case JSON -> withProp(Schema.create(Schema.Type.STRING), "logicalType", "sluice.json");
            case NATIVE -> withProp(Schema.create(Schema.Type.STRING), "logicalType", "sluice.native");
        };
    }

    private static Schema withProp(Schema schema, String name, String value) {
        schema.addProp(name, value);
        return schema;
    }

    private static Schema sourceSchema() {
        Schema source =
                Schema.createRecord("Source", "Debezium's source block with Sluice's own fields", "dev.sluice", false);
        source.setFields(List.of(
                required("version", Schema.create(Schema.Type.STRING)),
                required("connector", Schema.create(Schema.Type.STRING)),
                required("name", Schema.create(Schema.Type.STRING)),
                required("ts_ms", Schema.create(Schema.Type.LONG)),
                required("snapshot", Schema.create(Schema.Type.STRING)),
                required("db", Schema.create(Schema.Type.STRING)),
                optional("schema", Schema.create(Schema.Type.STRING)),
                optional("table", Schema.create(Schema.Type.STRING)),
                required("lane_sequence", Schema.create(Schema.Type.LONG)),
                required("position", Schema.create(Schema.Type.BYTES)),
                required("pipeline_id", Schema.create(Schema.Type.STRING))));
        return source;
    }

    private static Schema transactionSchema() {
        Schema transaction = Schema.createRecord("TransactionInfo", null, "dev.sluice", false);
        transaction.setFields(List.of(
                required("id", Schema.create(Schema.Type.STRING)),
                required("total_order", Schema.create(Schema.Type.LONG)),
                required("data_collection_order", Schema.create(Schema.Type.LONG)),
                required("last", Schema.create(Schema.Type.BOOLEAN))));
        return transaction;
    }

    private static Schema controlSchema() {
        Schema control = Schema.createRecord("Control", null, "dev.sluice", false);
        control.setFields(List.of(
                required("kind", Schema.create(Schema.Type.STRING)),
                optional("signal", Schema.create(Schema.Type.STRING)),
                required("attributes", Schema.createMap(Schema.create(Schema.Type.STRING))),
                required("source", SOURCE),
                required("ts_ms", Schema.create(Schema.Type.LONG)),
                required("transaction", TRANSACTION)));
        return control;
    }

    private static Schema rejectedSchema() {
        Schema rejected = Schema.createRecord("Rejected", null, "dev.sluice", false);
        rejected.setFields(List.of(
                required("op", Schema.create(Schema.Type.STRING)),
                required("key", Schema.create(Schema.Type.STRING)),
                optional("column", Schema.create(Schema.Type.STRING)),
                required("reason", Schema.create(Schema.Type.STRING)),
                required("message", Schema.create(Schema.Type.STRING)),
                required("raw", Schema.create(Schema.Type.BYTES)),
                required("raw_format", Schema.create(Schema.Type.STRING)),
                required("source", SOURCE),
                required("ts_ms", Schema.create(Schema.Type.LONG)),
                required("transaction", TRANSACTION)));
        return rejected;
    }

    private static Schema.Field required(String name, Schema schema) {
        return new Schema.Field(name, schema, null, null);
    }

    private static Schema.Field optional(String name, Schema schema) {
        return new Schema.Field(
                name, Schema.createUnion(Schema.create(Schema.Type.NULL), schema), null, JsonProperties.NULL_VALUE);
    }
}
