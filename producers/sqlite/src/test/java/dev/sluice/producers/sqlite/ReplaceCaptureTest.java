package dev.sluice.producers.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.producers.api.ChangeSource;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** REPLACE removes rows behind the triggers' back, with and without recursive_triggers. */
class ReplaceCaptureTest {
    @TempDir
    Path directory;

    private TestDatabase database(String recursive, String... statements) throws SQLException {
        TestDatabase database = TestDatabase.create(directory, "PRAGMA recursive_triggers = " + recursive);
        database.run(statements);
        return database;
    }

    private static ChangeSource follow(TestDatabase database) {
        SqliteConnector connector = SqliteConnector.of(database.settings());
        return Captured.open(connector, Captured.all(connector));
    }

    @ParameterizedTest(name = "recursive_triggers {0}")
    @ValueSource(strings = {"OFF", "ON"})
    void aReplacedKeyEndsAsTheNewRow(String recursive) throws SQLException {
        try (TestDatabase database = database(
                        recursive,
                        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)",
                        "INSERT INTO t VALUES (1, 'old')");
                ChangeSource source = follow(database)) {
            database.run("INSERT OR REPLACE INTO t VALUES (1, 'new')");
            assertThat(Captured.tail(source)).endsWith("create t[1,\"new\"]");
        }
    }

    @ParameterizedTest(name = "recursive_triggers {0}")
    @ValueSource(strings = {"OFF", "ON"})
    void aRowReplacedOverAnotherUniqueKeyIsDeletedBeforeTheNewOneIsCreated(String recursive) throws SQLException {
        try (TestDatabase database = database(
                        recursive,
                        "CREATE TABLE t (id INTEGER PRIMARY KEY, mail TEXT UNIQUE, nick TEXT)",
                        "CREATE UNIQUE INDEX t_nick ON t (nick)",
                        "INSERT INTO t VALUES (1, 'a@x', 'a'), (2, 'b@x', 'b'), (3, 'c@x', 'c')");
                ChangeSource source = follow(database)) {
            database.run("INSERT OR REPLACE INTO t (mail, nick) VALUES ('a@x', 'b')");
            assertThat(Captured.tail(source))
                    .containsExactlyInAnyOrder("delete t[1]", "delete t[2]", "create t[4,\"a@x\",\"b\"]")
                    .endsWith("create t[4,\"a@x\",\"b\"]");
            database.run("REPLACE INTO t VALUES (9, 'c@x', 'z')");
            assertThat(Captured.tail(source)).containsExactly("delete t[3]", "create t[9,\"c@x\",\"z\"]");
        }
    }

    @ParameterizedTest(name = "recursive_triggers {0}")
    @ValueSource(strings = {"OFF", "ON"})
    void aReplacedRowThatComesBackUnderItsKeyIsDeletedAndCreated(String recursive) throws SQLException {
        try (TestDatabase database = database(
                        recursive,
                        "CREATE TABLE t (id INTEGER PRIMARY KEY, u TEXT UNIQUE)",
                        "INSERT INTO t VALUES (1, 'a')");
                ChangeSource source = follow(database)) {
            database.transact("REPLACE INTO t VALUES (2, 'a')", "INSERT INTO t VALUES (1, 'b')");
            assertThat(Captured.tail(source)).containsExactly("delete t[1]", "create t[2,\"a\"]", "create t[1,\"b\"]");
        }
    }

    @ParameterizedTest(name = "recursive_triggers {0}")
    @ValueSource(strings = {"OFF", "ON"})
    void aReplacingUpdateDeletesTheRowsInItsWay(String recursive) throws SQLException {
        try (TestDatabase database = database(
                        recursive,
                        "CREATE TABLE t (id INTEGER PRIMARY KEY, u TEXT UNIQUE, x)",
                        "INSERT INTO t VALUES (1, 'a', 0), (2, 'b', 0), (3, 'c', 0)");
                ChangeSource source = follow(database)) {
            database.run("UPDATE OR REPLACE t SET u = 'b' WHERE id = 1");
            assertThat(Captured.tail(source)).containsExactly("delete t[2]", "update t[1,\"b\",0]");
            database.run("UPDATE OR REPLACE t SET id = 3 WHERE id = 1");
            assertThat(Captured.tail(source)).endsWith("delete t[1]", "create t[3,\"b\",0]");
            database.run("UPDATE t SET u = u, x = 1");
            assertThat(Captured.tail(source)).containsExactly("update t[3,\"b\",1]");
        }
    }

    @Test
    void anIgnoredRowAndAnUpsertLeaveTheOtherRowAlone() throws SQLException {
        try (TestDatabase database = database(
                        "OFF",
                        "CREATE TABLE t (id INTEGER PRIMARY KEY, u TEXT UNIQUE, n INTEGER)",
                        "INSERT INTO t VALUES (1, 'a', 0)");
                ChangeSource source = follow(database)) {
            database.run("INSERT OR IGNORE INTO t VALUES (2, 'a', 5)");
            assertThat(Captured.tail(source)).isEmpty();
            database.run("INSERT INTO t VALUES (3, 'a', 7) ON CONFLICT (u) DO UPDATE SET n = excluded.n");
            assertThat(Captured.tail(source)).containsExactly("update t[1,\"a\",7]");
            database.run(
                    "INSERT INTO t VALUES (4, 'd', 0)",
                    "DELETE FROM t WHERE id = 1",
                    "INSERT INTO t VALUES (5, 'e', 0)");
            assertThat(Captured.tail(source))
                    .containsExactly("create t[4,\"d\",0]", "delete t[1]", "create t[5,\"e\",0]");
        }
    }

    @Test
    void ignoredRowsLeaveNothingThatGrows() throws SQLException {
        try (TestDatabase database = database(
                        "OFF",
                        "CREATE TABLE t (id INTEGER PRIMARY KEY, u TEXT UNIQUE)",
                        "INSERT INTO t VALUES (1, 'a')");
                ChangeSource source = follow(database)) {
            for (int i = 0; i < 50; i++) {
                database.run("INSERT OR IGNORE INTO t (u) VALUES ('a')");
            }
            assertThat(database.number("SELECT count(*) FROM _sluice_p_replaced"))
                    .isEqualTo(1);
            assertThat(Captured.tail(source)).isEmpty();
        }
    }

    @ParameterizedTest(name = "recursive_triggers {0}")
    @ValueSource(strings = {"OFF", "ON"})
    void cascadesOfAReplacedParentAreCaptured(String recursive) throws SQLException {
        try (TestDatabase database = database(
                        recursive,
                        "PRAGMA foreign_keys = ON",
                        "CREATE TABLE p (id INTEGER PRIMARY KEY, u TEXT UNIQUE)",
                        "CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p ON DELETE CASCADE)",
                        "INSERT INTO p VALUES (1, 'a'), (2, 'b')",
                        "INSERT INTO c VALUES (10, 1), (11, 1), (12, 2)");
                ChangeSource source = follow(database)) {
            database.run("REPLACE INTO p VALUES (3, 'a')");
            assertThat(Captured.tail(source))
                    .containsExactlyInAnyOrder("delete c[10]", "delete c[11]", "delete p[1]", "create p[3,\"a\"]");
            database.run("DELETE FROM p WHERE id = 2");
            assertThat(Captured.tail(source)).containsExactlyInAnyOrder("delete c[12]", "delete p[2]");
        }
    }

    @Test
    void compositeKeysAndTablesWithoutRowidAreFollowed() throws SQLException {
        try (TestDatabase database = database(
                        "OFF",
                        "CREATE TABLE w (a TEXT, b INTEGER, u INTEGER, v TEXT, PRIMARY KEY (a, b), UNIQUE (u, v)) WITHOUT ROWID",
                        "INSERT INTO w VALUES ('x', 1, 10, 'p'), ('x', 2, 20, 'q'), ('y', 1, NULL, 'p')");
                ChangeSource source = follow(database)) {
            database.run("REPLACE INTO w VALUES ('z', 9, 10, 'p')");
            assertThat(Captured.tail(source)).containsExactly("delete w[\"x\",1]", "create w[\"z\",9,10,\"p\"]");
            database.run("REPLACE INTO w VALUES ('z', 10, NULL, 'p')");
            assertThat(Captured.tail(source)).containsExactly("create w[\"z\",10,null,\"p\"]");
            database.run("UPDATE w SET a = 'k' WHERE b = 2");
            assertThat(Captured.tail(source)).containsExactly("delete w[\"x\",2]", "create w[\"k\",2,20,\"q\"]");
        }
    }

    @Test
    void aKeyThatIsNotThePrimaryKeyIsFollowedThroughReplacesOfThePrimaryKey() throws SQLException {
        try (TestDatabase database = database(
                "OFF",
                "CREATE TABLE t (id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE)",
                "INSERT INTO t VALUES (1, 'a')")) {
            SqliteConnector connector = SqliteConnector.of(database.settings());
            try (ChangeSource source =
                    Captured.open(connector, java.util.List.of(Captured.table("t", "code", "code:TEXT", "id:INT64")))) {
                database.run("REPLACE INTO t VALUES (1, 'b')");
                assertThat(Captured.tail(source)).containsExactly("delete t[\"a\"]", "create t[\"b\",1]");
            }
        }
    }

    @Test
    void keysThatOnlyTheSourceTakesForEqualAreReplaced() throws SQLException {
        try (TestDatabase database = database(
                        "OFF",
                        "CREATE TABLE t (id TEXT NOT NULL COLLATE NOCASE PRIMARY KEY, a)",
                        "INSERT INTO t VALUES ('abc', 1)");
                ChangeSource source = follow(database)) {
            database.run("REPLACE INTO t VALUES ('ABC', 2)");
            assertThat(Captured.tail(source)).containsExactly("delete t[\"abc\"]", "create t[\"ABC\",2]");
        }
    }

    @Test
    void aRowThatOnlyMovesToAnotherRowidIsAnUpdate() throws SQLException {
        try (TestDatabase database =
                        database("OFF", "CREATE TABLE t (id TEXT PRIMARY KEY, a)", "INSERT INTO t VALUES ('k', 1)");
                ChangeSource source = follow(database)) {
            database.run("UPDATE t SET rowid = 77");
            assertThat(Captured.tail(source)).containsExactly("update t[\"k\",1]");
        }
    }

    @Test
    void manyRowsInOneStatementAreEachDecidedForThemselves() throws SQLException {
        try (TestDatabase database = database(
                        "OFF",
                        "CREATE TABLE t (id INTEGER PRIMARY KEY, u INTEGER UNIQUE)",
                        "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)");
                ChangeSource source = follow(database)) {
            database.run("REPLACE INTO t (id, u) SELECT id + 10, u FROM t");
            assertThat(Captured.tail(source))
                    .containsExactly(
                            "delete t[1]",
                            "create t[11,1]",
                            "delete t[2]",
                            "create t[12,2]",
                            "delete t[3]",
                            "create t[13,3]");
        }
    }

    @ParameterizedTest(name = "recursive_triggers {0}")
    @ValueSource(strings = {"OFF", "ON"})
    void aRowReplacedOverAGeneratedColumnIsDeleted(String recursive) throws SQLException {
        try (TestDatabase database = database(
                        recursive,
                        "CREATE TABLE t (id INTEGER PRIMARY KEY, mail TEXT, l TEXT AS (lower(mail)) VIRTUAL)",
                        "CREATE UNIQUE INDEX t_l ON t (l)",
                        "INSERT INTO t VALUES (1, 'a@x'), (2, 'b@x'), (3, 'c@x')");
                ChangeSource source = follow(database)) {
            database.run("UPDATE OR REPLACE t SET mail = 'A@X' WHERE id = 2");
            assertThat(Captured.tail(source)).containsExactly("delete t[1]", "update t[2,\"A@X\",\"a@x\"]");
            database.run("REPLACE INTO t VALUES (9, 'C@x')");
            assertThat(Captured.tail(source)).containsExactly("delete t[3]", "create t[9,\"C@x\",\"c@x\"]");
        }
    }

    @Test
    void aKeyThatIsReplacedUnderTheNameRowidIsDeleted() throws SQLException {
        try (TestDatabase database = database(
                "OFF",
                "CREATE TABLE t (id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE)",
                "INSERT INTO t VALUES (1, 'a'), (2, 'b')")) {
            SqliteConnector connector = SqliteConnector.of(database.settings());
            try (ChangeSource source =
                    Captured.open(connector, List.of(Captured.table("t", "code", "id:INT64", "code:TEXT")))) {
                database.run("UPDATE OR REPLACE t SET rowid = 1 WHERE code = 'b'");
                assertThat(Captured.tail(source)).containsExactly("delete t[\"a\"]", "update t[1,\"b\"]");
            }
        }
    }

    @Test
    void aRolledBackWriteLeavesNothing() throws SQLException {
        try (TestDatabase database = database(
                        "OFF",
                        "CREATE TABLE t (id INTEGER PRIMARY KEY, u TEXT UNIQUE)",
                        "INSERT INTO t VALUES (1, 'a')");
                ChangeSource source = follow(database)) {
            database.run("BEGIN", "REPLACE INTO t VALUES (2, 'a')", "ROLLBACK");
            database.run(
                    "BEGIN",
                    "INSERT INTO t VALUES (7, 'x')",
                    "SAVEPOINT s",
                    "DELETE FROM t",
                    "ROLLBACK TO s",
                    "COMMIT");
            assertThat(Captured.tail(source)).containsExactly("create t[7,\"x\"]");
        }
    }

    @Test
    void aNoteThatIsLeftOverNeverDeletesARowThatIsThere() throws SQLException {
        try (TestDatabase database = database(
                        "OFF",
                        "CREATE TABLE t (id INTEGER PRIMARY KEY, u TEXT UNIQUE)",
                        "INSERT INTO t VALUES (1, 'a')");
                ChangeSource source = follow(database)) {
            database.run(
                    "INSERT OR IGNORE INTO t VALUES (2, 'a')",
                    "UPDATE t SET u = 'moved' WHERE id = 1",
                    "DELETE FROM t WHERE id = 1",
                    "INSERT INTO t VALUES (3, 'a')");
            assertThat(Captured.tail(source))
                    .containsExactly("update t[1,\"moved\"]", "delete t[1]", "delete t[1]", "create t[3,\"a\"]");
            database.run(
                    "INSERT OR IGNORE INTO t VALUES (2, 'a')",
                    "UPDATE t SET u = 'moved'",
                    "DELETE FROM t",
                    "INSERT INTO t VALUES (3, 'again')",
                    "INSERT INTO t VALUES (4, 'a')");
            assertThat(Captured.tail(source))
                    .containsExactly(
                            "update t[3,\"moved\"]", "delete t[3]", "create t[3,\"again\"]", "create t[4,\"a\"]");
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"REAL", "NUMERIC", "INTEGER", "TEXT", "BLOB"})
    void aNoteIsFoundAgainWhateverTheColumnMakesOfAValue(String type) throws SQLException {
        try (TestDatabase database = database(
                "OFF",
                "CREATE TABLE t (id INTEGER PRIMARY KEY, u " + type + " UNIQUE, v " + type + ")",
                "CREATE UNIQUE INDEX t_v ON t (v)",
                "INSERT INTO t VALUES (1, '4.0', 7), (2, 5, 8), (3, x'00ff', 9)")) {
            SqliteConnector connector = SqliteConnector.of(database.settings());
            try (ChangeSource source = Captured.open(connector, List.of(Captured.table("t", "id", "id:INT64")))) {
                database.run("REPLACE INTO t (u, v) VALUES ('4.0', NULL)", "REPLACE INTO t (v) VALUES (8)");
                database.run("REPLACE INTO t (u) VALUES (x'00ff')");
                assertThat(Captured.tail(source))
                        .containsExactly(
                                "delete t[1]",
                                "create t[4]",
                                "delete t[2]",
                                "create t[5]",
                                "delete t[3]",
                                "create t[6]");
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"IGNORE", "ABORT", "FAIL", "REPLACE"})
    void anApplicationMayNameWhatHappensOnAConflictOverAndOver(String or) throws SQLException {
        try (TestDatabase database = database(
                        "OFF",
                        "CREATE TABLE t (id INTEGER PRIMARY KEY, u TEXT UNIQUE)",
                        "INSERT INTO t VALUES (1, 'a'), (2, 'b')");
                ChangeSource source = follow(database)) {
            database.run("INSERT OR IGNORE INTO t VALUES (7, 'a')", "INSERT OR IGNORE INTO t VALUES (8, 'a')");
            database.run(
                    "UPDATE OR " + or + " t SET u = u WHERE id = 1", "INSERT OR " + or + " INTO t VALUES (9, 'c')");
            assertThat(Captured.tail(source)).containsExactly("update t[1,\"a\"]", "create t[9,\"c\"]");
        }
    }
}
