package dev.sluice.producers.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ChangeSource;
import dev.sluice.producers.api.KeyedRead;
import dev.sluice.producers.api.SnapshotChunk;
import dev.sluice.producers.api.SourceRecord;
import dev.sluice.producers.api.ValueRules;
import dev.sluice.producers.api.ValueRules.OnInvalid;
import dev.sluice.producers.api.ValueRules.OnNul;
import dev.sluice.producers.api.ValueRules.OnOutOfRange;
import dev.sluice.producers.api.ValueRules.OnTooLong;
import dev.sluice.producers.api.ValueRules.OnTooPrecise;
import dev.sluice.schemas.event.Transformed;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ValueRulesTest {
    private static final ValueRules CUT =
            ValueRules.DEFAULT.with(OnTooLong.TRUNCATE).with(OnNul.REMOVE);
    private static final ValueRules CLAMP = ValueRules.DEFAULT.with(OnOutOfRange.CLAMP);
    private static final ValueRules NULL = ValueRules.DEFAULT.with(OnOutOfRange.NULL);

    @TempDir
    Path directory;

    private static CapturedTable table(Map<String, ValueRules> rules) {
        List<Column> columns = List.of(
                new Column("id", LogicalType.INT64, "bigint", false, false),
                new Column("v", LogicalType.TEXT, "character varying(3)", true, false),
                new Column("j", LogicalType.JSON, "jsonb", true, false),
                new Column("n", LogicalType.INT16, "smallint", true, false),
                new Column("d", LogicalType.DECIMAL, "numeric(4,2)", true, false),
                new Column("r", LogicalType.FLOAT32, "real", true, false));
        Table table = new Table(new TableId("public", "t"), columns, List.of("id"), List.of(), List.of());
        return new CapturedTable("t", columns.stream().map(Column::name).toList(), table, rules);
    }

    /** Records with the names of the rules that changed them. */
    private List<String> read(Map<String, ValueRules> rules, String... values) throws Exception {
        try (TestDatabase db = TestDatabase.create(directory)) {
            db.run("CREATE TABLE t (id INTEGER PRIMARY KEY, v, j, n, d, r)");
            SqliteConnector connector = SqliteConnector.of(db.settings());
            try (ChangeSource source = Captured.open(connector, List.of(table(rules)))) {
                for (String value : values) {
                    db.run("INSERT INTO t VALUES (" + value + ")");
                }
                List<SourceRecord> tail = new ArrayList<>();
                Captured.parts(source, 100).forEach(part -> tail.addAll(part.records()));
                SnapshotChunk snapshot = source.snapshot(new TableId("public", "t"), null, 100);
                List<String> read = tail.stream().map(ValueRulesTest::text).toList();
                assertThat(snapshot.records().stream()
                                .map(ValueRulesTest::text)
                                .map(r -> r.replaceFirst("read", "create")))
                        .as("a snapshot says the same")
                        .isEqualTo(read);
                return read;
            }
        }
    }

    private static String text(SourceRecord record) {
        List<Transformed> marks = record instanceof SourceRecord.Row row ? row.transformed() : List.of();
        return Captured.text(record)
                + marks.stream().map(m -> " " + m.rule() + " " + m.column()).reduce("", String::concat);
    }

    @Test
    void withoutRulesWhatDoesNotFitIsRefusedAndTooLongTextIsLeftToTheTarget() throws Exception {
        assertThat(read(
                        Map.of(),
                        "1, 'abcd', NULL, NULL, NULL, NULL",
                        "2, 'a' || char(0), NULL, NULL, NULL, NULL",
                        "3, NULL, NULL, 40000, NULL, NULL",
                        "4, NULL, NULL, NULL, 100, NULL",
                        "5, NULL, NULL, NULL, NULL, 1e39"))
                .containsExactly(
                        "create t[1,\"abcd\",null,null,null,null]",
                        "refused create t[2] v nul-character",
                        "refused create t[3] n out-of-range",
                        "refused create t[4] d out-of-range",
                        "refused create t[5] r out-of-range");
    }

    @Test
    void textIsCutToTheColumnsCharactersAndLosesItsNuls() throws Exception {
        assertThat(read(
                        Map.of("v", CUT, "j", CUT),
                        "1, 'abcd', NULL, NULL, NULL, NULL",
                        "2, 'a' || char(0) || 'b' || char(0) || 'c', NULL, NULL, NULL, NULL",
                        "3, 'a' || char(0) || 'bcd', NULL, NULL, NULL, NULL",
                        "4, '😀😀😀😀', NULL, NULL, NULL, NULL",
                        "5, 'abc', '{\"k\\u0000\":\"\\\\u0000\"}', NULL, NULL, NULL",
                        "6, 12345, NULL, NULL, NULL, NULL"))
                .containsExactly(
                        "create t[1,\"abc\",null,null,null,null] truncate v",
                        "create t[2,\"abc\",null,null,null,null] remove v",
                        "create t[3,\"abc\",null,null,null,null] remove v truncate v",
                        "create t[4,\"😀😀😀\",null,null,null,null] truncate v",
                        "create t[5,\"abc\",\"{\\\"k\\\":\\\"\\\\\\\\u0000\\\"}\",null,null,null] remove j",
                        "create t[6,\"123\",null,null,null,null] truncate v");
    }

    @Test
    void numbersOutOfRangeBecomeTheNearestOneThatFits() throws Exception {
        assertThat(read(
                        Map.of("n", CLAMP, "d", CLAMP, "r", CLAMP),
                        "1, NULL, NULL, 40000, 123.456, 1e300",
                        "2, NULL, NULL, '-99999999999999999999', '-1e900', -1e300",
                        "3, NULL, NULL, -1e300, 9e999, 9e999",
                        "4, NULL, NULL, 7, 1.25, 0.5",
                        "5, NULL, NULL, 1.5, NULL, NULL"))
                .containsExactly(
                        "create t[1,null,null,32767,\"99.99\",\"3.4028235E38\"] clamp n clamp d clamp r",
                        "create t[2,null,null,-32768,\"-99.99\",\"-3.4028235E38\"] clamp n clamp d clamp r",
                        "create t[3,null,null,-32768,\"99.99\",\"Infinity\"] clamp n clamp d",
                        "create t[4,null,null,7,\"1.25\",\"0.5\"]",
                        "refused create t[5] n not-an-integer");
    }

    @Test
    void numbersOutOfRangeBecomeNullWhereThatIsAsked() throws Exception {
        assertThat(read(Map.of("n", NULL, "d", NULL), "1, NULL, NULL, 40000, -100, NULL"))
                .containsExactly("create t[1,null,null,null,null,null] null n null d");
    }

    private static final String ID = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";

    /** A parent table, and a child that refers to it. */
    private static List<CapturedTable> family(Map<String, ValueRules> childRules) {
        List<Column> child = List.of(
                new Column("id", LogicalType.UUID, "uuid", false, false),
                new Column("parent", LogicalType.UUID, "uuid", true, false),
                new Column("at", LogicalType.TIMESTAMPTZ, "timestamp with time zone", true, false),
                new Column("n", LogicalType.INT32, "integer", true, false),
                new Column("up", LogicalType.BOOLEAN, "boolean", true, false));
        Table target = new Table(new TableId("public", "child"), child, List.of("id"), List.of(), List.of());
        List<String> names = child.stream().map(Column::name).toList();
        return List.of(
                Captured.table("parent", "id", "id:UUID"), new CapturedTable("child", names, target, childRules));
    }

    @Test
    void aRowCarriesItsMarksInTheSnapshotAndInTheTailAndAPlainRowNone() throws Exception {
        Map<String, ValueRules> rules = Map.of(
                "parent", ValueRules.DEFAULT.with(OnInvalid.NULL),
                "at", ValueRules.DEFAULT.withTimeZone(ZoneId.of("Asia/Tbilisi")),
                "n", ValueRules.DEFAULT.with(OnTooPrecise.ROUND));
        try (TestDatabase db = TestDatabase.create(directory)) {
            db.run(
                    "CREATE TABLE parent (id TEXT PRIMARY KEY)",
                    "CREATE TABLE child (id TEXT PRIMARY KEY, parent, at, n, up)");
            try (ChangeSource source = Captured.open(SqliteConnector.of(db.settings()), family(rules))) {
                db.run(
                        "INSERT INTO parent VALUES ('{" + ID.toUpperCase(Locale.ROOT) + "}')",
                        "INSERT INTO child VALUES ('b0eebc999c0b4ef8bb6d6bb9bd380a11', '" + ID.replace("-", "")
                                + "', '2025-10-10 12:10:00', 12, 1)",
                        "INSERT INTO child VALUES ('C0eebc999c0b4ef8bb6d6bb9bd380a11', 'urn:uuid:" + ID
                                + "', 1760083800, 12.5, 'true')",
                        "INSERT INTO child VALUES ('d0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 7, '2025-10-10 12:10:00.0000001', NULL, 'T')");
                List<String> tail = new ArrayList<>();
                Captured.parts(source, 100).forEach(part -> part.records().forEach(r -> tail.add(text(r))));
                String at = ",1760083800000000,";
                assertThat(tail)
                        .containsExactly(
                                "create parent[\"" + ID + "\"] uuid-spelling id",
                                "create child[\"b" + ID.substring(1) + "\",\"" + ID + "\"" + at + "12,true]",
                                "create child[\"c" + ID.substring(1) + "\",\"" + ID + "\"" + at
                                        + "13,true] uuid-spelling id uuid-spelling parent epoch at round n boolean-text up",
                                "create child[\"d" + ID.substring(1) + "\",null" + at
                                        + "null,true] invalid parent fraction at boolean-text up");
                List<String> read = new ArrayList<>();
                for (String table : List.of("parent", "child")) {
                    source.snapshot(new TableId("public", table), null, 100)
                            .records()
                            .forEach(r -> read.add(text(r).replaceFirst("read", "create")));
                }
                assertThat(read).containsExactlyInAnyOrderElementsOf(tail);
                KeyedRead byKey = source.read(
                        new TableId("public", "parent"), List.<Object[]>of(new Object[] {UUID.fromString(ID)}));
                assertThat(byKey.records())
                        .extracting(ValueRulesTest::text)
                        .containsExactly("read parent[\"" + ID + "\"] uuid-spelling id");
            }
        }
    }
}
