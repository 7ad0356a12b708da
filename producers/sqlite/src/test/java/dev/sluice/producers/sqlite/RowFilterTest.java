package dev.sluice.producers.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ChangeSource;
import dev.sluice.producers.api.Selection;
import dev.sluice.producers.api.SnapshotChunk;
import dev.sluice.producers.api.SourceRecord;
import dev.sluice.producers.api.TransactionPart;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.Finding;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Position;
import dev.sluice.schemas.relational.TableId;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RowFilterTest {
    private static final TableId ID = new TableId("public", "t");
    private static final CapturedTable T = Captured.table("t", "id", "id:INT64", "a:TEXT");
    private static final String TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, state TEXT COLLATE NOCASE)";

    @TempDir
    Path directory;

    private static CapturedTable where(String condition) {
        return T.with(Selection.where(condition));
    }

    private static ChangeSource follow(TestDatabase database, CapturedTable table) {
        return Captured.open(SqliteConnector.of(database.settings()), List.of(table));
    }

    private static List<String> read(ChangeSource source, Object... keys) {
        List<Object[]> wanted = new ArrayList<>();
        for (Object key : keys) {
            wanted.add(new Object[] {key});
        }
        return source.read(ID, wanted).records().stream().map(Captured::text).toList();
    }

    @Test
    void namesWithAPercentSignAreNames() throws SQLException {
        CapturedTable table =
                Captured.table("t", "id", "id:INT64", "cpu%:TEXT").with(Selection.where("\"cpu%\" = 'LOW'"));
        try (TestDatabase database = TestDatabase.create(
                directory,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, \"cpu%\" TEXT COLLATE NOCASE, \"%n\" TEXT)",
                "INSERT INTO t (id, \"cpu%\") VALUES (1, 'low'), (2, 'high')")) {
            try (ChangeSource source = follow(database, table)) {
                assertThat(Captured.snapshot(source, "t", 10)).containsExactly("read t[1,\"low\"]");
                database.run("UPDATE t SET \"cpu%\" = 'Low' WHERE id = 2");
                assertThat(Captured.tail(source)).containsExactly("update t[2,\"Low\"]");
            }
        }
    }

    @Test
    void aChunkSaysHowManyRowsItTook() throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                directory, TABLE, "INSERT INTO t VALUES (1, 'x', 'live'), (2, 'y', 'dead'), (3, 'z', NULL)")) {
            try (ChangeSource source = follow(database, where("state = 'live'"))) {
                SnapshotChunk chunk = source.snapshot(ID, null, 10);
                assertThat(chunk.records()).hasSize(1);
                assertThat(chunk.read()).isEqualTo(3);
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"WAL", "DELETE"})
    void onlySelectedRowsTravelAndAnUpdateMovesThemInAndOut(String mode) throws SQLException {
        try (TestDatabase database = TestDatabase.createIn(
                directory, mode, TABLE, "INSERT INTO t VALUES (1, 'x', 'Live'), (2, 'y', 'dead'), (3, 'z', NULL)")) {
            try (ChangeSource source = follow(database, where("state = 'LIVE' -- in any case"))) {
                assertThat(Captured.snapshot(source, "t", 1)).containsExactly("read t[1,\"x\"]");
                assertThat(read(source, 1L, 2L, 3L, 4L))
                        .containsExactly("read t[1,\"x\"]", "delete t[2]", "delete t[3]", "delete t[4]");
                database.run("INSERT INTO t VALUES (5, 'in', 'live'), (6, 'out', 'dead')");
                assertThat(Captured.tail(source)).containsExactly("create t[5,\"in\"]", "delete t[6]");
                database.run("UPDATE t SET state = 'dead' WHERE id = 5", "UPDATE t SET state = 'LIVE' WHERE id = 6");
                assertThat(Captured.tail(source)).containsExactly("delete t[5]", "update t[6,\"out\"]");
                database.run("UPDATE t SET a = 'w' WHERE id IN (5, 6)", "DELETE FROM t WHERE id IN (5, 6)");
                assertThat(Captured.tail(source))
                        .containsExactly("delete t[5]", "update t[6,\"w\"]", "delete t[5]", "delete t[6]");
            }
        }
    }

    @Test
    void aRowThatGetsAnotherKeyOrIsReplacedLeavesUnderItsOldOne() throws SQLException {
        try (TestDatabase database = TestDatabase.create(directory, TABLE, "INSERT INTO t VALUES (1, 'x', 'live')")) {
            try (ChangeSource source = follow(database, where("state = 'live'"))) {
                database.run("UPDATE t SET id = 2");
                assertThat(Captured.tail(source)).containsExactly("delete t[1]", "create t[2,\"x\"]");
                database.run("UPDATE t SET id = 3, state = 'dead'");
                assertThat(Captured.tail(source)).containsExactly("delete t[2]", "delete t[3]");
                database.run("UPDATE t SET id = 4, state = 'live'");
                assertThat(Captured.tail(source)).containsExactly("delete t[3]", "create t[4,\"x\"]");
                database.run("REPLACE INTO t VALUES (4, 'y', 'dead')");
                assertThat(Captured.tail(source)).containsExactly("delete t[4]");
            }
        }
    }

    @Test
    void aColumnThatOnlyTheConditionNamesIsLoggedButDoesNotTravel() throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                directory,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, \"the state\" INT, twice AS (\"the state\" * 2), other)")) {
            try (ChangeSource source = follow(database, where("[THE STATE] > 1 AND twice < 10"))) {
                assertThat(database.query("PRAGMA table_info(_sluice_p_log)"))
                        .extracting(column -> column.split("\\|", -1)[1])
                        .containsExactly("seq", "t", "op", "at", "nonce", "k0", "c0", "c1", "c2", "c3");
                database.run("INSERT INTO t VALUES (1, 'x', 1, NULL), (2, 'y', 2, NULL), (3, 'z', 5, NULL)");
                assertThat(Captured.tail(source)).containsExactly("delete t[1]", "create t[2,\"y\"]", "delete t[3]");
                assertThat(Captured.snapshot(source, "t", 10)).containsExactly("read t[2,\"y\"]");
                assertThatThrownBy(() -> database.run("ALTER TABLE t DROP COLUMN twice"))
                        .hasMessageContaining("_sluice_p_1_insert");
            }
        }
    }

    @Test
    void aConditionOfABackfillHoldsTogetherWithTheTables() throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                directory, TABLE, "INSERT INTO t VALUES (1, 'x', 'live'), (2, 'y', 'live'), (3, 'y', 'dead')")) {
            try (ChangeSource source = follow(database, where("state = 'live'"))) {
                SnapshotChunk chunk = source.snapshot(ID, null, 10, "a = 'y'");
                assertThat(chunk.records()).extracting(Captured::text).containsExactly("read t[2,\"y\"]");
                assertThat(chunk.gone()).isEmpty();
            }
        }
    }

    /** Whatever SQLite's types do to values and comparisons, the rows that travel are those that SQLite itself finds in the table. */
    @ParameterizedTest(name = "{0} WHERE {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "INTEGER                  | v > '5'",
                "TEXT                     | v > 5",
                "TEXT                     | v > '5'",
                "REAL                     | typeof(v) = 'real' AND v >= 5",
                "NUMERIC                  | v = '10' OR v = 5.0",
                "DECIMAL(10,2)            | v < '6'",
                "BLOB                     | v > '5'",
                "''                       | v = '5' OR v = 10",
                "ANY                      | v = '5'",
                "VARCHAR(9) COLLATE NOCASE| v = 'ADA'",
                "TEXT COLLATE NOCASE      | v BETWEEN 'B' AND 'f'",
                "TEXT COLLATE RTRIM       | v = 'ada'",
                "TEXT                     | v = 'ADA' COLLATE NOCASE",
                "TEXT                     | v LIKE 'AD%' OR v GLOB '*E*'",
                "TEXT                     | v IS NOT NULL AND v IN ('5', 10, 'ada ')",
                "FLOATING POINT           | v = 5 AND typeof(v) = 'integer'",
                "BOOLEAN                  | v",
                "TEXT                     | hex(v) > '4' OR length(v) = 2",
                "DATETIME                 | date(v) >= '2024-02-01'",
            })
    void rowsAreSelectedAsTheirTableWould(String type, String condition) throws SQLException {
        for (String encoding : List.of("UTF-8", "UTF-16le")) {
            Path own = directory.resolve(encoding);
            own.toFile().mkdirs();
            try (TestDatabase database = TestDatabase.createIn(
                    own,
                    "DELETE",
                    "PRAGMA encoding = '" + encoding + "'",
                    "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, v " + type.replace("''", "") + ")")) {
                try (ChangeSource source = follow(database, where(condition))) {
                    String values = "(5), ('5'), (5.0), ('5.0'), (10), ('10'), (4.5), (-1), (1e300), ('ada'), ('Ada'), "
                            + "('ada '), ('E'), ('é'), ('Ā'), ('f'), (''), (x'35'), (x'ff'), (CAST(x'ff41' AS TEXT)), (NULL), ('a' || char(0) || 'b'), "
                            + "(9e999), (9223372036854775807), ('9223372036854775808'), ('2024-02-29'), ('2024-01-31 10:00'), (2460370)";
                    database.run("INSERT INTO t (a, v) SELECT 'x', column1 FROM (VALUES " + values + ")");
                    List<String> expected = database.query("SELECT id FROM t WHERE " + condition);
                    assertThat(ids(Captured.tail(source), "create"))
                            .as(encoding + ", tail")
                            .isEqualTo(expected);
                    assertThat(ids(Captured.snapshot(source, "t", 5), "read"))
                            .as(encoding + ", snapshot")
                            .isEqualTo(expected);
                }
            }
        }
    }

    private static List<String> ids(List<String> records, String op) {
        return records.stream()
                .filter(record -> record.startsWith(op))
                .map(record -> record.replaceAll(".*\\[(\\d+).*", "$1"))
                .toList();
    }

    @Test
    void aStrictTableKeepsWhatWasWrittenIntoAny() throws SQLException {
        try (TestDatabase database =
                TestDatabase.create(directory, "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, v ANY) STRICT")) {
            try (ChangeSource source = follow(database, where("typeof(v) = 'text'"))) {
                database.run("INSERT INTO t VALUES (1, 'x', '5'), (2, 'y', 5)");
                assertThat(Captured.tail(source)).containsExactly("create t[1,\"x\"]", "delete t[2]");
            }
        }
    }

    @Test
    void aRowOnWhichTheConditionFailsIsADeadLetterAndNothingElseIs() throws SQLException {
        CapturedTable table = where("json_extract(a, '$.x') = 1");
        try (TestDatabase database = TestDatabase.create(
                directory, TABLE, "INSERT INTO t (id, a) VALUES (1, '{\"x\":1}'), (2, 'secret'), (3, '{\"x\":1}')")) {
            try (ChangeSource source = follow(database, table)) {
                assertThat(Captured.snapshot(source, "t", 10))
                        .containsExactly(
                                "read t[1,\"{\\\"x\\\":1}\"]",
                                "refused read t[2] null filter-failed",
                                "read t[3,\"{\\\"x\\\":1}\"]");
                assertThat(read(source, 2L)).containsExactly("refused read t[2] null filter-failed");
                database.run("UPDATE t SET a = a || ' '");
                assertThat(Captured.tail(source))
                        .hasSize(3)
                        .element(1)
                        .isEqualTo("refused update t[2] null filter-failed");
                SourceRecord.Refused refused = (SourceRecord.Refused)
                        source.snapshot(ID, null, 10).records().get(1);
                assertThat(refused.message()).contains("malformed JSON").doesNotContain("secret");
                assertThat(new String(refused.raw(), java.nio.charset.StandardCharsets.UTF_8))
                        .isEqualTo("{\"id\":{\"integer\":\"2\"},\"a\":{\"text\":\"secret \"}}");
                database.run("UPDATE t SET a = '{}' WHERE id = 2");
                assertThat(Captured.tail(source)).containsExactly("delete t[2]");
            }
            assertThat(SqliteConnector.of(database.settings()).check(List.of(table)))
                    .extracting(Finding::severity)
                    .doesNotContain(Finding.Severity.ERROR);
        }
    }

    @Test
    void aValueTooLargeToBeReadIsNotJudged() throws SQLException {
        try (TestDatabase database = TestDatabase.createIn(
                directory,
                "DELETE",
                "PRAGMA synchronous = OFF",
                "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b)")) {
            try (ChangeSource source = follow(database, where("length(b) > 1"))) {
                database.run("INSERT INTO t VALUES (1, 'x', zeroblob(" + (LargeRows.MAX_ROW_BYTES + 1) + "))");
                assertThat(Captured.tail(source)).containsExactly("refused create t[1] null record-too-large");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "missing = 1",
                "id IN (SELECT 1)",
                "EXISTS (SELECT 1 FROM t)",
                "random() > 0",
                "CURRENT_TIMESTAMP > a",
                "date('now') > a",
                "a > datetime(/* x */ \"NOW\")",
                "id IS NULL OR date('now', '-1 day') > a",
                "julianday() > 5",
                "strftime('%s') > 5",
                "datetime(a, 'localtime') > '2024'",
                "changes() > 0",
                "rowid > 1",
                "t.id > 1",
                "\"no such name\" = 'x'",
                "id = ?",
                "count(*) > 1",
                "row_number() OVER () > 1",
                "1=1) OR (1=1",
                "1) THEN 1 END), extra AS (1",
                "1=1; DELETE FROM t",
                "known_to_the_application(id)",
                "1, 2",
                ""
            })
    void whatIsNoSteadyConditionAboutOneRowIsRefused(String condition) throws SQLException {
        try (TestDatabase database = TestDatabase.create(directory, TABLE)) {
            SqliteConnector connector = SqliteConnector.of(database.settings());
            List<CapturedTable> tables = List.of(where(condition));
            assertThat(connector.check(tables))
                    .filteredOn(finding -> finding.code().equals(Selection.REFUSED))
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.message()).contains("tables.t.where cannot be followed"));
            assertThatThrownBy(() -> connector.prepare(tables, "p", "one", false))
                    .isInstanceOfSatisfying(
                            SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.CONFIGURATION))
                    .hasMessageContaining("tables.t.where cannot be followed");
            assertThat(database.query("SELECT name FROM sqlite_master WHERE name LIKE '%sluice%'"))
                    .isEmpty();
        }
    }

    @Test
    void aTimeThatIsOnlyADatumIsNoPresentTime() throws SQLException {
        try (TestDatabase database =
                TestDatabase.create(directory, TABLE, "INSERT INTO t (id, a) VALUES (1, '2024-05-01'), (2, 'now')")) {
            // The word in the row is found when the row is read.
            try (ChangeSource source = follow(database, where("date(a) > '2024-01-01' -- not date('now')"))) {
                assertThat(Captured.snapshot(source, "t", 10))
                        .containsExactly("read t[1,\"2024-05-01\"]", "refused read t[2] null filter-failed");
            }
            try (ChangeSource source = follow(database, where("a = 'now'"))) {
                assertThat(Captured.snapshot(source, "t", 10)).containsExactly("read t[2,\"now\"]");
            }
        }
    }

    @Test
    void anotherConditionReadsTheTableAgainAndLetsRowsLeave() throws SQLException {
        CapturedTable live = where("state = 'live'");
        CapturedTable old = where("id < 3");
        try (TestDatabase database = TestDatabase.create(
                directory, TABLE, "INSERT INTO t VALUES (1, 'x', 'live'), (2, 'y', 'dead'), (3, 'z', 'live')")) {
            SqliteConnector connector = SqliteConnector.of(database.settings());
            String all = capture(connector, T);
            String first = capture(connector, live);
            assertThat(capture(connector, live)).isEqualTo(first).isNotEqualTo(all);
            assertGone(connector, live, "delete t[2]");
            try (ChangeSource source = connector.source(List.of(old), "p", "one")) {
                assertThatThrownBy(() -> source.open(null))
                        .isInstanceOfSatisfying(
                                SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                        .hasMessageContaining("run `sluice prepare`");
            }
            assertThat(capture(connector, old)).isNotIn(all, first);
            assertGone(connector, old, "delete t[3]");
            assertThat(capture(connector, T)).isNotIn(all, first);
            assertGone(connector, T);
        }
    }

    /** So that a version that knows no conditions goes on reading a capture without any. */
    @Test
    void aTableWithoutAConditionIsPreparedAsItAlwaysWas() throws SQLException {
        try (TestDatabase database = TestDatabase.create(directory, TABLE)) {
            SqliteConnector connector = SqliteConnector.of(database.settings());
            String layouts = "SELECT value FROM _sluice_p_meta WHERE item LIKE 'layout %'";
            connector.prepare(List.of(T), "p", "one", false);
            assertThat(database.query(layouts)).singleElement().asString().doesNotContain("selected");
            connector.prepare(List.of(where("id > 0")), "p", "one", false);
            assertThat(database.query(layouts)).element(1).asString().contains("\"selected\"");
        }
    }

    private static String capture(SqliteConnector connector, CapturedTable table) {
        try (ChangeSource source = Captured.open(connector, List.of(table))) {
            return source.capture(ID);
        }
    }

    private static void assertGone(SqliteConnector connector, CapturedTable table, String... gone) {
        try (ChangeSource source = Captured.open(connector, List.of(table))) {
            assertThat(source.snapshot(ID, null, 10).gone())
                    .extracting(Captured::text)
                    .containsExactly(gone);
        }
    }

    @Test
    void rowsLoggedBeforeThereWasAConditionAreJudgedAsTheyAreNow() throws SQLException {
        try (TestDatabase database = TestDatabase.create(directory, TABLE)) {
            SqliteConnector connector = SqliteConnector.of(database.settings());
            Position start;
            try (ChangeSource source = Captured.open(connector, List.of(T))) {
                start = source.position();
            }
            database.run(
                    "INSERT INTO t VALUES (1, 'x', 'live'), (2, 'y', 'live'), (3, 'z', 'dead')",
                    "UPDATE t SET state = 'dead' WHERE id = 1",
                    "DELETE FROM t WHERE id = 3");
            CapturedTable live = where("state = 'live'");
            connector.prepare(List.of(live), "p", "one", false);
            try (ChangeSource source = connector.source(List.of(live), "p", "one")) {
                source.open(start);
                assertThat(Captured.tail(source))
                        .containsExactly(
                                "delete t[1]", "create t[2,\"y\"]", "delete t[3]", "delete t[1]", "delete t[3]");
            }
        }
    }

    @Test
    void aSchemaThatChangesMeanwhileIsReadAnew() throws SQLException {
        try (TestDatabase database = TestDatabase.create(directory, TABLE)) {
            try (ChangeSource source = follow(database, where("state = 'live'"))) {
                database.run("INSERT INTO t VALUES (1, 'x', 'live')");
                assertThat(Captured.tail(source)).containsExactly("create t[1,\"x\"]");
                database.run("CREATE INDEX t_a ON t (a)", "INSERT INTO t VALUES (2, 'x', 'dead'), (3, 'y', 'LIVE')");
                assertThat(Captured.tail(source)).containsExactly("delete t[2]", "create t[3,\"y\"]");
                assertThat(Captured.snapshot(source, "t", 10)).containsExactly("read t[1,\"x\"]", "read t[3,\"y\"]");
            }
        }
    }

    /** Reads as the publisher does: a chunk, the tail up to where it was read, then the chunk's records. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void theTargetEndsAsTheSelectedRowsOfTheSource(long seed) throws SQLException {
        Random random = new Random(seed);
        String condition = "state = 'LIVE' AND (id % 3 <> 1 OR a > '5')";
        try (TestDatabase database = TestDatabase.createIn(
                directory, seed % 2 == 0 ? "WAL" : "DELETE", TABLE, "CREATE UNIQUE INDEX t_a ON t (a)")) {
            for (int i = 0; i < 30; i++) {
                write(database, random);
            }
            Map<String, String> target = new TreeMap<>();
            try (ChangeSource source = follow(database, where(condition))) {
                byte[] cursor = null;
                do {
                    write(database, random);
                    SnapshotChunk chunk = source.snapshot(ID, cursor, 3);
                    write(database, random);
                    var polled = source.poll(chunk.position(), 2);
                    while (polled.part().isPresent()) {
                        apply(target, polled.part().get());
                        polled = source.poll(chunk.position(), 2);
                    }
                    chunk.records().forEach(record -> apply(target, record));
                    cursor = chunk.cursor();
                } while (cursor != null);
                for (int i = 0; i < 40; i++) {
                    write(database, random);
                    Captured.parts(source, 3).forEach(part -> apply(target, part));
                    assertThat(target.values())
                            .containsExactlyInAnyOrderElementsOf(database.query(
                                    "SELECT '[' || id || ',\"' || a || '\"]' FROM t WHERE " + condition));
                }
            }
        }
    }

    private static void write(TestDatabase database, Random random) throws SQLException {
        int id = random.nextInt(12);
        String row = id + ", '" + random.nextInt(20) + "', '" + (random.nextBoolean() ? "live" : "dead") + "'";
        switch (random.nextInt(6)) {
            case 0 -> database.run("DELETE FROM t WHERE id = " + id);
            case 1 ->
                database.run(
                        "UPDATE t SET state = CASE state WHEN 'live' THEN 'dead' ELSE 'LIVE' END WHERE id = " + id);
            case 2 -> database.run("UPDATE OR REPLACE t SET id = id + 1 WHERE id = " + id);
            case 3 -> database.run("INSERT OR IGNORE INTO t VALUES (" + row + ")");
            default -> database.run("INSERT OR REPLACE INTO t VALUES (" + row + ")");
        }
    }

    private static void apply(Map<String, String> target, TransactionPart part) {
        part.records().forEach(record -> apply(target, record));
    }

    private static void apply(Map<String, String> target, SourceRecord record) {
        String text = Captured.text(record);
        String key = text.replaceAll(".*\\[(\\d+).*", "$1");
        if (text.startsWith("delete")) {
            target.remove(key);
        } else {
            target.put(key, text.substring(text.indexOf('[')));
        }
    }
}
