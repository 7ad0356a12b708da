package dev.sluice.producers.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.QueryRows;
import dev.sluice.producers.api.Selection;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QueryTest {
    private static final CapturedTable T = Captured.table("t", "id", "id:INT64", "a:TEXT");

    private static final String ENDLESS = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT ";

    @TempDir
    Path directory;

    private TestDatabase database;
    private SqliteSource source;

    private void open(String journalMode, CapturedTable table) throws SQLException {
        database = TestDatabase.createIn(
                directory,
                journalMode,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)",
                "INSERT INTO t VALUES (1, 'one'), (2, NULL), (3, CAST(x'61ff' AS TEXT))");
        source = (SqliteSource) Captured.open(SqliteConnector.of(database.settings()), List.of(table));
    }

    @AfterEach
    void close() throws SQLException {
        source.close();
        database.close();
    }

    private QueryRows query(String sql) {
        return source.query(sql, 100);
    }

    private void assertRefused(String sql, String why) {
        assertThatThrownBy(() -> query(sql))
                .as(sql)
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.CONFIGURATION))
                .hasMessageStartingWith("the source cannot answer the query: ")
                .hasMessageContaining(why);
    }

    @Test
    void valuesComeInTheirStorageClasses() throws SQLException {
        open("WAL", T);
        QueryRows rows =
                query("SELECT 1 AS i, 1.5 r, 1e999 inf, 'é\uFFFD' t, x'00ff' b, NULL n, id, id FROM t WHERE id = 1; ");
        assertThat(rows.columns()).containsExactly("i", "r", "inf", "t", "b", "n", "id", "id");
        assertThat(rows.rows()).hasSize(1);
        assertThat(rows.rows().get(0))
                .containsExactly(1L, 1.5, Double.POSITIVE_INFINITY, "é\uFFFD", new byte[] {0, -1}, null, 1L, 1L);
        assertThat(rows.position()).isEqualTo(source.position());
        assertThat(query("SELECT a FROM t ORDER BY id DESC").rows())
                .extracting(row -> row.get(0))
                .containsExactly(new byte[] {'a', -1}, null, "one");
        assertThat(query("VALUES (1), (2)").rows()).containsExactly(List.of(1L), List.of(2L));
        assertThat(query("WITH c AS (SELECT id FROM t) SELECT count(*) FROM c -- all of them")
                        .rows())
                .containsExactly(List.of(3L));
        assertThat(query("SELECT 1 WHERE 0").columns()).containsExactly("1");
        assertThat(query("SELECT ';' AS \"a;b\"").rows()).containsExactly(List.of(";"));
    }

    @Test
    void itIsAnsweredAtThePositionOfItsTransaction() throws SQLException {
        open("WAL", T);
        database.run("INSERT INTO t VALUES (4, 'x')");
        QueryRows rows = query("SELECT count(*) FROM t");
        assertThat(rows.rows()).containsExactly(List.of(4L));
        assertThat(rows.position()).isGreaterThan(source.position());
        assertThat(source.count(T.target().id()).orElseThrow().position()).isEqualTo(rows.position());
        Captured.tail(source);
        assertThat(source.position()).isEqualTo(rows.position());
    }

    @ParameterizedTest(name = "in journal mode {0}")
    @ValueSource(strings = {"WAL", "DELETE"})
    void whatIsNoSingleQueryIsRefusedAndChangesNothing(String journalMode) throws SQLException {
        open(journalMode, T);
        for (String sql : List.of(
                "SELECT 1; DROP TABLE t",
                "SELECT 1; SELECT 2",
                ";SELECT 1;;",
                "DELETE FROM t",
                "DELETE FROM t RETURNING id",
                "INSERT INTO t VALUES (9, 'x')",
                "WITH c AS (SELECT 9 AS id) INSERT INTO t SELECT id, 'x' FROM c",
                "UPDATE t SET a = 'x'",
                "DROP TABLE t",
                "CREATE TABLE u (id)",
                "CREATE TEMP TABLE u (id)",
                "PRAGMA query_only = 0",
                "PRAGMA user_version",
                "ATTACH ':memory:' AS other",
                "VACUUM INTO 'copy.db'",
                "EXPLAIN SELECT 1",
                "BEGIN",
                "COMMIT",
                "COMMIT; DROP TABLE t",
                "SELECT 1) UNION ALL SELECT * FROM (SELECT 2",
                "SELECT 1 /*",
                "t",
                "PRAGMA t",
                "SELECT load_extension('x')",
                "backup to copy.db",
                "",
                " ",
                "-- nothing",
                "SELECT 1 \0")) {
            assertRefused(sql, "");
        }
        assertThat(database.query("SELECT count(*), max(id) FROM t")).containsExactly("3|3");
        assertThat(database.query("SELECT name FROM sqlite_master WHERE name = 'u'"))
                .isEmpty();
        assertThat(query("SELECT count(*) FROM t").rows()).containsExactly(List.of(3L));
    }

    @Test
    void sqlitesOwnWordsSayWhatIsWrong() throws SQLException {
        open("WAL", T);
        assertRefused("SELEC 1", "syntax error");
        assertRefused("SELECT missing FROM t", "no such column: missing");
        assertRefused("SELECT 1 FROM missing", "no such table: missing");
        assertRefused("SELECT json('{')", "malformed JSON");
        assertRefused("SELECT abs(-9223372036854775808)", "integer overflow");
        assertRefused("SELECT * FROM t WHERE id = ?", "it has a parameter");
        assertRefused("SELECT * FROM t WHERE id = :id", "it has a parameter");
    }

    @Test
    void itIsBoundedInRowsAndBytes() throws SQLException {
        open("WAL", T);
        assertThat(source.query("SELECT id FROM t", 3).rows()).hasSize(3);
        assertThatThrownBy(() -> source.query("SELECT id FROM t", 2))
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.CONFIGURATION))
                .hasMessageContaining("more than 2 rows");
        assertRefused(ENDLESS + "x FROM c", "more than 100 rows");
        assertRefused(ENDLESS + "zeroblob(2000000) FROM c", "more than 67108864 bytes");
        assertRefused("SELECT zeroblob(500000000)", "too big");
        assertRefused("SELECT length(printf('%.*c', 500000000, 'x'))", "");
        database.run("INSERT INTO t VALUES (4, printf('%.*c', 70000000, 'x'))");
        assertThat(Captured.snapshot(source, "t", 10))
                .as("the limit ends with the query")
                .hasSize(4);
    }

    @ParameterizedTest(name = "in journal mode {0}")
    @ValueSource(strings = {"WAL", "DELETE"})
    void oneThatNeverEndsIsEndedAndTheSourceGoesOn(String journalMode) throws SQLException {
        open(journalMode, T);
        Query.Cost cost = new Query.Cost(Duration.ofMillis(50), Duration.ofMillis(60), 1 << 20);
        assertThatThrownBy(() -> source.query(new Query(ENDLESS + "count(*) FROM c", 1, cost)))
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.CONFIGURATION))
                .hasMessageContaining(
                        journalMode.equals("WAL") ? "more than 60 ms;" : "more than 50 ms, and in journal mode delete");
        database.run("INSERT INTO t VALUES (4, 'x')");
        assertThat(Captured.tail(source)).containsExactly("create t[4,\"x\"]");
    }

    @Test
    void rowsAreCountedWhereAllOfThemTravel() throws SQLException {
        open("DELETE", T);
        assertThat(source.capabilities().sql()).isTrue();
        assertThat(source.count(T.target().id()).orElseThrow().rows())
                .as("those that cannot be converted among them")
                .isEqualTo(3);
    }

    @Test
    void rowsAreNotCountedWhereOnlySomeTravel() throws SQLException {
        CapturedTable some = T.with(Selection.where("id > 1"));
        open("WAL", some);
        assertThat(source.count(T.target().id())).isEmpty();
    }

    @Test
    void rowsThatAreReadCarryWhatIsStored() throws SQLException {
        open("WAL", T);
        database.run("DELETE FROM t WHERE id = 3", "INSERT INTO t VALUES (4, 'x')");
        var chunk = source.snapshot(T.target().id(), null, 10);
        var keyed = source.read(T.target().id(), List.<Object[]>of(new Object[] {1L}));
        assertThat(chunk.records()).hasSize(3).allSatisfy(QueryTest::assertStored);
        assertThat(keyed.records()).hasSize(1).allSatisfy(QueryTest::assertStored);
        assertThat(Captured.parts(source, 10).stream().flatMap(part -> part.records().stream()))
                .as("nobody compares the tail")
                .allSatisfy(record -> assertThat(((dev.sluice.producers.api.SourceRecord.Row) record).stored())
                        .isNull());
    }

    private static void assertStored(dev.sluice.producers.api.SourceRecord record) {
        var row = (dev.sluice.producers.api.SourceRecord.Row) record;
        assertThat(row.stored()).containsExactly(row.after());
    }
}
