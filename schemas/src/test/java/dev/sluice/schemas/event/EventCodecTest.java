package dev.sluice.schemas.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.schemas.Position;
import dev.sluice.schemas.registry.InMemorySchemaRegistry;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class EventCodecTest {
    private static final Source SOURCE = new Source(
            "4f5c0d3e-0000-4000-8000-000000000001",
            "sqlite",
            "ward.db",
            42,
            Position.of(new byte[] {1, 0, 9}),
            1_700_000_000_123L,
            true);
    private static final Transaction TRANSACTION = new Transaction("7", 3, 2, true);
    private static final Table ALL_TYPES = allTypes();

    private final InMemorySchemaRegistry registry = new InMemorySchemaRegistry();
    private final EventWriter writer = new EventWriter("ward-ops", "ward-ops.changes.main", registry);
    private final EventReader reader = EventReader.of(registry);

    static Stream<Long> seeds() {
        return LongStream.range(0, 50).boxed();
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void aRowOfEveryTypeComesBackEqual(long seed) {
        @Nullable Object[] row = randomRow(new Random(seed));
        Change read = (Change) reader.read(writer.value(upsert(ALL_TYPES, row)));
        assertThat(Arrays.deepEquals(read.after(), row))
                .as("%s", Arrays.deepToString(read.after()))
                .isTrue();
        assertThat(read.table().columns().stream().map(Column::name))
                .isEqualTo(ALL_TYPES.columns().stream().map(Column::name).toList());
        assertThat(read.table().columns().stream().map(Column::type))
                .isEqualTo(ALL_TYPES.columns().stream().map(Column::type).toList());
        assertThat(read.table().primaryKey()).isEqualTo(ALL_TYPES.primaryKey());
        assertThat(read.source()).isEqualTo(SOURCE);
        assertThat(read.transaction()).isEqualTo(TRANSACTION);
        assertThat(read.op()).isEqualTo(Op.READ);
        assertThat(read.publishedMillis()).isEqualTo(99);
        assertThat(read.unchanged()).containsExactly("b c");
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void anyAvroReaderDecodesWhatIsWritten(long seed) throws IOException {
        @Nullable Object[] row = randomRow(new Random(seed));
        GenericRecord record = generic(writer.value(upsert(ALL_TYPES, row)));
        assertThat(record.get("before")).isNull();
        assertThat(record.get("op")).hasToString("r");
        GenericRecord source = (GenericRecord) record.get("source");
        assertThat(source.get("lane_sequence")).isEqualTo(42L);
        assertThat(source.get("pipeline_id")).hasToString(SOURCE.pipelineId());
        assertThat(((GenericRecord) record.get("transaction")).get("last")).isEqualTo(true);
        GenericRecord after = (GenericRecord) record.get("after");
        for (int i = 0; i < row.length; i++) {
            Object value = after.get(i);
            if (row[i] instanceof UUID uuid) {
                assertThat(value)
                        .hasToString(Arrays.toString(ByteBuffer.allocate(16)
                                .putLong(uuid.getMostSignificantBits())
                                .putLong(uuid.getLeastSignificantBits())
                                .array()));
            } else if (row[i] instanceof byte[] bytes) {
                assertThat(value).isEqualTo(ByteBuffer.wrap(bytes));
            } else if (row[i] instanceof String) {
                assertThat(value).hasToString((String) row[i]);
            } else {
                assertThat(value).isEqualTo(row[i]);
            }
        }
    }

    @Test
    void aProjectingReaderGivesKeyAndWantedColumnsOnly() {
        @Nullable Object[] row = randomRow(new Random(5));
        row[ALL_TYPES.indexOf("c_INT64")] = 77L;
        EventReader projecting = EventReader.projecting(registry, (table, column) -> column.equals("c_INT64"));
        Change read = (Change) projecting.read(writer.value(upsert(ALL_TYPES, row)));
        assertThat(read.key()).containsExactly(row[0], row[1]);
        assertThat(read.after()[ALL_TYPES.indexOf("c_INT64")]).isEqualTo(row[ALL_TYPES.indexOf("c_INT64")]);
        assertThat(read.after()[ALL_TYPES.indexOf("c_TEXT")]).isNull();
        assertThat(read.source()).isEqualTo(SOURCE);
    }

    @Test
    void whatRulesChangedTravelsWithTheRow() {
        List<Transformed> marks = List.of(new Transformed("truncate", "c_TEXT"), new Transformed("clamp", "odd:name"));
        Change change =
                new Change(ALL_TYPES, Op.READ, null, randomRow(new Random(4)), Set.of(), SOURCE, TRANSACTION, 1, marks);
        assertThat(((Change) reader.read(writer.value(change))).transformed()).isEqualTo(marks);
    }

    /** As version 0.1 wrote and read it: without the field at the end. */
    @Test
    void eventsOfBothVersionsAreReadByBoth() throws IOException {
        Schema present = EventSchemas.envelope("ward-ops", ALL_TYPES);
        Schema older = Schema.createRecord(present.getName(), null, present.getNamespace(), false);
        present.getObjectProps().forEach(older::addProp);
        older.setFields(present.getFields().stream()
                .filter(field -> !field.name().equals(EventSchemas.TRANSFORMED))
                .map(field -> new Schema.Field(field, field.schema()))
                .toList());
        List<Transformed> marks = List.of(new Transformed("truncate", "c_TEXT"));
        @Nullable Object[] row = randomRow(new Random(6));
        Change marked = new Change(ALL_TYPES, Op.READ, null, row, Set.of(), SOURCE, TRANSACTION, 1, marks);
        byte[] written = writer.value(marked);

        BinaryDecoder in = DecoderFactory.get()
                .binaryDecoder(written, WireFormat.HEADER_BYTES, written.length - WireFormat.HEADER_BYTES, null);
        GenericRecord seen = new GenericDatumReader<GenericRecord>(present, older).read(null, in);
        assertThat(seen.get("op")).hasToString("r");

        ByteArrayOutputStream out = new ByteArrayOutputStream();
        WireFormat.putHeader(out, registry.register("older", older));
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
        new GenericDatumWriter<GenericRecord>(older).write(seen, encoder);
        encoder.flush();
        Change read = (Change) reader.read(out.toByteArray());
        assertThat(read.transformed()).isEmpty();
        assertThat(Arrays.deepEquals(read.after(), row)).isTrue();
    }

    @Test
    void aDeleteCarriesItsKey() {
        @Nullable Object[] before = new @Nullable Object[ALL_TYPES.columns().size()];
        before[0] = 5;
        before[1] = "k";
        Change delete = new Change(ALL_TYPES, Op.DELETE, before, null, Set.of(), SOURCE, TRANSACTION, 1);
        Change read = (Change) reader.read(writer.value(delete));
        assertThat(read.isDelete()).isTrue();
        assertThat(read.key()).containsExactly(5, "k");
        assertThat(KeyText.of(read.key())).isEqualTo("[5,\"k\"]");
    }

    @Test
    void theMessageKeyIsThePrimaryKeyInAvro() throws IOException {
        @Nullable Object[] row = randomRow(new Random(1));
        row[0] = 12;
        row[1] = "ü";
        GenericRecord key = generic(writer.key(upsert(ALL_TYPES, row)));
        assertThat(key.get(0)).isEqualTo(12);
        assertThat(key.get(1)).hasToString("ü");
    }

    @Test
    void aTruncateHasNoRowAndNoKey() {
        Change truncate = new Change(ALL_TYPES, Op.TRUNCATE, null, null, Set.of(), SOURCE, TRANSACTION, 1);
        Change read = (Change) reader.read(writer.value(truncate));
        assertThat(read.op()).isEqualTo(Op.TRUNCATE);
        assertThat(read.isUpsert() || read.isDelete()).isFalse();
        assertThat(writer.key(truncate)).isNull();
    }

    @Test
    void controlEventsComeBackEqual() {
        Control end = new Control(
                Control.Kind.SNAPSHOT_END,
                null,
                ALL_TYPES.id(),
                Map.of(Control.ROWS, "12", "rejected", "1"),
                SOURCE,
                TRANSACTION,
                4);
        assertThat(reader.read(writer.value(end))).isEqualTo(end);
        Control heartbeat = new Control(Control.Kind.HEARTBEAT, "signal-1", null, Map.of(), SOURCE, TRANSACTION, 4);
        assertThat(reader.read(writer.value(heartbeat))).isEqualTo(heartbeat);
        assertThat(writer.key(end)).isNull();
    }

    @Test
    void rejectedRecordsComeBackWithTheirRawBytes() {
        Rejected rejected = new Rejected(
                ALL_TYPES.id(),
                Op.UPDATE,
                "[1]",
                "name",
                "nul-character",
                "has a NUL",
                new byte[] {0, 1, -1},
                "sqlite-json/1",
                SOURCE,
                TRANSACTION,
                4);
        Rejected read = (Rejected) reader.read(writer.value(rejected));
        assertThat(read).usingRecursiveComparison().isEqualTo(rejected);
    }

    @Test
    void aRecordThatIsNotAnEventIsRefusedByName() {
        assertThatThrownBy(() -> reader.read(new byte[] {9, 9, 9, 9, 9, 9})).hasMessageContaining("wire format");
        int id = registry.register("other", Schema.createRecord("Other", null, "x", false, List.of()));
        assertThatThrownBy(() -> reader.read(new byte[] {0, 0, 0, 0, (byte) id, 1}))
                .isInstanceOf(EventFormatException.class)
                .hasMessageContaining("x.Other");
        byte[] event = writer.value(upsert(ALL_TYPES, randomRow(new Random(2))));
        assertThatThrownBy(() -> reader.read(Arrays.copyOf(event, event.length - 20)))
                .isInstanceOf(EventFormatException.class);
    }

    @Test
    void aRowOfTheWrongWidthIsRefused() {
        assertThatThrownBy(() -> writer.value(upsert(ALL_TYPES, new Object[] {1})))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1 values");
    }

    @Test
    void aValueOfTheWrongJavaTypeIsRefusedByColumn() {
        @Nullable Object[] row = randomRow(new Random(3));
        row[ALL_TYPES.indexOf("c_UUID")] = "not a uuid";
        assertThatThrownBy(() -> writer.value(upsert(ALL_TYPES, row)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("column c_UUID")
                .hasMessageNotContaining("not a uuid");
    }

    @Test
    void anUpsertNeedsAnAfterImageAndADeleteABeforeImage() {
        assertThatThrownBy(() -> new Change(ALL_TYPES, Op.CREATE, null, null, Set.of(), SOURCE, TRANSACTION, 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Change(ALL_TYPES, Op.DELETE, null, null, Set.of(), SOURCE, TRANSACTION, 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theWriterFollowsATableWhoseColumnsChanged() {
        Table narrow = new Table(
                new TableId("public", "t"),
                List.of(column("id", LogicalType.INT32)),
                List.of("id"),
                List.of(),
                List.of());
        Table wide = new Table(
                narrow.id(),
                List.of(column("id", LogicalType.INT32), column("x", LogicalType.TEXT)),
                List.of("id"),
                List.of(),
                List.of());
        byte[] first = writer.value(upsert(narrow, new Object[] {1}));
        byte[] second = writer.value(upsert(wide, new Object[] {1, "x"}));
        assertThat(((Change) reader.read(first)).after()).containsExactly(1);
        assertThat(((Change) reader.read(second)).after()).containsExactly(1, "x");
    }

    private GenericRecord generic(byte @Nullable [] record) throws IOException {
        assertThat(record).isNotNull();
        Schema schema = registry.schema(WireFormat.schemaId(record));
        var decoder = DecoderFactory.get()
                .binaryDecoder(record, WireFormat.HEADER_BYTES, record.length - WireFormat.HEADER_BYTES, null);
        GenericRecord read = new GenericDatumReader<GenericRecord>(schema).read(null, decoder);
        assertThat(decoder.isEnd()).isTrue();
        return read;
    }

    private static Change upsert(Table table, @Nullable Object[] row) {
        Set<String> unchanged = table.equals(ALL_TYPES) ? Set.of("b c") : Set.of();
        return new Change(table, Op.READ, null, row, unchanged, SOURCE, TRANSACTION, 99);
    }

    private static Column column(String name, LogicalType type) {
        return new Column(name, type, type.name().toLowerCase(java.util.Locale.ROOT), true, false);
    }

    private static Table allTypes() {
        List<Column> columns = new ArrayList<>();
        columns.add(column("9 id", LogicalType.INT32));
        columns.add(column("b c", LogicalType.TEXT));
        for (LogicalType type : LogicalType.values()) {
            columns.add(column("c_" + type, type));
        }
        return new Table(new TableId("public", "All Types-1"), columns, List.of("9 id", "b c"), List.of(), List.of());
    }

    private static @Nullable Object[] randomRow(Random random) {
        @Nullable Object[] row = new @Nullable Object[ALL_TYPES.columns().size()];
        for (int i = 0; i < row.length; i++) {
            boolean key = i < 2;
            row[i] = !key && random.nextInt(4) == 0
                    ? null
                    : value(random, ALL_TYPES.columns().get(i).type());
        }
        return row;
    }

    private static Object value(Random random, LogicalType type) {
        return switch (type) {
            case BOOLEAN -> random.nextBoolean();
            case INT16 -> (int) (short) random.nextInt();
            case INT32, DATE -> random.nextInt();
            case INT64, TIME, TIMESTAMP, TIMESTAMPTZ -> random.nextLong();
            case FLOAT32 -> random.nextInt(3) == 0 ? Float.POSITIVE_INFINITY : random.nextFloat();
            case FLOAT64 -> random.nextInt(3) == 0 ? Double.NaN : random.nextDouble();
            case DECIMAL -> random.nextInt(3) == 0 ? "NaN" : random.nextLong() + ".500";
            case TEXT, JSON, NATIVE -> "ტექსტი 𝄞 \"" + random.nextInt();
            case BYTES -> new byte[random.nextInt(5)];
            case UUID -> new UUID(random.nextLong(), random.nextLong());
        };
    }
}
