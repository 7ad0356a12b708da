package dev.sluice.producers.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ChangeSource;
import dev.sluice.producers.api.KeyedRead;
import dev.sluice.producers.api.Selection;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.Finding;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.TableId;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A target's key that the source has not, computed from the source's own. */
class ComputedKeyTest {
    private static final TableId ID = new TableId("public", "t");
    private static final String TABLE =
            "CREATE TABLE t (site TEXT COLLATE NOCASE, number INTEGER, v TEXT, PRIMARY KEY (site, number)) WITHOUT ROWID";
    private static final CapturedTable PLAIN = Captured.table("t", "id", "v:TEXT", "id:TEXT");

    @TempDir
    Path directory;

    private static CapturedTable computed(String id) {
        return PLAIN.with(new Selection(null, Map.of("id", id), List.of("site", "number")));
    }

    private static ChangeSource follow(TestDatabase database, CapturedTable table) {
        return Captured.open(SqliteConnector.of(database.settings()), List.of(table));
    }

    private static List<String> read(ChangeSource source, Object... keys) {
        List<Object[]> wanted = new ArrayList<>();
        for (Object key : keys) {
            wanted.add(new Object[] {key});
        }
        KeyedRead read = source.read(ID, wanted);
        assertThat(read.answered()).isEqualTo(keys.length);
        return read.records().stream().map(Captured::text).toList();
    }

