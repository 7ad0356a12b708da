package dev.sluice.schemas.progress;

import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;

/** What stands behind the version byte of a progress. */
final class ProgressSchemas {
    static final Schema TABLE = SchemaBuilder.record("TableName")
            .namespace("dev.sluice")
            .fields()
            .requiredString("schema")
            .requiredString("table")
            .endRecord();

    static final Schema LANE = SchemaBuilder.record("LaneProgress")
            .namespace("dev.sluice")
            .fields()
            .requiredLong("next_sequence")
            .requiredLong("transaction_order")
            .name("tables")
            .type()
            .array()
            .items(TABLE)
            .noDefault()
            .endRecord();

    /** Why a table is read again. */
    static final Schema BACKFILL = SchemaBuilder.record("Backfill")
            .namespace("dev.sluice")
            .fields()
            .requiredString("signal")
            .optionalString("where")
            .requiredBoolean("truncate")
            .endRecord();

    static final Schema SNAPSHOT = SchemaBuilder.record("SnapshotProgress")
            .namespace("dev.sluice")
            .fields()
            .requiredString("schema")
            .requiredString("table")
            .requiredString("capture")
            .optionalBytes("cursor")
            .requiredLong("rows")
            .requiredLong("rejected")
            .requiredBoolean("done")
            .name("backfill")
            .type()
            .optional()
            .type(BACKFILL)
            .endRecord();

    /** Of versions 1 and 2: every table is read once. */
    private static final Schema ONLY_SNAPSHOT = SchemaBuilder.record("SnapshotProgress")
            .namespace("dev.sluice")
            .fields()
            .requiredString("schema")
            .requiredString("table")
            .requiredString("capture")
            .optionalBytes("cursor")
            .requiredLong("rows")
            .requiredLong("rejected")
            .requiredBoolean("done")
            .endRecord();

    /** One lane at a time. */
    static final Schema VERSION_1 = SchemaBuilder.record("ProducerProgress")
            .namespace("dev.sluice")
            .fields()
            .requiredString("pipeline_id")
            .optionalBytes("position")
            .requiredLong("transaction_order")
            .name("next_sequence")
            .type()
            .map()
            .values()
            .longType()
            .noDefault()
            .name("snapshots")
            .type()
            .array()
            .items(ONLY_SNAPSHOT)
            .noDefault()
            .requiredLong("signals_offset")
            .endRecord();

    static final Schema VERSION_2 = ofLanes(ONLY_SNAPSHOT);

    static final Schema VERSION_3 = ofLanes(SNAPSHOT);

    private ProgressSchemas() {}

    private static Schema ofLanes(Schema snapshot) {
        return SchemaBuilder.record("ProducerProgress")
                .namespace("dev.sluice")
                .fields()
                .requiredString("pipeline_id")
                .optionalBytes("position")
                .name("lanes")
                .type()
                .map()
                .values(LANE)
                .noDefault()
                .name("past")
                .type()
                .map()
                .values()
                .longType()
                .noDefault()
                .name("snapshots")
                .type()
                .array()
                .items(snapshot)
                .noDefault()
                .requiredLong("signals_offset")
                .endRecord();
    }
}
