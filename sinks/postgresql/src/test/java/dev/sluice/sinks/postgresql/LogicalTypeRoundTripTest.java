package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import java.time.LocalDate;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LogicalTypeRoundTripTest {
    private static final long MIDNIGHT_2024 = LocalDate.of(2024, 2, 29).toEpochDay() * 86_400_000_000L;

    private final TestLane lane = TestLane.with();

    @AfterEach
    void close() {
        lane.close();
    }

    private void oneColumn(String type) {
        lane.sql("CREATE TABLE t (id integer PRIMARY KEY, v " + type + ")");
        lane.capture("t");
    }

    private void expect(String expression, String... expected) {
        lane.applyAll();
        assertThat(lane.rows("SELECT reason, message FROM sluice.dead_letters")).isEmpty();
        assertThat(lane.rows("SELECT " + expression + " FROM t ORDER BY 1")).containsExactly(expected);
    }

    @Test
    void everyTypeTravelsAsItsLogicalType() {
        lane.sql("CREATE EXTENSION IF NOT EXISTS citext");
        lane.sql("CREATE TYPE mood AS ENUM ('ok', 'bad')");
        lane.sql("CREATE DOMAIN short AS varchar(3)");
        lane.sql("CREATE DOMAIN shorter AS short");
        lane.sql("""
                CREATE TABLE t (id bigint PRIMARY KEY, b boolean, i2 smallint, i4 integer, f4 real, f8 double precision, n numeric, tx text, vc varchar(50),
                  ch char(5), na name, ci citext, by bytea, u uuid, d date, ti time, ts timestamp, tz timestamptz, j json, jb jsonb, m mood, a integer[],
                  ip inet, iv interval, r int4range, ttz time with time zone, dom shorter)""");
        lane.capture("t");
        assertThat(lane.table("t").columns().stream()
                        .map(Column::type)
                        .map(LogicalType::name)
                        .collect(Collectors.joining(" ")))
                .isEqualTo(
                        "INT64 BOOLEAN INT16 INT32 FLOAT32 FLOAT64 DECIMAL TEXT TEXT TEXT TEXT TEXT BYTES UUID DATE TIME TIMESTAMP TIMESTAMPTZ JSON JSON"
                                + " NATIVE NATIVE NATIVE NATIVE NATIVE NATIVE TEXT");
        assertThat(lane.table("t").column("vc").orElseThrow().nativeType()).isEqualTo("character varying(50)");
        UUID uuid = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
        lane.transaction(
                lane.create(
                        "t",
                        1L,
                        true,
                        -7,
                        70_000,
                        1.5f,
                        2.25,
                        "1.50",
                        "tëxt\t\"\\",
                        "v",
                        "c",
                        "n",
                        "CiText",
                        new byte[] {0, -1},
                        uuid,
                        19_782,
                        3_600_000_001L,
                        MIDNIGHT_2024,
                        MIDNIGHT_2024 + 1,
                        "{\"b\": 1,  \"a\":2}",
                        "{\"b\": 1,  \"a\":2}",
                        "bad",
                        "{1,NULL,{}}".replace(",{}", ""),
                        "10.0.0.1/8",
                        "1 day 02:03:04",
                        "[1,5)",
                        "12:00:00+02",
                        "abc"),
                lane.create(
                        "t", 2L, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
                        null, null, null, null, null, null, null, null, null, null, null, null));
        lane.applyAll();
        assertThat(lane.rows("SELECT reason, message FROM sluice.dead_letters")).isEmpty();
        assertThat(lane.rows("SELECT t.* FROM t ORDER BY id").get(0))
                .isEqualTo("1|t|-7|70000|1.5|2.25|1.50|tëxt\t\"\\|v|c    |n|CiText|\\x00ff|" + uuid
                        + "|2024-02-29|01:00:00.000001|2024-02-29 00:00:00|2024-02-29 00:00:00.000001+00|{\"b\": 1,  \"a\":2}|{\"a\": 2, \"b\": 1}|bad|{1,NULL}"
                        + "|10.0.0.1/8|1 day 02:03:04|[1,5)|12:00:00+02|abc|1");
        assertThat(lane.one("SELECT t.* FROM t WHERE id = 2")).isEqualTo("2" + "|null".repeat(26) + "|2");
    }

    @Test
    void floatsKeepNotANumberInfinityAndNegativeZero() {
        oneColumn("double precision");
        lane.transaction(
                lane.create("t", 1, Double.NaN),
                lane.create("t", 2, Double.POSITIVE_INFINITY),
                lane.create("t", 3, Double.NEGATIVE_INFINITY),
                lane.create("t", 4, -0.0),
                lane.create("t", 5, 0.1 + 0.2),
                lane.create("t", 6, Double.MIN_VALUE));
        expect("id, v", "1|NaN", "2|Infinity", "3|-Infinity", "4|-0", "5|0.30000000000000004", "6|5e-324");
    }

    @Test
    void numericKeepsScaleSizeAndSpecialValues() {
        oneColumn("numeric");
        String big = "1".repeat(1_000) + "." + "9".repeat(500);
        lane.transaction(
                lane.create("t", 1, big),
                lane.create("t", 2, "NaN"),
                lane.create("t", 3, "Infinity"),
                lane.create("t", 4, "-Infinity"),
                lane.create("t", 5, "1.000"));
        expect("id, v", "1|" + big, "2|NaN", "3|Infinity", "4|-Infinity", "5|1.000");
    }

    @Test
    void datesAndTimestampsReachTheirExtremes() {
        lane.sql("CREATE TABLE t (id integer PRIMARY KEY, d date, ts timestamp, tz timestamptz)");
        lane.capture("t");
        long ancient = LocalDate.of(-4000, 1, 1).toEpochDay();
        lane.transaction(
                lane.create("t", 1, Integer.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE),
                lane.create("t", 2, Integer.MIN_VALUE, Long.MIN_VALUE, Long.MIN_VALUE),
                lane.create("t", 3, (int) ancient, ancient * 86_400_000_000L, -1L),
                lane.create("t", 4, -1, 253_402_300_799_999_999L, 253_402_300_799_999_999L));
        expect(
                "id, d, ts, tz",
                "1|infinity|infinity|infinity",
                "2|-infinity|-infinity|-infinity",
                "3|4001-01-01 BC|4001-01-01 00:00:00 BC|1969-12-31 23:59:59.999999+00",
                "4|1969-12-31|9999-12-31 23:59:59.999999|9999-12-31 23:59:59.999999+00");
    }

    @Test
    void whatNoDateCanHoldIsRefusedAndDoesNotWrapAround() {
        lane.sql("CREATE TABLE t (id integer PRIMARY KEY, d date, ts timestamp, i smallint)");
        lane.capture("t");
        lane.transaction(
                lane.create("t", 1, Integer.MIN_VALUE + 1, null, null),
                lane.create("t", 2, null, Long.MIN_VALUE + 1, null),
                lane.create("t", 4, Integer.MAX_VALUE - 1, null, null),
                lane.create("t", 5, null, null, 65_537),
                lane.create("t", 6, null, null, 32_767));
        lane.applyAll();
        assertThat(lane.rows("SELECT t.id FROM t")).containsExactly("6");
        assertThat(lane.rows("SELECT key, reason FROM sluice.dead_letters ORDER BY key"))
                .containsExactly(
                        "[1]|date-out-of-range", "[2]|date-out-of-range", "[4]|date-out-of-range", "[5]|out-of-range");
    }

    @Test
    void textIsNeverCutToTheColumnsLength() {
        lane.sql("CREATE DOMAIN code AS varchar(3)");
        lane.sql("CREATE TABLE t (id integer PRIMARY KEY, v varchar(3), c char(3), d code, a varchar(3)[])");
        lane.capture("t");
        lane.transaction(
                lane.create("t", 1, "abcd", null, null, null),
                lane.create("t", 2, null, "abcd", null, null),
                lane.create("t", 3, null, null, "abcd", null),
                lane.create("t", 4, null, null, null, "{abcd}"),
                lane.create("t", 5, "abc", "abc", "abc", "{abc}"));
        lane.applyAll();
        assertThat(lane.rows("SELECT id, v, c, d, a FROM t")).containsExactly("5|abc|abc|abc|{abc}");
        assertThat(lane.rows("SELECT DISTINCT reason FROM sluice.dead_letters")).containsExactly("too-long");
    }

    @Test
    void quotedAndMixedCaseNamesAreLeftAsTheyAre() {
        lane.sql("CREATE SCHEMA \"Odd Schema\"");
        lane.sql(
                "CREATE TABLE \"Odd Schema\".\"My \"\"Table\"\"\" (\"Id!\" integer PRIMARY KEY, \"select\" text, \"Ünï.code\" integer)");
        lane.capture("Odd Schema.My \"Table\"");
        lane.transaction(
                lane.create("Odd Schema.My \"Table\"", 1, "a", 2), lane.create("Odd Schema.My \"Table\"", 2, "b", 3));
        lane.transaction(
                lane.partial("Odd Schema.My \"Table\"", Set.of("select"), 1, null, 5),
                lane.delete("Odd Schema.My \"Table\"", 2));
        lane.applyAll();
        assertThat(lane.rows("SELECT \"Id!\", \"select\", \"Ünï.code\" FROM \"Odd Schema\".\"My \"\"Table\"\"\""))
                .containsExactly("1|a|5");
    }

    @Test
    void generatedColumnsAreLeftAloneAndIdentitiesKeepTheSourcesNumbers() {
        lane.sql("""
                CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v integer, twice integer GENERATED ALWAYS AS (v * 2) STORED,
                  n integer GENERATED BY DEFAULT AS IDENTITY)""");
        lane.capture("t");
        assertThat(lane.table("t").columns().stream().map(Column::name)).containsExactly("id", "v", "n");
        lane.transaction(lane.create("t", 17, 4, 5));
        lane.transaction(lane.update("t", 17, 5, 6));
        expect("id, v, twice, n", "17|5|10|6");
    }

    @Test
    void keysOfEveryKindAreFound() {
        lane.sql("CREATE EXTENSION IF NOT EXISTS citext");
        lane.sql("""
                CREATE TABLE t (u uuid, b bytea, n numeric, c char(4), ci citext, d date, tz timestamptz, v integer,
                  PRIMARY KEY (tz, u, b, n, c, ci, d))""");
        lane.capture("t");
        UUID uuid = UUID.randomUUID();
        lane.transaction(lane.create("t", uuid, new byte[] {1}, "1.0", "ab", "Key", 5, 6L, 1));
        lane.applyAll();
        lane.transaction(lane.update("t", uuid, new byte[] {1}, "1.00", "ab  ", "KEY", 5, 6L, 2));
        lane.transaction(lane.update("t", uuid, new byte[] {1}, "1.0", "ab", "Key", 5, 6L, 3));
        expect("v", "3");
        lane.transaction(lane.delete("t", 6L, uuid, new byte[] {1}, "1", "ab", "key", 5));
        expect("v");
    }
}
