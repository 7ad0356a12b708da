package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.relational.Column;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What COPY brings, in either of its formats, is what an insert brings. */
class CopyFormatTest {
    private static final int ROWS = 800;
    private static final String COLUMNS = """
            (id bigint PRIMARY KEY, b boolean, i2 smallint, i4 integer, f4 real, f8 double precision, n numeric, np numeric(30,4), tx text, vc varchar(50),
             ch char(5), na name, ci citext, by bytea, u uuid, d date, ti time, ts timestamp, tz timestamptz, j json, jb jsonb, dom short""";

    private final TestLane lane = TestLane.with("CREATE EXTENSION citext", "CREATE DOMAIN short AS varchar(3)");

    @AfterEach
    void close() {
        lane.close();
    }

    @ParameterizedTest(name = "seed {0}, more columns: {1}")
    @CsvSource(
            delimiter = ';',
            value = {"1;''", "2;', m inet, a integer[]'"})
    void everyTypeArrivesAsByInsert(long seed, String natives) {
        lane.sql("CREATE TABLE loaded " + COLUMNS + natives + ")");
        lane.sql("CREATE TABLE inserted " + COLUMNS + natives + ")");
        lane.capture("loaded", "inserted");
        Random random = new Random(seed);
        List<@Nullable Object[]> rows = new ArrayList<>();
        for (long i = 0; i < ROWS; i++) {
            rows.add(row(random, i, lane.table("loaded").columns()));
        }
        lane.transaction(lane.control(Control.Kind.SNAPSHOT_BEGIN, "public.loaded", Map.of()));
        rows.forEach(row -> lane.transaction(TestLane.inSnapshot(lane.read("loaded", row))));
        rows.forEach(row -> lane.transaction(lane.create("inserted", row)));
        List<String> points = Collections.synchronizedList(new ArrayList<>());
        try (Sink sink = lane.sink(lane.settings(), points::add)) {
            CompletableFuture<Void> end = TestLane.start(sink);
            lane.awaitApplied(end);
            sink.stop();
            end.join();
        }
        assertThat(points).contains("copy public.loaded");
        assertThat(lane.rows("SELECT table_name, key, message FROM sluice.dead_letters"))
                .isEmpty();
        // As text: not every type has an equality, and equal is not the same.
        String text = "SELECT id, to_jsonb(t) - '_sluice_seq', t.n::text, t.j::text FROM %s t ORDER BY id";
        assertThat(lane.rows(text.formatted("loaded"))).hasSize(ROWS).isEqualTo(lane.rows(text.formatted("inserted")));
    }

    /** Numbers too large for numeric would become 0 on their way through the driver's binary form. */
    @Test
    void aNumberThatIsTooLargeBecomesADeadLetterAndNotAnotherNumber() {
        lane.sql("CREATE TABLE numbers (id bigint PRIMARY KEY, n numeric)");
        lane.capture("numbers");
        lane.transaction(lane.control(Control.Kind.SNAPSHOT_BEGIN, "public.numbers", Map.of()));
        for (long i = 1; i <= 600; i++) {
            String number = i == 7 ? "1" + "0".repeat(131_072) : i == 8 ? "9".repeat(131_072) : "1e3";
            lane.transaction(TestLane.inSnapshot(lane.read("numbers", i, number)));
        }
        lane.applyAll();
        assertThat(lane.rows("SELECT key, reason FROM sluice.dead_letters")).containsExactly("[7]|out-of-range");
        assertThat(lane.one("SELECT count(*), count(*) FILTER (WHERE n = 1000), max(length(n::text)) FROM numbers"))
                .isEqualTo("599|598|131072");
    }

    private static @Nullable Object[] row(Random random, long id, List<Column> columns) {
        @Nullable Object[] row = new @Nullable Object[columns.size()];
        for (int i = 1; i < row.length; i++) {
            row[i] = random.nextInt(8) == 0 ? null : value(random, columns.get(i));
        }
        row[0] = id;
        return row;
    }

    private static Object value(Random random, Column column) {
        return switch (column.name()) {
            case "b" -> random.nextBoolean();
            case "i2" -> oneOf(random, 0, (int) Short.MIN_VALUE, (int) Short.MAX_VALUE, -1);
            case "i4" -> oneOf(random, 0, Integer.MIN_VALUE, Integer.MAX_VALUE, random.nextInt());
            case "f4" -> oneOf(random, -0f, Float.NaN, Float.NEGATIVE_INFINITY, Float.MIN_VALUE, random.nextFloat());
            case "f8" ->
                oneOf(random, -0d, Double.NaN, Double.POSITIVE_INFINITY, Double.MAX_VALUE, random.nextGaussian());
            case "n" ->
                oneOf(
                        random,
                        "0",
                        "0.000",
                        "NaN",
                        "Infinity",
                        "-Infinity",
                        "1e-30",
                        "-1E+40",
                        "10000",
                        "99990000.0001",
                        "9".repeat(400) + "." + "1".repeat(300),
                        "-" + random.nextInt(1_000_000) + ".50");
            case "np" -> oneOf(random, "1.50", "-0.00005", "NaN", "12345678901234567890.12345");
            case "tx" -> oneOf(random, "", "\\N", "\\.", "a\tb\nc\rd\\e", "tëxt 🙂", "'\"", "\u0001\b\f", "NULL");
            case "vc", "na" -> oneOf(random, "v", "with blank ", "\\\\");
            case "ch" -> oneOf(random, "c", "ab", "abcde");
            case "ci" -> oneOf(random, "CiText", "citext");
            case "by" -> oneOf(random, new byte[0], new byte[] {0, -1, '\\', '\n'});
            case "u" -> new UUID(random.nextLong(), random.nextLong());
            case "d" ->
                oneOf(random, 0, Integer.MAX_VALUE, Integer.MIN_VALUE, -719_529, -800_000, 2_932_896, 2_932_897);
            case "ti" -> oneOf(random, 0L, 86_400_000_000L, 86_399_999_999L, 3_600_000_001L);
            case "ts", "tz" ->
                oneOf(
                        random,
                        0L,
                        Long.MAX_VALUE,
                        Long.MIN_VALUE,
                        -1L,
                        1_700_000_000_123_456L,
                        -62_135_596_800_000_001L,
                        -70_000_000_000_000_000L,
                        253_402_300_800_000_000L);
            case "j", "jb" -> oneOf(random, "{}", "null", "{\"b\": 1.50,  \"a\": [\"\\t\\\\\"]}", "\"x\"");
            case "dom" -> oneOf(random, "", "abc");
            case "m" -> oneOf(random, "10.0.0.1/8", "::1");
            case "a" -> oneOf(random, "{}", "{1,NULL,3}", "{{1,2},{3,4}}");
            default -> throw new IllegalArgumentException(column.name());
        };
    }

    private static Object oneOf(Random random, Object... values) {
        return values[random.nextInt(values.length)];
    }
}