    @Test
    void theKeyIsComputedWhereverARowIsReadOrDeleted() throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                directory, TABLE, "INSERT INTO t VALUES ('a', 1, 'x'), ('a', 2, 'y'), ('b', 1, 'z')")) {
            try (ChangeSource source = follow(database, computed("printf('%s:%03d', site, number) -- as printed"))) {
                assertThat(Captured.snapshot(source, "t", 2))
                        .containsExactly(
                                "read t[\"x\",\"a:001\"]", "read t[\"y\",\"a:002\"]", "read t[\"z\",\"b:001\"]");
                database.run("UPDATE t SET v = 'w' WHERE site = 'a' AND number = 1");
                assertThat(Captured.tail(source)).containsExactly("update t[\"w\",\"a:001\"]");
                database.run("UPDATE t SET number = 7 WHERE v = 'w'", "DELETE FROM t WHERE site = 'b'");
                assertThat(Captured.tail(source))
                        .containsExactly("delete t[\"a:001\"]", "create t[\"w\",\"a:007\"]", "delete t[\"b:001\"]");
                database.run("UPDATE t SET site = 'A' WHERE number = 7");
                assertThat(Captured.tail(source)).containsExactly("delete t[\"a:007\"]", "create t[\"w\",\"A:007\"]");
                assertThat(read(source, "a:007", "A:007", "a:002", "", "a:2"))
                        .containsExactly(
                                "delete t[\"a:007\"]",
                                "read t[\"w\",\"A:007\"]",
                                "read t[\"y\",\"a:002\"]",
                                "delete t[\"\"]",
                                "delete t[\"a:2\"]");
            }
        }
    }

    @Test
    void aChangeThatLeavesTheComputedKeyIsOneRecord() throws SQLException {
        try (TestDatabase database = TestDatabase.create(directory, TABLE, "INSERT INTO t VALUES ('a', 1, 'x')")) {
            try (ChangeSource source = follow(database, computed("lower(site) || number"))) {
                database.run("UPDATE t SET site = 'A'");
                assertThat(Captured.tail(source)).containsExactly("update t[\"x\",\"a1\"]");
            }
        }
    }

    @Test
    void aColumnMayBeComputedBesideTheKeyAndAfterAFilter() throws SQLException {
        Map<String, String> computed = new LinkedHashMap<>();
        computed.put("label", "'no. ' || id");
        computed.put("half", "id / 2");
        CapturedTable table = Captured.table("t", "id", "label:TEXT", "id:INT64", "half:INT64")
                .with(new Selection("state = 1", computed, List.of()));
        try (TestDatabase database = TestDatabase.create(
                directory, "CREATE TABLE t (id INTEGER PRIMARY KEY, state)", "INSERT INTO t VALUES (5, 1), (6, 2)")) {
            try (ChangeSource source = follow(database, table)) {
                assertThat(Captured.snapshot(source, "t", 1)).containsExactly("read t[\"no. 5\",5,2]");
                assertThat(read(source, 5L, 6L)).containsExactly("read t[\"no. 5\",5,2]", "delete t[6]");
                database.run("UPDATE t SET state = 3 - state");
                assertThat(Captured.tail(source)).containsExactly("delete t[5]", "update t[\"no. 6\",6,3]");
            }
        }
    }

    @Test
    void twoRowsOfOneKeyAreNamedThoughOneOfThemStaysBehind() throws SQLException {
        Selection ofOne = new Selection("site = 'a'", Map.of("id", "number"), List.of("site", "number"));
        try (TestDatabase database =
                TestDatabase.create(directory, TABLE, "INSERT INTO t VALUES ('a', 1, 'x'), ('b', 1, 'y')")) {
            assertThat(SqliteConnector.of(database.settings()).check(List.of(PLAIN.with(ofOne))))
                    .extracting(Finding::code)
                    .contains("key-not-unique");
        }
    }

    @Test
    void keysThatCannotAllBeComputedAreNotCheckedInSilence() throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                directory, TABLE, "INSERT INTO t VALUES ('{\"a\":1}', 1, 'x'), ('broken', 1, 'y')")) {
            assertThat(SqliteConnector.of(database.settings()).check(List.of(computed("json_extract(site, '$.a')"))))
                    .extracting(Finding::code)
                    .contains("key-not-checked");
        }
    }

    @Test
    void aRowWhoseKeyCannotBeComputedIsADeadLetterAndHidesNoOther() throws SQLException {
        CapturedTable table = computed("json_extract(site, '$.a')");
        try (TestDatabase database = TestDatabase.create(
                directory,
                TABLE,
                "INSERT INTO t VALUES ('{\"a\":\"one\"}', 1, 'x'), ('secret', 1, 'y'), ('{}', 1, 'z')")) {
            try (ChangeSource source = follow(database, table)) {
                assertThat(Captured.snapshot(source, "t", 10))
                        .hasSize(3)
                        .anyMatch("read t[\"x\",\"one\"]"::equals)
                        .anyMatch(row -> row.matches("refused read t\\[null]#\\w+ null computed-failed"))
                        .anyMatch(row -> row.matches("refused read t\\[null]#\\w+ id null-key"));
                assertThat(read(source, "one", "two")).containsExactly("read t[\"x\",\"one\"]", "delete t[\"two\"]");
                database.run("DELETE FROM t");
                assertThat(Captured.tail(source)).containsExactly("delete t[\"one\"]");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"v || site", "random()", "site || date('now')", "(SELECT 1)", "site, number", "nothing", "rowid"
            })
    void whatDoesNotComeFromTheKeyAloneIsRefused(String expression) throws SQLException {
        try (TestDatabase database = TestDatabase.create(directory, TABLE)) {
            SqliteConnector connector = SqliteConnector.of(database.settings());
            List<CapturedTable> tables = List.of(computed(expression));
            assertThat(connector.check(tables)).extracting(Finding::code).contains(Selection.REFUSED);
            assertThatThrownBy(() -> connector.prepare(tables, "p", "one", false))
                    .isInstanceOfSatisfying(
                            SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.CONFIGURATION))
                    .hasMessageContaining("tables.t.computed.id cannot be followed");
        }
    }

    @Test
    void rowsOfOneComputedKeyAndRowsWithoutOneAreFound() throws SQLException {
        try (TestDatabase database = TestDatabase.create(
                directory, TABLE, "INSERT INTO t VALUES ('a', 11, 'x'), ('a1', 1, 'y'), ('b', 1, 'z')")) {
            SqliteConnector connector = SqliteConnector.of(database.settings());
            assertThat(connector.check(List.of(computed("site || number"))))
                    .extracting(Finding::code)
                    .contains("key-not-unique");
            assertThat(connector.check(List.of(computed("nullif(site, 'b')"))))
                    .extracting(Finding::code)
                    .contains("null-in-key")
                    .doesNotContain("key-not-unique");
            assertThat(connector.check(List.of(computed("site || ':' || number"))))
                    .extracting(Finding::severity)
                    .doesNotContain(Finding.Severity.ERROR, Finding.Severity.WARNING);
        }
    }

    @Test
    void anotherExpressionIsRefusedBecauseTheOldKeysWouldStay() throws SQLException {
        try (TestDatabase database = TestDatabase.create(directory, TABLE)) {
            SqliteConnector connector = SqliteConnector.of(database.settings());
            connector.prepare(List.of(computed("site || number")), "p", "one", false);
            assertThat(connector.prepare(List.of(computed("site || number")), "p", "one", false))
                    .isEmpty();
            assertThatThrownBy(() -> connector.prepare(List.of(computed("site || ':' || number")), "p", "one", false))
                    .isInstanceOfSatisfying(
                            SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                    .hasMessageContainingAll("tables.t.computed", "sluice remove");
        }
    }
}
