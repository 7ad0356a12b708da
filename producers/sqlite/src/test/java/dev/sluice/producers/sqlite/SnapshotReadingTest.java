package dev.sluice.producers.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ChangeSource;
import dev.sluice.producers.api.SnapshotChunk;
import dev.sluice.producers.api.SourceRecord;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.TableId;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SnapshotReadingTest {
    private static final TableId T = new TableId("public", "t");

    @TempDir
    Path directory;

    private static ChangeSource follow(TestDatabase database, CapturedTable table) {
        return Captured.open(SqliteConnector.of(database.settings()), List.of(table));
    }

    @ParameterizedTest(name = "chunks of {0}")
    @ValueSource(ints = {1, 2, 3, 100})
    void keysOfEveryStorageClassComeExactlyOnce(int chunk) throws SQLException {
        try (TestDatabase database = TestDatabase.create(directory, "CREATE TABLE t (k PRIMARY KEY, v)")) {
            database.run(
                    "INSERT INTO t VALUES (5, 1), (-9223372036854775808, 2), (2.5, 3), (9e999, 4), ('', 5), ('a', 6), (x'', 7), (x'00ff', 8)",
                    "INSERT INTO t VALUES (CAST(x'610062' AS TEXT), 9), (CAST(x'61ff' AS TEXT), 10), (CAST(x'61ff61' AS TEXT), 11), ('b', 12)");
            try (ChangeSource source = follow(database, Captured.table("t", "k", "k:NATIVE", "v:INT32"))) {
                assertThat(Captured.snapshot(source, "t", chunk))
                        .containsExactly(
                                "read t[\"-9223372036854775808\",2]",
                                "read t[\"2.5\",3]",
                                "read t[\"5\",1]",
                                "read t[\"Inf\",4]",
                                "read t[\"\",5]",
                                "read t[\"a\",6]",
                                "refused read t[\"a\\u0000b\"] k nul-character",
                                "refused read t[\"\\\\x61ff\"] k invalid-utf8",
                                "refused read t[\"\\\\x61ff61\"] k invalid-utf8",
                                "read t[\"b\",12]",
                                "refused read t[\"\\\\x\"] k not-text",
                                "refused read t[\"\\\\x00ff\"] k not-text");
            }
        }
    }

    @ParameterizedTest(name = "chunks of {0}")
    @ValueSource(ints = {1, 2, 3, 5, 100})
    void rowsWithNullInTheKeyAreRefusedExactlyOnce(int chunk) throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                directory,
                "CREATE TABLE t (a INTEGER, b TEXT, PRIMARY KEY (a, b))",
                "INSERT INTO t VALUES (1, 'x'), (NULL, 'x'), (NULL, 'x'), (NULL, NULL), (NULL, NULL), (2, NULL), (2, NULL), (2, 'a'), (1, NULL), (3, 'z')")) {
            try (ChangeSource source = follow(database, Captured.table("t", "a,b", "a:INT32", "b:TEXT"))) {
                List<String> records = Captured.snapshot(source, "t", chunk);
                assertThat(records).hasSize(10);
                assertThat(records)
                        .filteredOn(record -> record.startsWith("read"))
                        .containsExactly("read t[1,\"x\"]", "read t[2,\"a\"]", "read t[3,\"z\"]");
                assertThat(records)
                        .filteredOn(record -> record.startsWith("refused"))
                        .hasSize(7)
                        .allMatch(record -> record.endsWith("null-key"));
                assertThat(records)
                        .filteredOn(record -> record.matches("refused read t\\[null,\"x\"]#[0-9a-f]{16} a null-key"))
                        .hasSize(2);
                assertThat(records)
                        .filteredOn(record -> record.matches("refused read t\\[2,null]#[0-9a-f]{16} b null-key"))
                        .hasSize(2);
            }
        }
    }

    @ParameterizedTest(name = "chunks of {0}")
    @ValueSource(ints = {1, 2, 7})
    void aTableIsReadWholeWhateverItsKeyIsMadeOf(int chunk) throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                directory,
                "CREATE TABLE t (a TEXT COLLATE NOCASE, b TEXT, c, PRIMARY KEY (a COLLATE BINARY, b)) WITHOUT ROWID",
                "INSERT INTO t VALUES ('x', 'B', 1), ('X', 'b', 2), ('X', 'a', 3), ('y', '', 4), ('Y', '', 5)",
                "CREATE TABLE loose (a INTEGER UNIQUE, b TEXT)",
                "INSERT INTO loose VALUES (3, 'x'), (2, 'y'), (NULL, 'z'), (1, 'w')")) {
            SqliteConnector connector = SqliteConnector.of(database.settings());
            List<CapturedTable> tables = List.of(
                    Captured.table("t", "a,b", "a:TEXT", "b:TEXT", "c:INT32"),
                    Captured.table("loose", "a", "a:INT32", "b:TEXT"));
            try (ChangeSource source = Captured.open(connector, tables)) {
                assertThat(Captured.snapshot(source, "t", chunk))
                        .containsExactly(
                                "read t[\"X\",\"a\",3]",
                                "read t[\"X\",\"b\",2]",
                                "read t[\"Y\",\"\",5]",
                                "read t[\"x\",\"B\",1]",
                                "read t[\"y\",\"\",4]");
                assertThat(Captured.snapshot(source, "loose", chunk))
                        .containsExactly(
                                "refused read loose[null]#eb93f97de6bbee90 a null-key",
                                "read loose[1,\"w\"]",
                                "read loose[2,\"y\"]",
                                "read loose[3,\"x\"]");
            }
        }
    }

    @Test
    void everyQueryOfAChunkUsesTheKeysIndex() throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                directory,
                "CREATE TABLE t (a TEXT COLLATE NOCASE, b INTEGER, c, PRIMARY KEY (a, b))",
                "CREATE TABLE i (id INTEGER PRIMARY KEY, c)",
                "CREATE TABLE w (a TEXT, b TEXT, c, PRIMARY KEY (a, b)) WITHOUT ROWID")) {
            CapturedTable t = Captured.table("t", "a,b", "a:TEXT", "b:INT32", "c:TEXT");
            assertThat(plan(database, t, new Object[] {"x", 1L, 7L}, 2))
                    .contains("SEARCH t USING INDEX")
                    .doesNotContain("TEMP B-TREE");
            assertThat(plan(database, t, new Object[] {"x", 1L, 7L}, 1))
                    .contains("(a=? AND b>?)")
                    .doesNotContain("TEMP B-TREE");
            assertThat(plan(database, t, new Object[] {"x", 1L, 7L}, 0))
                    .contains("(a>?)")
                    .doesNotContain("TEMP B-TREE");
            assertThat(plan(database, t, new Object[] {null, null, 7L}, 2))
                    .contains("(a=? AND b=?")
                    .doesNotContain("TEMP B-TREE");
            CapturedTable i = Captured.table("i", "id", "id:INT64", "c:TEXT");
            assertThat(plan(database, i, new Object[] {1L}, 0)).contains("USING INTEGER PRIMARY KEY (rowid>?)");
            CapturedTable w = Captured.table("w", "a,b", "a:TEXT", "b:TEXT", "c:TEXT");
            assertThat(plan(database, w, new Object[] {"x", "y"}, 1)).contains("USING PRIMARY KEY (a=? AND b>?)");
            assertThat(plan(database, w, new Object[] {"x", "y"}, 0))
                    .contains("USING PRIMARY KEY (a>?)")
                    .doesNotContain("TEMP B-TREE");
        }
    }

    private static String plan(TestDatabase database, CapturedTable table, Object[] cursor, int depth)
            throws SQLException {
        try (Session session = Session.reader(database.settings())) {
            TableInfo info = session.inRead(Introspection::read).tables().get(table.sourceName());
            String sql = new SnapshotReader(table, info, RowSelection.all(table)).statement(cursor, depth);
            return String.join(
                    "\n",
                    database.query(
                            "EXPLAIN QUERY PLAN " + sql.replace("?", "'p'").replace("LIMIT 'p'", "LIMIT 10")));
        }
    }

    @Test
    void aCursorOfAnotherOrderIsRefused() throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                directory,
                "CREATE TABLE t (a INTEGER NOT NULL, b INTEGER NOT NULL)",
                "CREATE UNIQUE INDEX ta ON t (a)",
                "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)")) {
            CapturedTable table = Captured.table("t", "a", "a:INT64", "b:INT64");
            try (ChangeSource source = follow(database, table)) {
                SnapshotChunk chunk = source.snapshot(T, null, 2);
                database.run("DROP INDEX ta");
                assertThatThrownBy(() -> source.snapshot(T, chunk.cursor(), 2))
                        .isInstanceOfSatisfying(
                                SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                        .hasMessageContaining("table t cannot go on");
            }
        }
    }

    @Test
    void generatedColumnsAndRealColumnsWithWholeNumbersKeepTheirValues() throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                directory,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, r REAL, v AS (r * 2) VIRTUAL, s TEXT AS (id || 'x') STORED)",
                "INSERT INTO t (id, r) VALUES (1, 3)")) {
            try (ChangeSource source =
                    follow(database, Captured.table("t", "id", "id:INT64", "r:NATIVE", "v:NATIVE", "s:TEXT"))) {
                assertThat(Captured.snapshot(source, "t", 10)).containsExactly("read t[1,\"3.0\",\"6.0\",\"1x\"]");
                database.run("INSERT INTO t (id, r) VALUES (2, 4)");
                assertThat(Captured.tail(source)).containsExactly("create t[2,\"4.0\",\"8.0\",\"2x\"]");
            }
        }
    }

    @Test
    void theLogKeepsEveryStorageClassExactly() throws SQLException {
        try (TestDatabase database = TestDatabase.create(directory, "CREATE TABLE t (id INTEGER PRIMARY KEY, v)")) {
            try (ChangeSource source = follow(database, Captured.table("t", "id", "id:INT64", "v:BYTES"))) {
                database.run(
                        "INSERT INTO t (v) VALUES (9223372036854775807), (9e999), (-9e999), (1.0), (CAST(x'610062' AS TEXT)), (CAST(x'61ff' AS TEXT)), (x'00'), (x''), ('1'), (NULL), (0.1)");
                assertThat(
                                database.query(
                                        "SELECT typeof(c1), quote(CAST(c1 AS BLOB)) FROM _sluice_p_log WHERE op = 'i' ORDER BY seq"))
                        .isEqualTo(database.query("SELECT typeof(v), quote(CAST(v AS BLOB)) FROM t ORDER BY id"));
                SourceRecord refused =
                        Captured.parts(source, 100).get(0).records().get(1);
                assertThat(new String(((SourceRecord.Refused) refused).raw(), StandardCharsets.UTF_8))
                        .isEqualTo("{\"id\":{\"integer\":\"2\"},\"v\":{\"real\":\"Infinity\"}}");
            }
        }
    }

    @Test
    void aRefusedRowSaysWhyAndKeepsWhatWasStored() throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                directory,
                "CREATE TABLE t (id TEXT PRIMARY KEY, v, b)",
                "INSERT INTO t VALUES ('k', CAST(x'610062' AS TEXT), x'0aff'), ('l', 'ok', NULL)")) {
            try (ChangeSource source = follow(database, Captured.table("t", "id", "id:TEXT", "v:TEXT", "b:BYTES"))) {
                List<SourceRecord> records = source.snapshot(T, null, 10).records();
                SourceRecord.Refused refused = (SourceRecord.Refused) records.get(0);
                assertThat(refused.key()).isEqualTo("[\"k\"]");
                assertThat(refused.column()).isEqualTo("v");
                assertThat(refused.reason()).isEqualTo("nul-character");
                assertThat(refused.message())
                        .startsWith("column v (text; in the source v): ")
                        .contains("NUL was found");
                assertThat(refused.rawFormat()).isEqualTo("sqlite-json/1");
                assertThat(new String(refused.raw(), StandardCharsets.UTF_8))
                        .isEqualTo(
                                "{\"id\":{\"text\":\"k\"},\"v\":{\"text-bytes\":\"610062\"},\"b\":{\"blob\":\"0aff\"}}");
                assertThat(Captured.text(records.get(1))).isEqualTo("read t[\"l\",\"ok\",null]");
            }
        }
    }

    @Test
    void aRowThatWouldNotFitIntoMemoryIsRefusedWithoutBeingRead() throws SQLException {
        try (TestDatabase database = TestDatabase.createIn(
                        directory,
                        "DELETE",
                        "PRAGMA synchronous = OFF",
                        "CREATE TABLE t (id INTEGER PRIMARY KEY, v, w, x)",
                        "INSERT INTO t VALUES (1, 'small', NULL, NULL)");
                ChangeSource source =
                        follow(database, Captured.table("t", "id", "id:INT64", "v:TEXT", "w:BYTES", "x:BYTES"))) {
            String half = "zeroblob(" + (LargeRows.MAX_ROW_BYTES / 2 + 1) + ")";
            database.run("INSERT INTO t VALUES (2, 'small', " + half + ", " + half + ")");
            SourceRecord created = Captured.parts(source, 1).get(0).records().get(0);
            SourceRecord read = source.snapshot(T, null, 10).records().get(1);
            for (SourceRecord row : List.of(created, read)) {
                assertThat(Captured.text(row)).endsWith("t[2] w record-too-large");
                assertThat(new String(((SourceRecord.Refused) row).raw(), StandardCharsets.UTF_8))
                        .isEqualTo(
                                "{\"id\":{\"integer\":\"2\"},\"v\":{\"text\":\"small\"},\"w\":{\"left-out-bytes\":\"33554433\"},\"x\":{\"left-out-bytes\":\"33554433\"}}");
            }
            assertThat(Captured.text(source.snapshot(T, null, 10).records().get(0)))
                    .isEqualTo("read t[1,\"small\",null,null]");
        }
    }

    @Test
    void aDatabaseInUtf16IsReadLikeAnyOther() throws SQLException {
        try (TestDatabase database = TestDatabase.createIn(
                directory,
                "DELETE",
                "PRAGMA encoding = 'UTF-16le'",
                "CREATE TABLE t (id TEXT PRIMARY KEY, v)",
                "INSERT INTO t VALUES ('é', '€😀'), ('\uFFFD', 'x')")) {
            assertThat(database.query("PRAGMA encoding")).containsExactly("UTF-16le");
            try (ChangeSource source = follow(database, Captured.table("t", "id", "id:TEXT", "v:TEXT"))) {
                assertThat(Captured.snapshot(source, "t", 1))
                        .containsExactlyInAnyOrder("read t[\"é\",\"€😀\"]", "read t[\"\uFFFD\",\"x\"]");
                database.run("UPDATE t SET v = 'ü' WHERE id = 'é'");
                assertThat(Captured.tail(source)).containsExactly("update t[\"é\",\"ü\"]");
            }
        }
    }

    @Test
    void aConditionThatHardlyEverHoldsIsReadInShortPieces() throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                directory,
                "CREATE TABLE t (k INTEGER PRIMARY KEY, v)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25000) INSERT INTO t SELECT i, i FROM n")) {
            try (ChangeSource source = follow(database, Captured.table("t", "k", "k:INT32", "v:INT32"))) {
                List<Integer> sizes = new ArrayList<>();
                byte[] cursor = null;
                do {
                    SnapshotChunk chunk = source.snapshot(T, cursor, 100, "v = 5 OR v > 24998");
                    sizes.add(chunk.records().size());
                    cursor = chunk.cursor();
                } while (cursor != null);
                assertThat(sizes).containsExactly(1, 0, 2);
            }
        }
    }

    @Test
    void aConditionThatFailsOnARowIsAMistakeOfWhoeverWroteIt() throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                directory,
                "CREATE TABLE t (k INTEGER PRIMARY KEY, v)",
                "INSERT INTO t VALUES (1, '{\"a\":1}'), (2, 'secret')")) {
            try (ChangeSource source = follow(database, Captured.table("t", "k", "k:INT32", "v:TEXT"))) {
                String condition = "json_extract(v, '$.a') = 1";
                source.requireCondition(T, condition);
                SnapshotChunk first = source.snapshot(T, null, 1, condition);
                assertThat(first.records()).hasSize(1);
                assertThatThrownBy(() -> source.snapshot(T, first.cursor(), 1, condition))
                        .isInstanceOfSatisfying(
                                SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.CONFIGURATION))
                        .hasMessageContaining("malformed JSON")
                        .hasMessageNotContaining("secret");
                database.run("UPDATE t SET v = '{\"a\":2}' WHERE k = 2");
                assertThat(source.snapshot(T, first.cursor(), 1, condition).records())
                        .as("the same condition, when the row is right")
                        .isEmpty();
                assertThat(source.snapshot(T, null, 10).records()).hasSize(2);
            }
        }
    }

    @Test
    void writersInRollbackModeWaitForFewRowsOfASlowCondition() throws SQLException {
        // A millisecond for a row, some seconds for all.
        String slow = "k <= (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000 + k)"
                + " SELECT count(*) FROM n)";
        try (TestDatabase database = TestDatabase.createIn(
                        directory,
                        "DELETE",
                        "CREATE TABLE t (k INTEGER PRIMARY KEY)",
                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) INSERT INTO t SELECT i FROM n");
                Session session = Session.reader(database.settings())) {
            Condition condition = new Condition("t", slow, Duration.ofMillis(100), Duration.ofMinutes(1));
            List<Integer> tried = new ArrayList<>();
            Condition.Scan<Long> scan = new Condition.Scan<>(10_000, rows -> {
                tried.add(rows);
                return s -> s.number("SELECT sum(" + condition.asColumn() + ") FROM t WHERE k <= ?", (long) rows);
            });
            assertThat(condition.guarded(session, scan)).isEqualTo(scan.rows());
            assertThat(scan.rows()).isLessThan(10_000);
            assertThat(tried).startsWith(10_000, 1_000).endsWith(scan.rows());
            tried.clear();
            condition.guarded(session, scan);
            assertThat(tried).as("what was too much is not tried again").doesNotContain(10_000);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"WAL", "DELETE"})
    void aConditionThatNeverEndsIsEnded(String journalMode) throws SQLException {
        try (TestDatabase database = TestDatabase.createIn(
                directory, journalMode, "CREATE TABLE t (k INTEGER PRIMARY KEY)", "INSERT INTO t VALUES (1)")) {
            try (Session session = Session.reader(database.settings())) {
                Condition endless = new Condition(
                        "t",
                        "1 = (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n)",
                        Duration.ofMillis(1),
                        Duration.ofMillis(1));
                Condition.Scan<Long> scan =
                        new Condition.Scan<>(100, rows -> s -> s.number("SELECT k FROM t WHERE " + endless.asColumn()));
                assertThatThrownBy(() -> endless.guarded(session, scan))
                        .isInstanceOfSatisfying(
                                SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.CONFIGURATION))
                        .hasMessageContaining(
                                "takes more than 1 ms for " + (journalMode.equals("WAL") ? 100 : 1) + " rows");
            }
        }
    }
}
