package dev.sluice.producers.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ChangeSource;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Position;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreparationTest {
    private static final CapturedTable T = Captured.table("t", "id", "id:INT64", "a:TEXT");

    @TempDir
    Path directory;

    private TestDatabase database() throws SQLException {
        return TestDatabase.create(
                directory,
                "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT)",
                "CREATE TABLE audit (what TEXT UNIQUE)",
                "CREATE TRIGGER audit_t AFTER INSERT ON t BEGIN INSERT INTO audit VALUES (NEW.a); END");
    }

    private static List<String> objects(TestDatabase database) throws SQLException {
        return database.query(
                "SELECT type || ' ' || name FROM sqlite_master WHERE name LIKE '\\_sluice%' ESCAPE '\\' AND name NOT LIKE 'sqlite%' ORDER BY 1");
    }

    @Test
    void aDryRunSaysWhatWouldBeDoneAndDoesNothing() throws SQLException {
        try (TestDatabase database = database()) {
            SqliteConnector connector = SqliteConnector.of(database.settings());
            List<String> planned = connector.prepare(List.of(T), "p", "one", true);
            assertThat(planned)
                    .anyMatch(line -> line.startsWith("CREATE TRIGGER \"_sluice_p_1_insert\" AFTER INSERT ON \"t\""));
            assertThat(planned).allSatisfy(line -> assertThat(line).doesNotContain("\n"));
            assertThat(objects(database)).isEmpty();
            assertThat(connector.pipelineId("p")).isEmpty();
            assertThat(connector.prepare(List.of(T), "p", "one", false)).isEqualTo(planned);
        }
    }

    @Test
    void aSecondPrepareFindsNothingToDo() throws SQLException {
        try (TestDatabase database = database()) {
            SqliteConnector connector = SqliteConnector.of(database.settings());
            connector.prepare(List.of(T), "p", "one", false);
            assertThat(connector.prepare(List.of(T), "p", "one", false)).isEmpty();
            assertThat(connector.pipelineId("p")).contains("one");
            assertThat(objects(database))
                    .containsExactly(
                            "index _sluice_p_replaced_w",
                            "table _sluice_p_log",
                            "table _sluice_p_meta",
                            "table _sluice_p_replaced",
                            "trigger _sluice_p_1_delete",
                            "trigger _sluice_p_1_insert",
                            "trigger _sluice_p_1_update");
            assertThat(connector.tables()).extracting(table -> table.name()).containsExactly("audit", "t");
        }
    }

    @Test
    void removeTakesOutExactlyWhatBelongsToThePipeline() throws SQLException {
        try (TestDatabase database = database()) {
            SqliteConnector connector = SqliteConnector.of(database.settings());
            List<String> before = database.query("SELECT name, sql FROM sqlite_master ORDER BY name");
            connector.prepare(List.of(T), "p", "one", false);
            connector.prepare(List.of(T), "p_1", "two", false);
            List<String> planned = connector.remove("p", true);
            assertThat(connector.remove("p", false)).isEqualTo(planned).hasSize(6);
            assertThat(connector.remove("p", false)).isEmpty();
            assertThat(objects(database)).hasSize(7).allMatch(name -> name.contains("_sluice_p_1_"));
            assertThat(connector.pipelineId("p_1")).contains("two");
            connector.remove("p_1", false);
            // sqlite_autoindex of the meta table went with it.
            assertThat(database.query("SELECT name, sql FROM sqlite_master ORDER BY name"))
                    .isEqualTo(before);
        }
    }

    @Test
    void severalPipelinesFollowOneFileEachForItself() throws SQLException {
        try (TestDatabase database = database()) {
            SqliteConnector connector = SqliteConnector.of(database.settings());
            connector.prepare(List.of(T), "p", "one", false);
            connector.prepare(List.of(T), "q-2", "two", false);
            try (ChangeSource p = connector.source(List.of(T), "p", "one");
                    ChangeSource q = connector.source(List.of(T), "q-2", "two")) {
                p.open(null);
                q.open(null);
                database.run("INSERT INTO t VALUES (1, 'x', 'y')");
                assertThat(Captured.tail(p)).containsExactly("create t[1,\"x\"]");
                assertThat(Captured.tail(q)).containsExactly("create t[1,\"x\"]");
                assertThat(database.query("SELECT * FROM audit")).containsExactly("x");
            }
        }
    }

    @Test
    void anotherIncarnationIsRefusedByName() throws SQLException {
        try (TestDatabase database = database()) {
            SqliteConnector connector = SqliteConnector.of(database.settings());
            connector.prepare(List.of(T), "p", "one", false);
            assertRefused(() -> connector.prepare(List.of(T), "p", "two", false), "incarnation one", "sluice remove");
            try (ChangeSource source = connector.source(List.of(T), "p", "two")) {
                assertRefused(() -> source.open(null), "incarnation one");
            }
        }
    }

    @Test
    void otherColumnsGetOtherTriggersAndOlderRowsOfTheLogStayReadable() throws SQLException {
        try (TestDatabase database = database()) {
            SqliteConnector connector = SqliteConnector.of(database.settings());
            CapturedTable wider = Captured.table("t", "id", "b:TEXT", "id:INT64", "a:TEXT");
            try (ChangeSource source = Captured.open(connector, List.of(T))) {
                Position start = source.position();
                database.run("INSERT INTO t VALUES (1, 'x', 'y')");
                assertThat(connector.prepare(List.of(wider), "p", "one", false))
                        .anyMatch(line -> line.equals("ALTER TABLE \"_sluice_p_log\" ADD COLUMN c2"))
                        .anyMatch(line -> line.equals("DROP TRIGGER \"_sluice_p_1_insert\""))
                        .anyMatch(line -> line.startsWith("CREATE TRIGGER \"_sluice_p_2_insert\""));
                database.run("INSERT INTO t VALUES (2, 'v', 'w')", "DELETE FROM t WHERE id = 1");
                try (ChangeSource again = connector.source(List.of(wider), "p", "one")) {
                    again.open(start);
                    assertThat(Captured.tail(again))
                            .containsExactly("delete t[1]", "create t[\"w\",2,\"v\"]", "delete t[1]");
                }
                assertRefused(() -> Captured.tail(source), "not prepared with the configured columns");
            }
            assertThat(connector.prepare(List.of(wider), "p", "one", false)).isEmpty();
        }
    }

    @Test
    void rowsLoggedWithoutAColumnArriveWhole() throws SQLException {
        try (TestDatabase database = database()) {
            SqliteConnector connector = SqliteConnector.of(database.settings());
            CapturedTable wider = Captured.table("t", "id", "id:INT64", "a:TEXT", "c:TEXT");
            Position start;
            String before;
            try (ChangeSource source = Captured.open(connector, List.of(T))) {
                start = source.position();
                before = source.capture(T.target().id());
            }
            database.run(
                    "ALTER TABLE t ADD COLUMN c TEXT DEFAULT 'd'",
                    "INSERT INTO t (id, a, c) VALUES (1, 'x', 'one'), (2, 'y', 'two')",
                    "UPDATE t SET c = 'later' WHERE id = 2",
                    "UPDATE t SET id = 3 WHERE id = 1");
            connector.prepare(List.of(wider), "p", "one", false);
            database.run("UPDATE t SET c = 'last' WHERE id = 2");
            try (ChangeSource source = connector.source(List.of(wider), "p", "one")) {
                source.open(start);
                assertThat(source.capture(T.target().id())).isNotEqualTo(before);
                assertThat(Captured.tail(source))
                        .containsExactly(
                                "delete t[1]",
                                "create t[2,\"y\",\"last\"]",
                                "update t[2,\"y\",\"last\"]",
                                "delete t[1]",
                                "create t[3,\"x\",\"one\"]",
                                "update t[2,\"y\",\"last\"]");
            }
        }
    }

    @Test
    void aTableThatIsNotCapturedAnyMoreLosesItsTriggers() throws SQLException {
        try (TestDatabase database = database()) {
            SqliteConnector connector = SqliteConnector.of(database.settings());
            CapturedTable audit = Captured.table("audit", "what", "what:TEXT");
            connector.prepare(List.of(T, audit), "p", "one", false);
            connector.prepare(List.of(T), "p", "one", false);
            assertThat(objects(database))
                    .filteredOn(name -> name.startsWith("trigger"))
                    .hasSize(3)
                    .allMatch(name -> name.contains("_p_1_"));
            database.run("INSERT INTO audit VALUES ('not logged')");
            try (ChangeSource source = connector.source(List.of(T), "p", "one")) {
                source.open(null);
                assertThat(Captured.tail(source)).isEmpty();
            }
        }
    }

    @Test
    void aCaptureWithAGapOrOtherColumnsHasAnotherName() throws SQLException {
        try (TestDatabase database = database()) {
            SqliteConnector connector = SqliteConnector.of(database.settings());
            CapturedTable wider = Captured.table("t", "id", "id:INT64", "a:TEXT", "b:TEXT");
            CapturedTable audit = Captured.table("audit", "what", "what:TEXT");
            String first = prepared(connector, List.of(T, audit), T);
            assertThat(prepared(connector, List.of(T, audit), T)).isEqualTo(first);
            String withoutT = prepared(connector, List.of(audit), audit);
            assertThat(withoutT).isEqualTo(prepared(connector, List.of(T, audit), audit));
            String again = prepared(connector, List.of(T, audit), T);
            assertThat(again).isNotEqualTo(first);
            assertThat(prepared(connector, List.of(wider, audit), wider)).isNotIn(first, again);
        }
    }

    @Test
    void aNewUniqueIndexIsWatchedFromTheNextPrepareWithoutAGap() throws SQLException {
        try (TestDatabase database = database()) {
            SqliteConnector connector = SqliteConnector.of(database.settings());
            String before = prepared(connector, List.of(T), T);
            database.run("INSERT INTO t VALUES (1, 'x', 'y')", "CREATE UNIQUE INDEX t_a ON t (a)");
            assertThat(prepared(connector, List.of(T), T)).isEqualTo(before);
            assertThat(connector.prepare(List.of(T), "p", "one", false)).isEmpty();
            try (ChangeSource source = connector.source(List.of(T), "p", "one")) {
                source.open(null);
                database.run("REPLACE INTO t VALUES (2, 'x', 'z')");
                assertThat(Captured.tail(source)).containsExactly("delete t[1]", "create t[2,\"x\"]");
            }
        }
    }

    private static String prepared(SqliteConnector connector, List<CapturedTable> tables, CapturedTable table) {
        connector.prepare(tables, "p", "one", false);
        try (ChangeSource source = connector.source(tables, "p", "one")) {
            source.open(null);
            return source.capture(table.target().id());
        }
    }

    @Test
    void missingTriggersAreNotSilentlyMadeAgain() throws SQLException {
        try (TestDatabase database = database()) {
            SqliteConnector connector = SqliteConnector.of(database.settings());
            connector.prepare(List.of(T), "p", "one", false);
            database.run("DROP TRIGGER _sluice_p_1_update");
            assertRefused(
                    () -> connector.prepare(List.of(T), "p", "one", false),
                    "_sluice_p_1_update on table t",
                    "is missing",
                    "sluice remove");
            connector.remove("p", false);
            database.run("CREATE TABLE _sluice_p_replaced (t)");
            assertRefused(
                    () -> connector.prepare(List.of(T), "p", "one", false),
                    "_sluice_p_replaced",
                    "not its whole capture");
        }
    }

    @Test
    void missingTablesAndColumnsAreNamed() throws SQLException {
        try (TestDatabase database = database()) {
            SqliteConnector connector = SqliteConnector.of(database.settings());
            assertThatThrownBy(() ->
                            connector.prepare(List.of(Captured.table("gone", "id", "id:INT64")), "p", "one", true))
                    .isInstanceOfSatisfying(
                            SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.SOURCE))
                    .hasMessageContaining("table gone");
            assertThatThrownBy(() -> connector.prepare(
                            List.of(Captured.table("t", "id", "id:INT64", "z:TEXT")), "p", "one", true))
                    .hasMessageContaining("no column z");
            assertThat(objects(database)).isEmpty();
        }
    }

    @Test
    void awkwardNamesAreQuoted() throws SQLException {
        String name = "a \"b\" 'c' ; -- d";
        try (TestDatabase database = TestDatabase.create(
                directory,
                "CREATE TABLE " + Sql.name(name) + " (" + Sql.name("order") + " INTEGER PRIMARY KEY, " + Sql.name(name)
                        + " TEXT UNIQUE)")) {
            SqliteConnector connector = SqliteConnector.of(database.settings());
            List<CapturedTable> tables = Captured.all(connector);
            try (ChangeSource source = Captured.open(connector, tables)) {
                database.run("INSERT INTO " + Sql.name(name) + " VALUES (1, 'x')");
                assertThat(Captured.tail(source)).containsExactly("create " + name + "[1,\"x\"]");
                assertThat(Captured.snapshot(source, name, 1)).containsExactly("read " + name + "[1,\"x\"]");
            }
            assertThat(connector.prepare(tables, "p", "one", false)).isEmpty();
        }
    }

    private static void assertRefused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String... parts) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContainingAll(parts);
    }
}
