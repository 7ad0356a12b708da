package dev.sluice.producers.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ChangeSource;
import dev.sluice.producers.api.SnapshotChunk;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.TableId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What applications do to a SQLite file beside plain writes, while it is followed. */
class ApplicationHabitsTest {
    private static final CapturedTable T = Captured.table("t", "id", "id:INT64", "a:TEXT");
    private static final String TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)";

    @TempDir
    Path directory;

    private TestDatabase database(String... statements) throws SQLException {
        return TestDatabase.create(directory, statements);
    }

    private static SqliteConnector connector(TestDatabase database) {
        return SqliteConnector.of(database.settings().withBusyTimeout(Duration.ofMillis(200)));
    }

    private static ChangeSource follow(TestDatabase database, CapturedTable... tables) {
        return Captured.open(connector(database), List.of(tables));
    }

    private static void assertRefused(ThrowingCallable call, String... parts) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContainingAll(parts);
    }

    /** Both files have the same tables, of the application and of ours. */
    @Test
    void writesThroughAnAttachedNameStandInTheAttachedFilesLog() throws SQLException {
        Path other = directory.resolve("other");
        other.toFile().mkdirs();
        try (TestDatabase first = database(TABLE);
                TestDatabase second = TestDatabase.createIn(other, "DELETE", TABLE);
                ChangeSource source = follow(first, T);
                ChangeSource otherSource = follow(second, T)) {
            second.run("ATTACH '" + first.file() + "' AS the_first");
            second.transact("INSERT INTO the_first.t VALUES (1, 'x')", "INSERT INTO t VALUES (2, 'y')");
            assertThat(Captured.tail(source)).containsExactly("create t[1,\"x\"]");
            assertThat(Captured.tail(otherSource)).containsExactly("create t[2,\"y\"]");
            second.run("UPDATE the_first.t SET id = 3", "DELETE FROM the_first.t");
            assertThat(Captured.tail(source)).containsExactly("delete t[1]", "create t[3,\"x\"]", "delete t[3]");
            assertThat(Captured.tail(otherSource)).isEmpty();
        }
    }

    @Test
    void aWriteThatATriggerOfTheApplicationForbidsLeavesNothing() throws SQLException {
        try (TestDatabase database = database(
                TABLE,
                "CREATE TRIGGER ignore BEFORE INSERT ON t WHEN NEW.a = 'ignore' BEGIN SELECT RAISE(IGNORE); END",
                "CREATE TRIGGER abort AFTER UPDATE ON t WHEN NEW.a = 'abort' BEGIN SELECT RAISE(ABORT, 'no'); END",
                "CREATE TRIGGER fail BEFORE DELETE ON t WHEN OLD.a = 'fail' BEGIN SELECT RAISE(FAIL, 'no'); END")) {
            try (ChangeSource source = follow(database, T)) {
                // Newer than ours.
                database.run(
                        "CREATE TRIGGER rollback AFTER INSERT ON t WHEN NEW.a = 'rollback' BEGIN SELECT RAISE(ROLLBACK, 'no'); END");
                database.run("INSERT INTO t VALUES (1, 'x'), (2, 'ignore'), (3, 'fail')");
                for (String forbidden : List.of(
                        "UPDATE t SET a = 'abort'",
                        "INSERT INTO t VALUES (4, 'y'), (5, 'rollback')",
                        "DELETE FROM t WHERE id = 3")) {
                    assertThatThrownBy(() -> database.run(forbidden)).hasMessageContaining("no");
                }
                assertThat(Captured.tail(source)).containsExactly("create t[1,\"x\"]", "create t[3,\"fail\"]");
                // What FAIL has done before it fails stays, in the table and so in the log.
                assertThatThrownBy(() -> database.run("DELETE FROM t")).hasMessageContaining("no");
                assertThat(database.query("SELECT id FROM t")).containsExactly("3");
                assertThat(Captured.tail(source)).containsExactly("delete t[1]");
            }
        }
    }

    @Test
    void whatATriggerOfAViewWritesIsFollowed() throws SQLException {
        try (TestDatabase database = database(
                        TABLE,
                        "CREATE VIEW v AS SELECT id, upper(a) AS a FROM t",
                        "CREATE TRIGGER vi INSTEAD OF INSERT ON v BEGIN INSERT INTO t VALUES (NEW.id, lower(NEW.a)); END",
                        "CREATE TRIGGER vd INSTEAD OF DELETE ON v BEGIN DELETE FROM t WHERE id = OLD.id; END");
                ChangeSource source = follow(database, T)) {
            database.run("INSERT INTO v VALUES (1, 'X')", "DELETE FROM v WHERE a = 'X'");
            assertThat(Captured.tail(source)).containsExactly("create t[1,\"x\"]", "delete t[1]");
        }
    }

    @Test
    void aTableWithoutAPrimaryKeyIsFollowedByAUniqueKeyThatIsNamed() throws SQLException {
        CapturedTable table = Captured.table("t", "code", "code:TEXT", "a:TEXT");
        try (TestDatabase database = database(
                        "CREATE TABLE t (code TEXT NOT NULL UNIQUE, a TEXT)",
                        "INSERT INTO t VALUES ('k', 'x'), ('l', 'y')");
                ChangeSource source = follow(database, table)) {
            assertThat(Captured.snapshot(source, "t", 1)).containsExactly("read t[\"k\",\"x\"]", "read t[\"l\",\"y\"]");
            database.run("UPDATE t SET code = 'm' WHERE code = 'k'", "DELETE FROM t WHERE code = 'l'");
            assertThat(Captured.tail(source))
                    .containsExactly("delete t[\"k\"]", "create t[\"m\",\"x\"]", "delete t[\"l\"]");
        }
    }

    @Test
    void aColumnThatIsNotCapturedMayGoAndACapturedOneStaysWhileItIsFollowed() throws SQLException {
        try (TestDatabase database = database("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, spare TEXT)");
                ChangeSource source = follow(database, T)) {
            database.run("ALTER TABLE t DROP COLUMN spare", "INSERT INTO t VALUES (1, 'x')");
            assertThat(Captured.tail(source)).containsExactly("create t[1,\"x\"]");
            assertThatThrownBy(() -> database.run("ALTER TABLE t DROP COLUMN a"))
                    .hasMessageContaining("_sluice_p_1_insert");
            database.run("INSERT INTO t VALUES (2, 'y')");
            assertThat(Captured.tail(source)).containsExactly("create t[2,\"y\"]");
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"ALTER TABLE t RENAME TO u", "DROP TABLE t"})
    void aTableThatIsRenamedOrDroppedStopsTheSourceByName(String statement) throws SQLException {
        try (TestDatabase database = database(TABLE);
                ChangeSource source = follow(database, T)) {
            database.run("INSERT INTO t VALUES (1, 'x')", statement);
            assertRefused(() -> source.poll(null, 10), "on table t", "sluice remove");
            assertRefused(() -> source.snapshot(T.target().id(), null, 10), "on table t");
            assertRefused(
                    () -> connector(database).source(List.of(T), "p", "one").open(null), "on table t");
        }
    }

    /** VACUUM gives rows other rowids where these are not a column. */
    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"WAL", "DELETE"})
    void vacuumAmidASnapshotLosesNoRowAndNoChange(String mode) throws SQLException {
        CapturedTable table = Captured.table("t", "code", "code:TEXT", "a:TEXT");
        try (TestDatabase database = TestDatabase.createIn(
                directory,
                mode,
                "CREATE TABLE t (code TEXT PRIMARY KEY, a TEXT)",
                "INSERT INTO t VALUES ('d', 1), ('c', 2), ('b', 3), ('a', 4), ('e', 5)",
                "DELETE FROM t WHERE code = 'd'")) {
            try (ChangeSource source = follow(database, table)) {
                TableId id = table.target().id();
                List<String> rows = new ArrayList<>();
                byte[] cursor = null;
                do {
                    SnapshotChunk chunk = source.snapshot(id, cursor, 1);
                    chunk.records().forEach(record -> rows.add(Captured.text(record)));
                    cursor = chunk.cursor();
                    database.run("UPDATE t SET a = a + 10 WHERE code = 'c'", "VACUUM");
                } while (cursor != null);
                assertThat(rows).extracting(row -> row.substring(8, 9)).containsExactly("a", "b", "c", "e");
                List<String> tail = Captured.tail(source);
                assertThat(tail).hasSizeGreaterThanOrEqualTo(4).allMatch(record -> record.startsWith("update t[\"c\""));
                database.run("VACUUM", "UPDATE t SET code = 'f' WHERE code = 'e'");
                assertThat(Captured.tail(source)).containsExactly("delete t[\"e\"]", "create t[\"f\",\"5\"]");
            }
        }
    }

    @Test
    void aWriteAheadLogThatIsTakenAwayIsNoticed() throws Exception {
        try (TestDatabase database = database(TABLE);
                ChangeSource source = follow(database, T)) {
            database.run("INSERT INTO t VALUES (1, 'x')");
            assertThat(Captured.tail(source)).containsExactly("create t[1,\"x\"]");
            Files.delete(wal(database));
            assertRefused(() -> source.poll(null, 10), "app.db-wal was deleted or replaced", "sluice remove");
            assertRefused(() -> source.snapshot(T.target().id(), null, 10), "app.db-wal was deleted or replaced");
            Files.createFile(wal(database));
            assertRefused(() -> source.poll(null, 10), "app.db-wal was deleted or replaced");
        }
    }

    /** As after a crash whose leftovers somebody cleared away, or a copy of the one file without the other. */
    @Test
    void aDatabaseWithoutTheEndOfItsWriteAheadLogIsRefused() throws Exception {
        Path copied = directory.resolve("copy");
        copied.toFile().mkdirs();
        try (TestDatabase database = database("PRAGMA wal_autocheckpoint = 0", TABLE);
                ChangeSource source = follow(database, T)) {
            database.run("PRAGMA wal_checkpoint(TRUNCATE)", "INSERT INTO t VALUES (1, 'x')");
            assertThat(Captured.tail(source)).containsExactly("create t[1,\"x\"]");
            Files.copy(database.file(), copied.resolve("app.db"));
            try (TestDatabase copy = TestDatabase.open(copied.resolve("app.db"));
                    ChangeSource other = connector(copy).source(List.of(T), "p", "one")) {
                assertThat(copy.query("SELECT count(*) FROM t")).containsExactly("0");
                assertRefused(() -> other.open(source.position()), "its log ends at row", "restored from a backup");
            }
        }
    }

    @Test
    void aWriteAheadLogThatComesAndGoesIsNothing() throws SQLException {
        try (TestDatabase database = TestDatabase.createIn(directory, "DELETE", TABLE)) {
            try (ChangeSource source = follow(database, T)) {
                database.run("INSERT INTO t VALUES (1, 'x')");
                assertThat(Captured.tail(source)).containsExactly("create t[1,\"x\"]");
                database.run("PRAGMA journal_mode = WAL", "INSERT INTO t VALUES (2, 'y')");
                assertThat(Captured.tail(source)).containsExactly("create t[2,\"y\"]");
                assertThatThrownBy(() -> database.run("PRAGMA journal_mode = DELETE"))
                        .as("it cannot go while it is read")
                        .hasMessageContaining("locked");
                source.open(null);
                database.run("INSERT INTO t VALUES (3, 'z')");
                assertThat(Captured.tail(source)).containsExactly("create t[3,\"z\"]");
            }
            database.run("PRAGMA journal_mode = DELETE");
            try (ChangeSource source = follow(database, T)) {
                database.run("INSERT INTO t VALUES (4, 'w')");
                assertThat(Captured.tail(source)).containsExactly("create t[4,\"w\"]");
            }
        }
    }

    private static Path wal(TestDatabase database) {
        return database.file().resolveSibling("app.db-wal");
    }
}
