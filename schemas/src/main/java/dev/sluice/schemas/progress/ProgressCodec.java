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
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.jspecify.annotations.Nullable;

/**
 * One version byte and Avro binary. Only Sluice's own producer reads it, so its schemas stand here and not in the registry. Written is version 3; version 1,
 * of pipelines with one lane, and version 2, in which no table is read again, are still read.
 */
public final class ProgressCodec {
    private static final byte VERSION = 3;

    private ProgressCodec() {}

    public static byte[] encode(ProducerProgress progress) {
        GenericRecord record = new GenericData.Record(ProgressSchemas.VERSION_3);
        record.put("pipeline_id", progress.pipelineId());
        Position position = progress.position();
        record.put("position", position == null ? null : ByteBuffer.wrap(position.bytes()));
        Map<String, GenericRecord> lanes = new HashMap<>();
        progress.lanes().forEach((lane, at) -> lanes.put(lane, record(at)));
        record.put("lanes", lanes);
        record.put("past", progress.past());
        record.put(
                "snapshots",
                progress.snapshots().stream().map(ProgressCodec::record).toList());
        record.put("signals_offset", progress.signalsOffset());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(VERSION);
        try {
            BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
            new GenericDatumWriter<GenericRecord>(ProgressSchemas.VERSION_3).write(record, encoder);
            encoder.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** @throws IllegalArgumentException when the bytes are of another version or no progress at all */
    public static ProducerProgress decode(byte[] bytes) {
        int version = bytes.length < 2 ? -1 : bytes[0];
        Schema schema =
                switch (version) {
                    case 1 -> ProgressSchemas.VERSION_1;
                    case 2 -> ProgressSchemas.VERSION_2;
                    case VERSION -> ProgressSchemas.VERSION_3;
                    default ->
                        throw new IllegalArgumentException("producer progress is of version " + version
                                + ", expected was version 1 to " + VERSION + ": another version of Sluice wrote it");
                };
        try {
            GenericRecord record = new GenericDatumReader<GenericRecord>(schema)
                    .read(null, DecoderFactory.get().binaryDecoder(bytes, 1, bytes.length - 1, null));
            return version == 1
                    ? progress(record, firstLanes(record), new TreeMap<>())
                    : progress(record, lanes(record), past(record));
        } catch (IOException e) {
            throw new IllegalArgumentException("producer progress cannot be decoded: " + e.getMessage(), e);
        }
    }

    private static ProducerProgress progress(
            GenericRecord record, SortedMap<String, LaneProgress> lanes, SortedMap<String, Long> past) {
        List<SnapshotProgress> snapshots = new ArrayList<>();
        for (Object item : (List<?>) record.get("snapshots")) {
            snapshots.add(snapshot((GenericRecord) item));
        }
        ByteBuffer position = (ByteBuffer) record.get("position");
        return new ProducerProgress(
                record.get("pipeline_id").toString(),
                position == null ? null : Position.of(position),
                lanes,
                past,
                snapshots,
                (Long) record.get("signals_offset"));
    }

    private static SortedMap<String, LaneProgress> firstLanes(GenericRecord record) {
        SortedMap<String, LaneProgress> lanes = new TreeMap<>();
        long order = (Long) record.get("transaction_order");
        ((Map<?, ?>) record.get("next_sequence"))
                .forEach((lane, next) ->
                        lanes.put(lane.toString(), new LaneProgress((Long) next, order, new TreeSet<>())));
        return lanes;
    }

    private static SortedMap<String, LaneProgress> lanes(GenericRecord record) {
        SortedMap<String, LaneProgress> lanes = new TreeMap<>();
        ((Map<?, ?>) record.get("lanes")).forEach((lane, at) -> lanes.put(lane.toString(), lane((GenericRecord) at)));
        return lanes;
    }

    private static SortedMap<String, Long> past(GenericRecord record) {
        SortedMap<String, Long> past = new TreeMap<>();
        ((Map<?, ?>) record.get("past")).forEach((lane, next) -> past.put(lane.toString(), (Long) next));
        return past;
    }

    private static GenericRecord record(LaneProgress lane) {
        GenericRecord record = new GenericData.Record(ProgressSchemas.LANE);
        record.put("next_sequence", lane.nextSequence());
        record.put("transaction_order", lane.transactionOrder());
        record.put(
                "tables",
                lane.tables().stream()
                        .map(table -> named(new GenericData.Record(ProgressSchemas.TABLE), table))
                        .toList());
        return record;
    }

    private static LaneProgress lane(GenericRecord record) {
        SortedSet<TableId> tables = new TreeSet<>();
        for (Object table : (List<?>) record.get("tables")) {
            tables.add(table((GenericRecord) table));
        }
        return new LaneProgress((Long) record.get("next_sequence"), (Long) record.get("transaction_order"), tables);
    }

    private static GenericRecord record(SnapshotProgress snapshot) {
        GenericRecord record = named(new GenericData.Record(ProgressSchemas.SNAPSHOT), snapshot.table());
        record.put("capture", snapshot.capture());
        byte[] cursor = snapshot.cursor();
        record.put("cursor", cursor == null ? null : ByteBuffer.wrap(cursor));
        record.put("rows", snapshot.rows());
        record.put("rejected", snapshot.rejected());
        record.put("done", snapshot.done());
        Backfill backfill = snapshot.backfill();
        record.put("backfill", backfill == null ? null : record(backfill));
        return record;
    }

    private static GenericRecord record(Backfill backfill) {
        GenericRecord record = new GenericData.Record(ProgressSchemas.BACKFILL);
        record.put("signal", backfill.signal());
        record.put("where", backfill.where());
        record.put("truncate", backfill.truncate());
        return record;
    }

    private static SnapshotProgress snapshot(GenericRecord record) {
        ByteBuffer buffer = (ByteBuffer) record.get("cursor");
        byte[] cursor = null;
        if (buffer != null) {
            cursor = new byte[buffer.remaining()];
            buffer.get(cursor);
        }
        return new SnapshotProgress(
                table(record),
                record.get("capture").toString(),
                cursor,
                (Long) record.get("rows"),
                (Long) record.get("rejected"),
                (Boolean) record.get("done"),
                record.hasField("backfill") ? backfill((GenericRecord) record.get("backfill")) : null);
    }

    private static @Nullable Backfill backfill(@Nullable GenericRecord record) {
        if (record == null) {
            return null;
        }
        Object where = record.get("where");
        return new Backfill(record.get("signal").toString(), where == null ? null : where.toString(), (Boolean)
                record.get("truncate"));
    }

    private static GenericRecord named(GenericRecord record, TableId table) {
        record.put("schema", table.schema());
        record.put("table", table.name());
        return record;
    }

    private static TableId table(GenericRecord record) {
        return new TableId(record.get("schema").toString(), record.get("table").toString());
    }
}
