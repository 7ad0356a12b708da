package dev.sluice.schemas.event;

import dev.sluice.schemas.Position;
import dev.sluice.schemas.registry.SchemaRegistry;
import dev.sluice.schemas.registry.SchemaRegistryException;
import dev.sluice.schemas.relational.TableId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.util.Utf8;
import org.jspecify.annotations.Nullable;

/**
 * Decodes events from Confluent's wire format, by the schema they were written with, straight into arrays. A projecting reader skips the columns it is
 * not asked for; they are null in the rows it gives. Not thread-safe.
 */
public final class EventReader {
    private final SchemaRegistry registry;
    private final BiPredicate<TableId, String> wanted;
    private final Map<Integer, RecordReader> readers = new HashMap<>();
    private final Map<Integer, Boolean> controls = new HashMap<>();
    private final Utf8 scratch = new Utf8();
    private @Nullable BinaryDecoder decoder;

    private EventReader(SchemaRegistry registry, BiPredicate<TableId, String> wanted) {
        this.registry = registry;
        this.wanted = wanted;
    }

    /** Reads all columns. */
    public static EventReader of(SchemaRegistry registry) {
        return new EventReader(registry, (table, column) -> true);
    }

    /** Reads only the columns that {@code wanted} accepts, and always the primary key's. */
    public static EventReader projecting(SchemaRegistry registry, BiPredicate<TableId, String> wanted) {
        return new EventReader(registry, wanted);
    }

    /**
     * @throws SchemaRegistryException when the record's schema is unknown
     * @throws EventFormatException when the record is not an event of this version of Sluice
     */
    public Event read(byte[] record) {
        RecordReader reader = readers.get(WireFormat.schemaId(record));
        if (reader == null) {
            reader = reader(WireFormat.schemaId(record));
        }
        decoder = DecoderFactory.get()
                .binaryDecoder(record, WireFormat.HEADER_BYTES, record.length - WireFormat.HEADER_BYTES, decoder);
        try {
            return reader.read(decoder);
        } catch (IOException | IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new EventFormatException(
                    "a record with schema " + WireFormat.schemaId(record) + " cannot be decoded: " + e.getMessage(), e);
        }
    }

    /** A control event; empty for every other record, which is not decoded. */
    public Optional<Control> control(byte[] record) {
        boolean control = controls.computeIfAbsent(
                WireFormat.schemaId(record), id -> registry.schema(id).equals(EventSchemas.CONTROL));
        return control ? Optional.of((Control) read(record)) : Optional.empty();
    }

    private RecordReader reader(int schemaId) {
        Schema schema = registry.schema(schemaId);
        RecordReader reader;
        if (schema.equals(EventSchemas.CONTROL)) {
            reader = this::control;
        } else if (schema.equals(EventSchemas.REJECTED)) {
            reader = this::rejected;
        } else {
            TableReader table = TableReader.of(schema, wanted);
            boolean marked = schema.getField(EventSchemas.TRANSFORMED) != null;
            reader = in -> change(in, table, marked);
        }
        readers.put(schemaId, reader);
        return reader;
    }

    private Event change(BinaryDecoder in, TableReader table, boolean marked) throws IOException {
        @Nullable Object[] before = in.readIndex() == 0 ? null : table.row(in);
        @Nullable Object[] after = in.readIndex() == 0 ? null : table.row(in);
        Set<String> unchanged = in.readIndex() == 0 ? Set.of() : Set.copyOf(names(in));
        Source source = source(in).source;
        Op op = op(in);
        long published = in.readLong();
        Transaction transaction = transaction(in);
        List<Transformed> transformed = marked ? transformed(in) : List.of();
        return new Change(table.table(), op, before, after, unchanged, source, transaction, published, transformed);
    }

    private static List<Transformed> transformed(BinaryDecoder in) throws IOException {
        return in.readIndex() == 0
                ? List.of()
                : names(in).stream().map(Transformed::parse).toList();
    }

    private Event control(BinaryDecoder in) throws IOException {
        Control.Kind kind = Control.Kind.valueOf(in.readString());
        String signal = optional(in);
        Map<String, String> attributes = new HashMap<>();
        for (long n = in.readMapStart(); n > 0; n = in.mapNext()) {
            for (long i = 0; i < n; i++) {
                attributes.put(in.readString(), in.readString());
            }
        }
        SourceBlock block = source(in);
        long published = in.readLong();
        return new Control(kind, signal, block.table, attributes, block.source, transaction(in), published);
    }

    private Event rejected(BinaryDecoder in) throws IOException {
        Op op = op(in);
        String key = in.readString();
        String column = optional(in);
        String reason = in.readString();
        String message = in.readString();
        ByteBuffer raw = in.readBytes(null);
        byte[] rawBytes = new byte[raw.remaining()];
        raw.get(rawBytes);
        String rawFormat = in.readString();
        SourceBlock block = source(in);
        if (block.table == null) {
            throw new IOException("a rejected record names no table");
        }
        long published = in.readLong();
        return new Rejected(
                block.table,
                op,
                key,
                column,
                reason,
                message,
                rawBytes,
                rawFormat,
                block.source,
                transaction(in),
                published);
    }

    private static List<String> names(BinaryDecoder in) throws IOException {
        List<String> names = new ArrayList<>();
        for (long n = in.readArrayStart(); n > 0; n = in.arrayNext()) {
            for (long i = 0; i < n; i++) {
                names.add(in.readString());
            }
        }
        return names;
    }

    private Op op(BinaryDecoder in) throws IOException {
        return Op.ofCode(in.readString(scratch));
    }

    private String previousPipelineId = "";
    private String previousConnector = "";
    private String previousDatabase = "";

    private SourceBlock source(BinaryDecoder in) throws IOException {
        in.skipString();
        previousConnector = intern(in, previousConnector);
        in.skipString();
        long commitMillis = in.readLong();
        Utf8 snapshot = in.readString(scratch);
        boolean isSnapshot = snapshot.length() > 0 && snapshot.charAt(0) == 't';
        previousDatabase = intern(in, previousDatabase);
        String schema = optional(in);
        String table = optional(in);
        long sequence = in.readLong();
        Position position = Position.of(in.readBytes(null));
        previousPipelineId = intern(in, previousPipelineId);
        Source source = new Source(
                previousPipelineId, previousConnector, previousDatabase, sequence, position, commitMillis, isSnapshot);
        return new SourceBlock(source, schema == null || table == null ? null : new TableId(schema, table));
    }

    /** The same few texts stand in every record: the previous one is given again when it is equal. */
    private String intern(BinaryDecoder in, String previous) throws IOException {
        Utf8 text = in.readString(scratch);
        return previous.contentEquals(text) ? previous : text.toString();
    }

    private static Transaction transaction(BinaryDecoder in) throws IOException {
        return new Transaction(in.readString(), in.readLong(), in.readLong(), in.readBoolean());
    }

    private static @Nullable String optional(BinaryDecoder in) throws IOException {
        return in.readIndex() == 0 ? null : in.readString();
    }

    private interface RecordReader {
        Event read(BinaryDecoder in) throws IOException;
    }

    private record SourceBlock(Source source, @Nullable TableId table) {}
}
