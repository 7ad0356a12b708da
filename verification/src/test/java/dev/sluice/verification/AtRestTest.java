package dev.sluice.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AtRestTest {
    private static final UUID SOME_ID = UUID.fromString("3f2b8c1e-9d74-4b6a-a1c0-0123456789ab");

    private final VerificationWorld world = new VerificationWorld();

    @AfterEach
    void disconnect() {
        world.close();
    }

    @Test
    void rowsOfEveryTypeAreEqualToTheirCopies() {
        Table table = everyType();
        execute(
                "CREATE TABLE every_type (id bigint PRIMARY KEY, b boolean, i2 smallint, i4 integer, r real, d double precision,"
                        + " n numeric, n2 numeric(10,2), t text, c character(5), y bytea, u uuid, dd date, tt time, ts timestamp,"
                        + " tz timestamptz, j jsonb, js json, net inet, ints integer[])");
        execute(
                "INSERT INTO every_type VALUES (1, true, -32768, 2147483647, 'NaN', '-0', '1.500', 1.5, 'naïve 🛰', 'ab', '\\x00ff',"
                        + " '" + SOME_ID
                        + "', '2024-02-29', '24:00', '2024-02-29 23:59:59.999999', '1969-12-31 23:59:59.999999+00',"
                        + " '{\"b\": [1.0, null], \"a\": \"x\"}', '{\"b\":1 }', '10.0.0.1', '{1,2}')");
        execute(
                "INSERT INTO every_type (id, r, d, n, dd, ts, tz) VALUES (9223372036854775807, '-Infinity', 4.9e-324, 'NaN', 'infinity',"
                        + " '-infinity', 'infinity')");
        execute(
                "INSERT INTO every_type (id, n, dd, ts) VALUES (-5, '-Infinity', '0044-03-15 BC', '0044-03-15 12:00 BC')");
        Object[] full = {
            1L,
            true,
            -32768,
            Integer.MAX_VALUE,
            Float.NaN,
            -0.0d,
            "1.500",
            "1.5",
            "naïve 🛰",
            "ab",
            new byte[] {0, -1},
            SOME_ID,
            19_782,
            86_400_000_000L,
            1_709_251_199_999_999L,
            -1L,
            "{\"a\":\"x\",\"b\":[1,null]}",
            "{\"b\":1 }",
            "10.0.0.1/32",
            "{1, 2}"
        };
        Object[] infinite = new Object[full.length];
        infinite[0] = Long.MAX_VALUE;
        infinite[4] = Float.NEGATIVE_INFINITY;
        infinite[5] = Double.MIN_VALUE;
        infinite[6] = "NaN";
        infinite[12] = Integer.MAX_VALUE;
        infinite[14] = Long.MIN_VALUE;
        infinite[15] = Long.MAX_VALUE;
        Object[] ancient = new Object[full.length];
        ancient[0] = -5L;
        ancient[6] = "-Infinity";
        ancient[12] = -735_160;
        ancient[14] = -735_160L * 86_400_000_000L + 43_200_000_000L;

        TableResult report = compare(new RowsSource().with(table, full, infinite, ancient));

        assertThat(differences(report)).isEmpty();
        assertThat(report.equal()).isTrue();
        assertThat(report.matched()).isEqualTo(3);
    }

    @Test
    void aNullThatTheTargetsDefaultStandsForIsEqualToAnyValueUnlessNullIsRejected() {
        Table table = table(
                "t",
                key("id", LogicalType.INT64, "bigint"),
                List.of(
                        new Column("a", LogicalType.TEXT, "text", false, true),
                        new Column("b", LogicalType.INT32, "integer", false, true),
                        column("c", LogicalType.TEXT, "text")));
        execute(
                "CREATE TABLE t (id bigint PRIMARY KEY, a text NOT NULL DEFAULT 'x', b integer NOT NULL DEFAULT 1, c text)");
        execute("INSERT INTO t VALUES (1, 'x', 1, NULL), (2, 'y', 5, 'c')");
        RowsSource source =
                new RowsSource().with(table, new Object[] {1L, null, 1, null}, new Object[] {2L, "y", null, "c"});

        TableResult report = compare(source);
        assertThat(report.equal()).isTrue();
        assertThat(report.sourceChecksum()).isEqualTo(report.targetChecksum());

        assertThat(differences(compare(source.rejectingNull(table, "b"))))
                .singleElement()
                .satisfies(difference ->
                        assertThat(difference.key() + difference.columns()).isEqualTo("[2][b]"));
    }

    @Test
    void everyUnequalColumnIsNamedAndTheValuesAreNot() {
        Table table = table(
                "t",
                key("id", LogicalType.INT64, "bigint"),
                List.of(
                        column("at", LogicalType.TIMESTAMPTZ, "timestamp with time zone"),
                        column("name", LogicalType.TEXT, "text"),
                        column("price", LogicalType.DECIMAL, "numeric"),
                        column("doc", LogicalType.JSON, "jsonb"),
                        column("reading", LogicalType.FLOAT64, "double precision"),
                        column("raw", LogicalType.BYTES, "bytea"),
                        column("note", LogicalType.TEXT, "text")));
        execute(
                "CREATE TABLE t (id bigint PRIMARY KEY, at timestamptz, name text, price numeric, doc jsonb, reading float8, raw bytea, note text)");
        execute("INSERT INTO t VALUES (1, '2024-01-01 04:00+00', 'secret ', 1.5, '{\"a\": 1}', 0.0, '\\x00', '')");
        RowsSource source = new RowsSource().with(table, new Object[] {
            1L, 1_704_067_200_000_000L, "secret", "1.50", "{\"a\":1,\"b\":2}", -0.0d, new byte[] {0, 0}, null
        });

        TableResult report = compare(source);

        assertThat(differences(report)).singleElement().satisfies(difference -> {
            assertThat(difference.verdict()).isEqualTo(Verdict.DIFFERENT);
            assertThat(difference.key()).isEqualTo("[1]");
            assertThat(difference.columns()).containsExactly("at", "name", "price", "doc", "reading", "raw", "note");
            assertThat(difference.targetValues()).isEmpty();
        });
        assertThat(report.equal()).isFalse();
        assertThat(report.sourceChecksum()).isNotEqualTo(report.targetChecksum());
        assertThat(differences(world.compare(source, VerificationWorld.settings(10, true)))
                        .get(0)
                        .targetValues())
                .contains("secret ", "2024-01-01 04:00+00");
    }

    @Test
    void rowsThatOnlyOneSideHasAreMissingOrExtra() {
        Table table = numbers();
        execute("CREATE TABLE numbers (a integer, b text, v text, PRIMARY KEY (a, b))");
        execute("INSERT INTO numbers VALUES (1, 'x', 'v'), (3, 'x', 'v'), (4, 'x', 'v')");

        TableResult report =
                compare(new RowsSource().with(table, new Object[] {1, "x", "v"}, new Object[] {2, "x", "v"}));

        assertThat(differences(report))
                .extracting(Difference::verdict, Difference::key)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(Verdict.MISSING, "[2,\"x\"]"),
                        org.assertj.core.groups.Tuple.tuple(Verdict.EXTRA, "[3,\"x\"]"),
                        org.assertj.core.groups.Tuple.tuple(Verdict.EXTRA, "[4,\"x\"]"));
        assertThat(report.sourceRows()).isEqualTo(2);
        assertThat(report.targetRows()).isEqualTo(3);
        assertThat(report.matched()).isEqualTo(1);
    }

    @Test
    void twoSourceRowsThatBecomeOneTargetRowDoNotHideAnExtraRow() {
        Table table = numbers();
        execute("CREATE TABLE numbers (a integer, b text, v text, PRIMARY KEY (a, b))");
        execute("INSERT INTO numbers VALUES (1, 'x', 'v'), (3, 'x', 'v')");

        TableResult report =
                compare(new RowsSource().with(table, new Object[] {1, "x", "v"}, new Object[] {1, "x", "v"}));

        assertThat(report.count(Verdict.COLLIDING)).isEqualTo(1);
        assertThat(report.count(Verdict.EXTRA)).isEqualTo(1);
        assertThat(report.equal()).isFalse();
    }

    @Test
    void aKeyLongerThanTheColumnDoesNotFindAStrangersRow() {
        Table table = table("codes", key("code", LogicalType.TEXT, "character varying(3)"), List.of());
        execute("CREATE TABLE codes (code varchar(3) PRIMARY KEY)");
        execute("INSERT INTO codes VALUES ('abc')");

        TableResult report = compare(new RowsSource().with(table, new Object[] {"abcdef"}));

        assertThat(report.count(Verdict.MISSING)).isEqualTo(1);
        assertThat(report.count(Verdict.EXTRA)).isEqualTo(1);
    }

    @Test
    void aTextThatPostgresqlRefusesForTheColumnsTypeIsADifferenceAndNotAFailure() {
        Table table = table(
                "hosts", key("id", LogicalType.INT32, "integer"), List.of(column("ip", LogicalType.NATIVE, "inet")));
        execute("CREATE TABLE hosts (id integer PRIMARY KEY, ip inet)");
        execute("INSERT INTO hosts VALUES (1, '10.0.0.1'), (2, '10.0.0.2'), (3, NULL)");

        TableResult report = compare(new RowsSource()
                .with(table, new Object[] {1, "10.0.0.1"}, new Object[] {2, "no address"}, new Object[] {3, null}));

        assertThat(differences(report)).extracting(Difference::key).containsExactly("[2]");
        assertThat(report.matched()).isEqualTo(2);
    }

    @Test
    void aRowThatTheSourceCouldNotConvertIsMissingUnlessItIsADeadLetter() {
        Table table = numbers();
        execute("CREATE TABLE numbers (a integer, b text, v text, PRIMARY KEY (a, b))");

        TableResult report = compare(new RowsSource().with(table).refusing(table, "[1,\"x\"]"));

        assertThat(report.count(Verdict.MISSING)).isEqualTo(1);
        assertThat(report.equal()).isFalse();
    }

    @Test
    void everyKeyIsKept() {
        Table table = table("t", key("id", LogicalType.INT32, "integer"), List.of());
        execute("CREATE TABLE t (id integer PRIMARY KEY)");
        execute("INSERT INTO t SELECT generate_series(1, 3000)");

        TableResult report = world.compare(new RowsSource().with(table), VerificationWorld.settings(100, false));

        assertThat(differences(report)).hasSize(3_000);
        assertThat(report.count(Verdict.EXTRA)).isEqualTo(3000);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void everyCorruptionBehindOurBackIsFound(long seed) {
        Random random = new Random(seed);
        Table table = numbers();
        execute("CREATE TABLE numbers (a integer, b text, v text, PRIMARY KEY (a, b))");
        List<Object[]> rows = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            rows.add(new Object[] {i, "ü" + random.nextInt(1000), Long.toHexString(random.nextLong())});
            execute("INSERT INTO numbers VALUES (%d, '%s', '%s')".formatted(rows.get(i)));
        }
        List<Integer> victims = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            victims.add(i);
        }
        Collections.shuffle(victims, random);
        int removed = random.nextInt(10);
        int changed = random.nextInt(10);
        int added = random.nextInt(10);
        for (int i = 0; i < removed; i++) {
            execute("DELETE FROM numbers WHERE a = " + victims.get(i));
        }
        for (int i = removed; i < removed + changed; i++) {
            execute("UPDATE numbers SET v = v || ' ' WHERE a = " + victims.get(i));
        }
        for (int i = 0; i < added; i++) {
            execute("INSERT INTO numbers VALUES (%d, '', '')".formatted(1000 + i));
        }

        TableResult report = world.compare(
                new RowsSource().with(table, rows.toArray(Object[][]::new)), VerificationWorld.settings(64, false));

        assertThat(report.count(Verdict.MISSING)).isEqualTo(removed);
        assertThat(report.count(Verdict.DIFFERENT)).isEqualTo(changed);
        assertThat(report.count(Verdict.EXTRA)).isEqualTo(added);
        assertThat(report.matched()).isEqualTo(500 - removed - changed);
        assertThat(report.equal()).isEqualTo(removed + changed + added == 0);
    }

    private TableResult compare(RowsSource source) {
        return world.compare(source);
    }

    private List<Difference> differences(TableResult report) {
        return world.differences(report);
    }

    private void execute(String sql) {
        world.execute(sql);
    }

    private static Table numbers() {
        return new Table(
                TableId.parse("numbers"),
                List.of(
                        column("a", LogicalType.INT32, "integer"),
                        column("b", LogicalType.TEXT, "text"),
                        column("v", LogicalType.TEXT, "text")),
                List.of("a", "b"),
                List.of(),
                List.of());
    }

    private static Table everyType() {
        return table(
                "every_type",
                key("id", LogicalType.INT64, "bigint"),
                List.of(
                        column("b", LogicalType.BOOLEAN, "boolean"),
                        column("i2", LogicalType.INT16, "smallint"),
                        column("i4", LogicalType.INT32, "integer"),
                        column("r", LogicalType.FLOAT32, "real"),
                        column("d", LogicalType.FLOAT64, "double precision"),
                        column("n", LogicalType.DECIMAL, "numeric"),
                        column("n2", LogicalType.DECIMAL, "numeric(10,2)"),
                        column("t", LogicalType.TEXT, "text"),
                        column("c", LogicalType.TEXT, "character(5)"),
                        column("y", LogicalType.BYTES, "bytea"),
                        column("u", LogicalType.UUID, "uuid"),
                        column("dd", LogicalType.DATE, "date"),
                        column("tt", LogicalType.TIME, "time without time zone"),
                        column("ts", LogicalType.TIMESTAMP, "timestamp without time zone"),
                        column("tz", LogicalType.TIMESTAMPTZ, "timestamp with time zone"),
                        column("j", LogicalType.JSON, "jsonb"),
                        column("js", LogicalType.JSON, "json"),
                        column("net", LogicalType.NATIVE, "inet"),
                        column("ints", LogicalType.NATIVE, "integer[]")));
    }

    private static Table table(String name, Column key, List<Column> others) {
        List<Column> columns = new ArrayList<>(List.of(key));
        columns.addAll(others);
        return new Table(TableId.parse(name), columns, List.of(key.name()), List.of(), List.of());
    }

    private static Column key(String name, LogicalType type, String nativeType) {
        return new Column(name, type, nativeType, false, false);
    }

    private static Column column(String name, LogicalType type, String nativeType) {
        return new Column(name, type, nativeType, true, false);
    }
}
