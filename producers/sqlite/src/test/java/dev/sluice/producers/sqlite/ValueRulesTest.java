package dev.sluice.producers.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ChangeSource;
import dev.sluice.producers.api.SnapshotChunk;
import dev.sluice.producers.api.SourceRecord;
import dev.sluice.producers.api.ValueRules;
import dev.sluice.producers.api.ValueRules.OnNul;
import dev.sluice.producers.api.ValueRules.OnOutOfRange;
import dev.sluice.producers.api.ValueRules.OnTooLong;
import dev.sluice.schemas.event.Transformed;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
}
