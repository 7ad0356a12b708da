package dev.sluice.producers.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.sluice.embedded.LocalPostgres;
import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ColumnRules;
import dev.sluice.producers.api.Marks;
import dev.sluice.producers.api.Notation;
import dev.sluice.producers.api.Notation.Answer;
import dev.sluice.producers.api.ValueRules;
import dev.sluice.producers.api.ValueRules.Case;
import dev.sluice.producers.api.ValueRules.Choice;
import dev.sluice.producers.api.ValueRules.OnEmpty;
import dev.sluice.producers.api.ValueRules.OnFraction;
import dev.sluice.producers.api.ValueRules.OnInvalid;
import dev.sluice.producers.api.ValueRules.OnJsonNull;
import dev.sluice.producers.api.ValueRules.OnNul;
import dev.sluice.producers.api.ValueRules.OnNull;
import dev.sluice.producers.api.ValueRules.OnOutOfRange;
import dev.sluice.producers.api.ValueRules.OnTooLong;
import dev.sluice.producers.api.ValueRules.OnTooPrecise;
import dev.sluice.producers.api.ValueRules.OnUnmapped;
import dev.sluice.producers.sqlite.SqliteSettings.RealTimestamps;
import dev.sluice.producers.sqlite.StoredValue.RawText;
import dev.sluice.producers.sqlite.notation.SqliteNotation;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class NotationTest {
    /** Rules that only say that the notation is unusual. */
    private static final Set<String> NOTATIONS = Set.of(
            ColumnRules.BOOLEAN_TEXT, ColumnRules.UUID_SPELLING, ColumnRules.EPOCH, ColumnRules.TIME_ZONE_OVERLAP);

    private static final List<Column> COLUMNS = Stream.of(
                    "BOOLEAN boolean",
                    "INT16 smallint",
                    "INT32 integer",
                    "INT64 bigint",
                    "FLOAT32 real",
                    "FLOAT64 double precision",
                    "DECIMAL numeric",
                    "DECIMAL numeric(12,3)",
                    "DECIMAL numeric(30,0)",
                    "TEXT text",
                    "TEXT character varying(3)",
                    "TEXT character varying(40)",
                    "TEXT character(5)",
                    "TEXT citext",
                    "BYTES bytea",
                    "UUID uuid",
                    "DATE date",
                    "TIME time without time zone",
                    "TIME time(3) without time zone",
                    "TIMESTAMP timestamp without time zone",
                    "TIMESTAMP timestamp(0) without time zone",
                    "TIMESTAMPTZ timestamp with time zone",
                    "TIMESTAMPTZ timestamp(3) with time zone",
                    "JSON jsonb",
                    "JSON json",
                    "NATIVE mood")
            .map(column -> column.split(" ", 2))
            .map(parts -> new Column("c", LogicalType.valueOf(parts[0]), parts[1], true, false))
            .toList();

    private static final List<String> ZONES = List.of(
            "UTC",
            "Europe/Berlin",
            "America/New_York",
            "Asia/Tbilisi",
            "Australia/Lord_Howe",
            "+04:00",
            "Asia/Kathmandu");

    private static final List<RealTimestamps> REALS = List.of(RealTimestamps.values());

    private static final List<Class<? extends Choice>> CHOICES = List.of(
            OnNull.class,
            OnTooLong.class,
            OnNul.class,
            OnOutOfRange.class,
            OnInvalid.class,
            OnEmpty.class,
            OnJsonNull.class,
            OnTooPrecise.class,
            OnFraction.class,
            Case.class,
            OnUnmapped.class);

    /** A value that was converted, and with it what the target holds. */
    private record Sample(Object stored, Object value) {}

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void whatIsConvertedIsCalledTheSameAndWhatIsConvertedWrongIsNot(long seed) throws SQLException {
        Random random = new Random(seed);
        Map<String, Integer> counts = new TreeMap<>();
        try (Connection target =
                DriverManager.getConnection(LocalPostgres.temporary().createDatabase())) {
            for (int round = 0; round < 12; round++) {
                for (Column column : COLUMNS) {
                    ValueRules rules = round == 0 ? ValueRules.DEFAULT : rules(random);
                    RealTimestamps reals = REALS.get(random.nextInt(3));
                    List<Sample> samples = samples(target, column, rules, reals, new StoredValues(random).next());
                    Notation notation = notation(column, rules, reals);
                    samples.forEach(sample -> assertWayBack(notation, column, rules, sample));
                    counts.merge(column.nativeType(), samples.size(), Integer::sum);
                }
            }
        }
        assertThat(counts)
                .as("values that were converted")
                .hasSize(COLUMNS.size())
                .allSatisfy((type, count) -> assertThat(count).isGreaterThan(5));
    }

    private static void assertWayBack(Notation notation, Column column, ValueRules rules, Sample sample) {
        String what = column.nativeType() + " of " + sample + " under " + rules;
        assertThat(notation.compare(0, sample.stored, sample.value)).as(what).isEqualTo(Answer.SAME);
        assertThat(notation.compare(0, sample.stored, null)).as(what).isEqualTo(Answer.OTHER);
        assertThat(notation.compare(0, null, sample.value)).as(what).isEqualTo(Answer.OTHER);
        for (Object other : Mutations.of(column, sample.stored, sample.value)) {
            assertThat(notation.compare(0, sample.stored, other))
                    .as("%s, but %s", what, other)
                    .isEqualTo(Answer.OTHER);
        }
    }

    private static ValueRules rules(Random random) {
        ValueRules rules = ValueRules.DEFAULT.withTimeZone(ZoneId.of(ZONES.get(random.nextInt(ZONES.size()))));
        for (Class<? extends Choice> kind : CHOICES) {
            if (random.nextBoolean()) {
                Choice[] constants = kind.getEnumConstants();
                rules = rules.with(constants[random.nextInt(constants.length)]);
            }
        }
        return random.nextInt(4) > 0 ? rules : rules.withMap(Map.of("on", "true", "1", "1", "abc", "abc", "0", "no"));
    }

    /** What of these values becomes the target's without a rule that changes it. */
    private static List<Sample> samples(
            Connection target, Column column, ValueRules rules, RealTimestamps reals, List<Object> stored)
            throws SQLException {
        Conversion conversion = Conversion.to(column, rules, reals);
        List<Sample> samples = new ArrayList<>();
        for (Object value : stored) {
            Marks marks = new Marks();
            try {
                Object converted = conversion.convert(value, marks);
                boolean changed = marks.all().stream().anyMatch(mark -> !NOTATIONS.contains(mark.rule()));
                if (!changed && converted != null && fits(column, converted)) {
                    samples.add(new Sample(value instanceof RawText text ? text.bytes() : value, converted));
                }
            } catch (Refusal refusal) {
                // Such a row does not get to the target.
            }
        }
        return held(target, column, samples);
    }

    private static boolean fits(Column column, Object value) {
        if (!(value instanceof String text) || !column.nativeType().startsWith("character")) {
            return true;
        }
        String content = text.replaceFirst(" +$", "");
        return content.codePointCount(0, content.length()) <= length(column);
    }

    private static int length(Column column) {
        return Integer.parseInt(column.nativeType().replaceAll("\\D", ""));
    }

    /** The values as PostgreSQL gives them back. */
    private static List<Sample> held(Connection target, Column column, List<Sample> samples) throws SQLException {
        boolean text = samples.stream().allMatch(sample -> sample.value instanceof String);
        String type = column.nativeType();
        if (!text || type.equals("mood") || type.equals("citext")) {
            return samples;
        }
        String sql = "SELECT v::" + type + " FROM unnest(?::text[]) WITH ORDINALITY u (v, i) ORDER BY i";
        List<Sample> held = new ArrayList<>();
        try (PreparedStatement statement = target.prepareStatement(sql)) {
            statement.setArray(
                    1,
                    target.createArrayOf(
                            "text", samples.stream().map(Sample::value).toArray()));
            try (ResultSet values = statement.executeQuery()) {
                for (Sample sample : samples) {
                    values.next();
                    held.add(new Sample(sample.stored, values.getString(1)));
                }
            }
        }
        return held;
    }

    private static Notation notation(Column column, ValueRules rules, RealTimestamps reals) {
        Table table = new Table(new TableId("public", "t"), List.of(column), List.of("c"), List.of(), List.of());
        return SqliteNotation.of(new CapturedTable("t", List.of("c"), table, Map.of("c", rules)), reals);
    }

    private static Answer compare(LogicalType type, String nativeType, String zone, Object stored, Object value) {
        ValueRules rules = ValueRules.DEFAULT.withTimeZone(ZoneId.of(zone));
        return notation(new Column("c", type, nativeType, true, false), rules, RealTimestamps.REFUSE)
                .compare(0, stored, value);
    }

    private static Answer moment(String zone, Object stored, String instant) {
        Instant moment = Instant.parse(instant);
        long micros = moment.getEpochSecond() * 1_000_000 + moment.getNano() / 1_000;
        return compare(LogicalType.TIMESTAMPTZ, "timestamp with time zone", zone, stored, micros);
    }

    @ParameterizedTest(name = "{1} in {0} is {2}: {3}")
    @CsvSource({
        "UTC, 2025-10-10 08:08:59, 2025-10-10T08:08:59Z, SAME",
        "UTC, 2025-10-10 08:08:59, 2025-10-10T12:08:59Z, OTHER",
        "UTC, 2025-10-10 08:08:59, 2025-10-10T04:08:59Z, OTHER",
        "Asia/Tbilisi, 2025-10-10 08:08:59, 2025-10-10T04:08:59Z, SAME",
        "Asia/Tbilisi, 2025-10-10 08:08:59, 2025-10-10T08:08:59Z, OTHER",
        "Asia/Tbilisi, 2025-10-10 08:08:59Z, 2025-10-10T08:08:59Z, SAME",
        "Europe/Berlin, 2025-10-26 02:30:00, 2025-10-26T00:30:00Z, SAME",
        "Europe/Berlin, 2025-10-26 02:30:00, 2025-10-26T01:30:00Z, SAME",
        "Europe/Berlin, 2025-10-26 02:30:00, 2025-10-26T02:30:00Z, OTHER",
        "UTC, 2025-10-10 08:08:59.123456789, 2025-10-10T08:08:59.123457Z, OTHER",
        "UTC, 2025-10-10 08:08:59.123456789, 2025-10-10T08:08:59.123456Z, OTHER",
        "UTC, 2025-10-10 08:08:59.123456000, 2025-10-10T08:08:59.123456Z, SAME",
        "UTC, 2025-10-10 08:08:59.12, 2025-10-10T08:08:59.120001Z, OTHER",
        "UTC, yesterday, 2025-10-10T08:08:59Z, OTHER",
        "UTC, 2025-10-10 08:08:5, 2025-10-10T08:08:05Z, OTHER"
    })
    void aTextShowsAMomentOnTheClocksOfItsOffsetOrZone(String zone, String stored, String instant, Answer answer) {
        assertThat(moment(zone, stored, instant)).isEqualTo(answer);
    }

    @ParameterizedTest(name = "{0} is {1}: {2}")
    @CsvSource({
        "1760083860, 2025-10-10T08:11:00Z, SAME",
        "1760083860, 1970-01-21T08:54:43.860Z, OTHER",
        "1760083860123, 2025-10-10T08:11:00.123Z, SAME",
        "1760083860123, 2025-10-10T08:11:00Z, OTHER",
        "1760083860123456, 2025-10-10T08:11:00.123456Z, SAME",
        "-86400, 1969-12-31T00:00:00Z, SAME",
        "50000000000, 1971-08-02T16:53:20Z, OTHER"
    })
    void anIntegerCountsInTheUnitOfItsSize(long stored, String instant, Answer answer) {
        assertThat(moment("Asia/Tbilisi", stored, instant)).isEqualTo(answer);
    }

    static Stream<Arguments> mistakes() {
        UUID uuid = UUID.fromString("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
        return Stream.of(
                arguments(LogicalType.TEXT, "text", "a\0b", "ab"),
                arguments(LogicalType.TEXT, "text", "a\0b", "a"),
                arguments(LogicalType.TEXT, "text", "Straße", "Strasse"),
                arguments(LogicalType.TEXT, "text", "é", "e\u0301"),
                arguments(LogicalType.TEXT, "text", 1.0, "1"),
                arguments(LogicalType.TEXT, "text", 1.5, "1.50"),
                arguments(LogicalType.TEXT, "text", 1.5, "1.5d"),
                arguments(LogicalType.INT32, "integer", 12.5, 12),
                arguments(LogicalType.INT32, "integer", 12.5, 13),
                arguments(LogicalType.INT32, "integer", "12.5", 12),
                arguments(LogicalType.INT32, "integer", 1L << 32, 0),
                arguments(LogicalType.INT64, "bigint", 0x1p63, Long.MAX_VALUE),
                arguments(LogicalType.INT64, "bigint", "9223372036854775808", Long.MIN_VALUE),
                arguments(LogicalType.BOOLEAN, "boolean", 2L, true),
                arguments(LogicalType.BOOLEAN, "boolean", "no", true),
                arguments(LogicalType.BOOLEAN, "boolean", "", false),
                arguments(LogicalType.FLOAT64, "double precision", (1L << 53) + 1, 0x1p53),
                arguments(LogicalType.FLOAT32, "real", 0.123456789, 0.12345679f),
                arguments(LogicalType.DECIMAL, "numeric(12,2)", "1.005", "1.00"),
                arguments(LogicalType.DECIMAL, "numeric", 0.1, "0.10000000149011612"),
                arguments(LogicalType.UUID, "uuid", 1.2345678901234e31, uuid),
                arguments(LogicalType.UUID, "uuid", "{" + uuid, uuid),
                arguments(LogicalType.UUID, "uuid", uuid + "0", uuid),
                arguments(LogicalType.DATE, "date", "2025-10-10 20:00:00-04:00", days("2025-10-10")),
                arguments(LogicalType.DATE, "date", "2025-10-10 08:00:00", days("2025-10-10")),
                arguments(LogicalType.DATE, "date", "10.10.2025", days("2025-10-10")),
                arguments(LogicalType.DATE, "date", "9999-12-31", Integer.MAX_VALUE),
                arguments(LogicalType.TIMESTAMPTZ, "timestamp with time zone", "9999-12-31", Long.MAX_VALUE),
                arguments(LogicalType.JSON, "jsonb", "{\"a\": 12345678901234567890}", "{\"a\": 12345678901234567000}"),
                arguments(LogicalType.JSON, "jsonb", "{\"a\": null}", "{}"),
                arguments(LogicalType.JSON, "jsonb", "[1, 2]", "[2, 1]"),
                arguments(LogicalType.JSON, "jsonb", "\"1\"", "1"),
                arguments(LogicalType.BYTES, "bytea", "é", new byte[] {(byte) 0xe9}));
    }

    private static int days(String date) {
        return (int) LocalDate.parse(date).toEpochDay();
    }

    @ParameterizedTest(name = "{1} of {2} is not {3}")
    @MethodSource("mistakes")
    void whatLosesSomethingWithoutAWordIsAnother(LogicalType type, String nativeType, Object stored, Object value) {
        assertThat(compare(type, nativeType, "UTC", stored, value)).isEqualTo(Answer.OTHER);
    }

    @Test
    void aNullIsANullUnlessADefaultStandsForIt() {
        for (LogicalType type : LogicalType.values()) {
            assertThat(compare(type, "x", "UTC", null, null)).isEqualTo(Answer.SAME);
        }
        assertThat(compare(LogicalType.INT32, "integer", "UTC", null, 0)).isEqualTo(Answer.OTHER);
        assertThat(compare(LogicalType.TEXT, "text", "UTC", "", null)).isEqualTo(Answer.OTHER);
        Column filled = new Column("c", LogicalType.INT32, "integer", false, true);
        assertThat(notation(filled, ValueRules.DEFAULT, RealTimestamps.REFUSE).compare(0, null, 7))
                .isEqualTo(Answer.UNKNOWN);
        assertThat(notation(filled, ValueRules.DEFAULT.with(OnNull.REJECT), RealTimestamps.REFUSE)
                        .compare(0, null, 7))
                .isEqualTo(Answer.OTHER);
    }

    @Test
    void whatOnlyPostgresqlCanWriteIsUnknownUnlessItIsTheSameText() {
        assertThat(compare(LogicalType.NATIVE, "inet", "UTC", "10.0.0.1", "10.0.0.1"))
                .isEqualTo(Answer.SAME);
        assertThat(compare(LogicalType.NATIVE, "inet", "UTC", "010.0.0.1", "10.0.0.1"))
                .isEqualTo(Answer.UNKNOWN);
        assertThat(compare(LogicalType.NATIVE, "integer[]", "UTC", "{1, 2}", "{1,2}"))
                .isEqualTo(Answer.UNKNOWN);
        assertThat(compare(LogicalType.TEXT, "padded_by_a_domain", "UTC", "ab", "ab   "))
                .isEqualTo(Answer.UNKNOWN);
        assertThat(compare(LogicalType.TEXT, "padded_by_a_domain", "UTC", "ab", "ac   "))
                .isEqualTo(Answer.OTHER);
    }

    @Test
    void blanksAreDroppedOnlyWherePostgresqlHasNoRoomForThem() {
        assertThat(compare(LogicalType.TEXT, "character varying(2)", "UTC", "ab  ", "ab"))
                .isEqualTo(Answer.SAME);
        assertThat(compare(LogicalType.TEXT, "character varying(3)", "UTC", "ab  ", "ab"))
                .isEqualTo(Answer.OTHER);
        assertThat(compare(LogicalType.TEXT, "character varying(2)", "UTC", "abc", "ab"))
                .isEqualTo(Answer.OTHER);
        assertThat(compare(LogicalType.TEXT, "text", "UTC", "ab ", "ab")).isEqualTo(Answer.OTHER);
    }

    @Test
    void aDocumentIsComparedByWhatJsonbKeepsOfIt() {
        String stored = "{\"b\":1.0,\"a\":[1e2,\"\\u00e9\"],\"b\":2}";
        assertThat(compare(LogicalType.JSON, "jsonb", "UTC", stored, "{\"a\": [100, \"é\"], \"b\": 2.00}"))
                .isEqualTo(Answer.SAME);
        assertThat(compare(LogicalType.JSON, "jsonb", "UTC", stored, "{\"a\": [100, \"é\"], \"b\": 1.0}"))
                .isEqualTo(Answer.OTHER);
        assertThat(compare(LogicalType.JSON, "json", "UTC", "{\"a\": 1}", "{\"a\":1}"))
                .isEqualTo(Answer.OTHER);
        String deep = "[".repeat(4_000) + "]".repeat(4_000);
        assertThat(compare(LogicalType.JSON, "jsonb", "UTC", deep, " " + deep)).isEqualTo(Answer.SAME);
    }
}
