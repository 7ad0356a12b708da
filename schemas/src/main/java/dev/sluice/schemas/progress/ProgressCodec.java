package dev.sluice.schemas.progress;

import dev.sluice.schemas.Position;
import dev.sluice.schemas.relational.TableId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;

/** One version byte and Avro binary. Only Sluice's own producer reads it, so its schema stands here and not in the registry. */
public final class ProgressCodec {
    private static final byte VERSION = 1;

    private static final Schema SNAPSHOT = SchemaBuilder.record("SnapshotProgress")
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

    private static final Schema SCHEMA = SchemaBuilder.record("ProducerProgress")
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
            .items(SNAPSHOT)
            .noDefault()
            .requiredLong("signals_offset")
            .endRecord();

    private ProgressCodec() {}

    public static byte[] encode(ProducerProgress progress) {
        GenericRecord record = new GenericData.Record(SCHEMA);
        record.put("pipeline_id", progress.pipelineId());
        Position position = progress.position();
        record.put("position", position == null ? null : ByteBuffer.wrap(position.bytes()));
        record.put("transaction_order", progress.transactionOrder());
        record.put("next_sequence", progress.nextSequence());
        record.put(
                "snapshots",
                progress.snapshots().stream().map(ProgressCodec::record).toList());
        record.put("signals_offset", progress.signalsOffset());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(VERSION);
        try {
            BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
            new GenericDatumWriter<GenericRecord>(SCHEMA).write(record, encoder);
            encoder.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** @throws IllegalArgumentException when the bytes are of another version or no progress at all */
    public static ProducerProgress decode(byte[] bytes) {
        if (bytes.length < 2 || bytes[0] != VERSION) {
            throw new IllegalArgumentException(
                    "producer progress is not of version " + VERSION + ": another version of Sluice wrote it");
        }
        try {
            GenericRecord record = new GenericDatumReader<GenericRecord>(SCHEMA)
                    .read(null, DecoderFactory.get().binaryDecoder(bytes, 1, bytes.length - 1, null));
            return progress(record);
        } catch (IOException e) {
            throw new IllegalArgumentException("producer progress cannot be decoded: " + e.getMessage(), e);
        }
    }

    private static GenericRecord record(SnapshotProgress snapshot) {
        GenericRecord record = new GenericData.Record(SNAPSHOT);
        record.put("schema", snapshot.table().schema());
        record.put("table", snapshot.table().name());
        record.put("capture", snapshot.capture());
        byte[] cursor = snapshot.cursor();
        record.put("cursor", cursor == null ? null : ByteBuffer.wrap(cursor));
        record.put("rows", snapshot.rows());
        record.put("rejected", snapshot.rejected());
        record.put("done", snapshot.done());
        return record;
    }

    private static ProducerProgress progress(GenericRecord record) {
        Map<String, Long> sequences = new HashMap<>();
        ((Map<?, ?>) record.get("next_sequence")).forEach((lane, next) -> sequences.put(lane.toString(), (Long) next));
        List<SnapshotProgress> snapshots = new ArrayList<>();
        for (Object item : (List<?>) record.get("snapshots")) {
            snapshots.add(snapshot((GenericRecord) item));
        }
        ByteBuffer position = (ByteBuffer) record.get("position");
        return new ProducerProgress(
                record.get("pipeline_id").toString(),
                position == null ? null : Position.of(position),
                (Long) record.get("transaction_order"),
                sequences,
                snapshots,
                (Long) record.get("signals_offset"));
    }

    private static SnapshotProgress snapshot(GenericRecord record) {
        ByteBuffer buffer = (ByteBuffer) record.get("cursor");
        byte[] cursor = null;
        if (buffer != null) {
            cursor = new byte[buffer.remaining()];
            buffer.get(cursor);
        }
        TableId table =
                new TableId(record.get("schema").toString(), record.get("table").toString());
        return new SnapshotProgress(
                table,
                record.get("capture").toString(),
                cursor,
                (Long) record.get("rows"),
                (Long) record.get("rejected"),
                (Boolean) record.get("done"));
    }
}
