package dev.sluice.producers.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ChangeSource;
import dev.sluice.producers.api.Polled;
import dev.sluice.producers.api.TransactionPart;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Position;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SqliteSourceTest {
    private static final CapturedTable T = Captured.table("t", "id", "id:INT64", "a:TEXT");
    private static final String TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)";

    @TempDir
    Path directory;

    private TestDatabase database(String mode) throws SQLException {
        return TestDatabase.createIn(directory, mode, TABLE);
    }

    private static SqliteConnector connector(TestDatabase database) {
        return SqliteConnector.of(database.settings().withBusyTimeout(Duration.ofMillis(50)));
    }

    private static ChangeSource follow(TestDatabase database) {
        return Captured.open(connector(database), List.of(T));
    }

    @Test
    void aPartThatReachesTheEndOfTheLogSaysSo() throws SQLException {
        try (TestDatabase database = database("WAL")) {
            try (ChangeSource source = follow(database)) {
                database.run("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')");
                Polled first = source.poll(null, 2);
                assertThat(first.part()).isPresent();
                assertThat(first.completeAsOf()).isEmpty();
                Polled second = source.poll(null, 2);
                assertThat(second.part()).isPresent();
                assertThat(second.completeAsOf()).isPresent();
            }
        }
    }

    @Test
    void aCutInPartsHasOneNameAndEndsOnce() throws SQLException {
        try (TestDatabase database = database("WAL");
                ChangeSource source = follow(database)) {
            Instant before = Instant.now().minusMillis(1);
            for (int i = 1; i <= 7; i++) {
                database.run("INSERT INTO t VALUES (" + i + ", 'x')");
            }
            List<TransactionPart> parts = Captured.parts(source, 3);
            assertThat(parts).extracting(part -> part.records().size()).containsExactly(3, 3, 1);
            assertThat(parts).extracting(TransactionPart::last).containsExactly(false, false, true);
            assertThat(parts)
                    .extracting(TransactionPart::id)
                    .containsOnly(parts.get(0).id());
            assertThat(parts)
                    .allSatisfy(part -> assertThat(part.committedAt())
                            .isBetween(before, Instant.now().plusMillis(1)));
            assertThat(parts).extracting(TransactionPart::end).isSorted();
        }
    }

    @Test
    void aCutThatGrowsWhileItIsReadKeepsItsEnd() throws SQLException {
        try (TestDatabase database = database("WAL")) {
            Position middle;
            try (ChangeSource source = follow(database)) {
                database.run("INSERT INTO t VALUES (1, 'x'), (2, 'x'), (3, 'x')");
                TransactionPart first = source.poll(null, 2).part().orElseThrow();
                assertThat(first.last()).isFalse();
                middle = first.end();
                database.run("INSERT INTO t VALUES (4, 'x')");
            }
            try (ChangeSource source = connector(database).source(List.of(T), "p", "one")) {
                source.open(middle);
                List<TransactionPart> parts = Captured.parts(source, 2);
                assertThat(parts).extracting(TransactionPart::last).containsExactly(true, true);
                assertThat(parts).extracting(part -> part.records().size()).containsExactly(1, 1);
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"WAL", "DELETE"})
    void aTailThatIsQuietIsCompleteAsOfNow(String mode) throws SQLException {
        try (TestDatabase database = database(mode);
                ChangeSource source = follow(database)) {
            Instant before = Instant.now();
            for (int i = 0; i < 3; i++) {
                assertThat(source.poll(null, 10).completeAsOf())
                        .hasValueSatisfying(asOf -> assertThat(asOf).isAfterOrEqualTo(before));
            }
            database.run("INSERT INTO t VALUES (1, 'x')");
            assertThat(Captured.tail(source)).containsExactly("create t[1,\"x\"]");
        }
    }

    @Test
    void writesToTablesThatAreNotCapturedAreNoTransaction() throws SQLException {
        try (TestDatabase database = database("WAL");
                ChangeSource source = follow(database)) {
            database.run("CREATE TABLE other (a)", "INSERT INTO other VALUES (1)");
            assertThat(source.poll(null, 10).completeAsOf()).isPresent();
        }
    }

    @Test
    void anUnpreparedDatabaseIsRefused() throws SQLException {
        try (TestDatabase database = database("WAL");
                ChangeSource source = connector(database).source(List.of(T), "p", "one")) {
            assertRefused(() -> source.open(null), "is not prepared for pipeline p", "sluice prepare");
        }
    }

    @Test
    void aDatabaseRestoredFromABackupIsRefused() throws SQLException, IOException {
        Path backup = directory.resolve("backup.db");
        Position position;
        try (TestDatabase database = database("DELETE")) {
            try (ChangeSource source = follow(database)) {
                database.run("INSERT INTO t VALUES (1, 'x')");
                database.run("VACUUM INTO '" + backup + "'");
                database.run("INSERT INTO t VALUES (2, 'x'), (3, 'x')");
                Captured.tail(source);
                position = source.position();
            }
        }
        Files.copy(backup, directory.resolve("app.db"), StandardCopyOption.REPLACE_EXISTING);
        try (TestDatabase database = TestDatabase.open(directory.resolve("app.db"));
                ChangeSource source = connector(database).source(List.of(T), "p", "one")) {
            assertRefused(() -> source.open(position), "log ends at row", "restored from a backup");
            // The restored database goes on, and its log grows past the place that was read.
            database.run("INSERT INTO t VALUES (4, 'x'), (5, 'x'), (6, 'x')");
            assertRefused(() -> source.open(position), "is another than the one that was read");
        }
    }

    @Test
    void aPositionThatWasTrimmedAwayIsRefused() throws SQLException {
        try (TestDatabase database = database("WAL")) {
            SqliteConnector connector = SqliteConnector.of(database.settings().withTrimAfterQuiet(Duration.ZERO));
            try (ChangeSource source = Captured.open(connector, List.of(T))) {
                Position start = source.position();
                database.run("INSERT INTO t VALUES (1, 'x'), (2, 'x')");
                Captured.tail(source);
                source.committed(source.position());
                assertThat(database.query("SELECT seq FROM _sluice_p_log")).containsExactly("3");
                assertRefused(() -> source.open(start), "is not there any more");
                source.open(null);
                database.run("DELETE FROM t WHERE id = 1");
                assertThat(Captured.tail(source)).containsExactly("delete t[1]");
            }
        }
    }

    @Test
    void trimmingGivesWayToTheApplication() throws SQLException {
        try (TestDatabase database = database("DELETE")) {
            SqliteConnector connector = SqliteConnector.of(database.settings().withTrimAfterQuiet(Duration.ZERO));
            try (SqliteSource source = (SqliteSource) Captured.open(connector, List.of(T))) {
                database.run("INSERT INTO t VALUES (1, 'x'), (2, 'x')");
                Captured.tail(source);
                database.run("BEGIN IMMEDIATE", "INSERT INTO t VALUES (3, 'x')");
                source.committed(source.position());
                assertThat(source.trimmer().skipped()).isEqualTo(1);
                database.run("COMMIT");
                source.committed(source.position());
                assertThat(database.query("SELECT seq FROM _sluice_p_log")).containsExactly("3", "4");
            }
        }
    }

    @Test
    void aLongLogIsTrimmedInBatches() throws SQLException {
        try (TestDatabase database = database("WAL")) {
            SqliteConnector connector = SqliteConnector.of(database.settings().withTrimAfterQuiet(Duration.ZERO));
            try (ChangeSource source = Captured.open(connector, List.of(T))) {
                database.run(
                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000) INSERT INTO t SELECT i, 'x' FROM n");
                Captured.tail(source);
                for (int i = 0; i < 100 && database.number("SELECT count(*) FROM _sluice_p_log") > 1; i++) {
                    source.committed(source.position());
                }
                assertThat(database.number("SELECT count(*) FROM _sluice_p_log"))
                        .isEqualTo(1);
            }
        }
    }

    @Test
    void aDroppedTriggerOrRebuiltTableStopsTheSourceByName() throws SQLException {
        try (TestDatabase database = database("WAL");
                ChangeSource source = follow(database)) {
            database.transact(
                    "CREATE TABLE t2 (id INTEGER PRIMARY KEY, a TEXT)",
                    "INSERT INTO t2 SELECT * FROM t",
                    "DROP TABLE t",
                    "ALTER TABLE t2 RENAME TO t");
            assertRefused(() -> source.poll(null, 10), "on table t", "is missing", "rebuilt", "sluice remove");
            assertRefused(() -> source.snapshot(T.target().id(), null, 10), "on table t");
            assertRefused(() -> source.open(null), "on table t");
        }
    }

    @Test
    void aRenamedColumnStopsTheSource() throws SQLException {
        try (TestDatabase database = database("WAL");
                ChangeSource source = follow(database)) {
            database.run("ALTER TABLE t RENAME COLUMN a TO b");
            assertRefused(() -> source.poll(null, 10), "was changed", "renamed");
        }
    }

    @Test
    void aNewColumnStopsTheSourceUnlessItIsIgnored() throws SQLException {
        try (TestDatabase database = database("WAL");
                ChangeSource source = follow(database)) {
            SqliteConnector ignoring = SqliteConnector.of(database.settings()
                    .withIgnoredColumns((table, column) -> table.equals("t") && column.startsWith("ex")));
            try (ChangeSource other = ignoring.source(List.of(T), "p", "one")) {
                other.open(null);
                database.run("ALTER TABLE t ADD COLUMN extra", "INSERT INTO t VALUES (1, 'x', 'y')");
                assertThatThrownBy(() -> source.poll(null, 10))
                        .isInstanceOfSatisfying(
                                SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.SOURCE))
                        .hasMessageContainingAll("table t", "new column extra", "ignore-columns");
                assertThat(Captured.tail(other)).containsExactly("create t[1,\"x\"]");
            }
        }
    }

    @Test
    void anIndexOfTheApplicationChangesNothing() throws SQLException {
        try (TestDatabase database = database("WAL");
                ChangeSource source = follow(database)) {
            database.run("CREATE INDEX ta ON t (a)", "INSERT INTO t VALUES (1, 'x')");
            database.run("VACUUM");
            assertThat(Captured.tail(source)).containsExactly("create t[1,\"x\"]");
        }
    }

    @Test
    void aFileReplacedUnderTheSourceIsRefused() throws SQLException, IOException {
        Path copy = directory.resolve("copy.db");
        try (TestDatabase database = database("DELETE");
                ChangeSource source = follow(database)) {
            database.run("VACUUM INTO '" + copy + "'");
            Files.move(copy, database.file(), StandardCopyOption.REPLACE_EXISTING);
            assertRefused(() -> source.poll(null, 10), "was replaced by another file");
            assertRefused(() -> source.snapshot(T.target().id(), null, 10), "was replaced by another file");
        }
    }

    @Test
    void aPipelineRemovedWhileItIsFollowedStops() throws SQLException {
        try (TestDatabase database = database("WAL");
                ChangeSource source = follow(database)) {
            connector(database).remove("p", false);
            assertRefused(() -> source.poll(null, 10), "is not prepared for pipeline p");
        }
    }

    @Test
    void aLockThatStaysIsReportedAndNothingIsLost() throws SQLException {
        try (TestDatabase database = database("DELETE");
                ChangeSource source = follow(database)) {
            database.run("BEGIN EXCLUSIVE", "INSERT INTO t VALUES (1, 'x')");
            assertThatThrownBy(() -> source.poll(null, 10))
                    .isInstanceOfSatisfying(
                            SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.SOURCE))
                    .hasMessageContaining("database is locked by another process");
            database.run("COMMIT");
            assertThat(Captured.tail(source)).containsExactly("create t[1,\"x\"]");
        }
    }

    @Test
    void noReadLockIsLeftBehind() throws SQLException {
        try (TestDatabase database = database("DELETE");
                ChangeSource source = follow(database)) {
            database.run("INSERT INTO t VALUES (1, 'x')");
            Captured.tail(source);
            Captured.snapshot(source, "t", 1);
            source.estimateRows(T.target().id());
            database.run("PRAGMA busy_timeout = 0", "BEGIN EXCLUSIVE", "INSERT INTO t VALUES (2, 'x')", "COMMIT");
            assertThat(Captured.tail(source)).containsExactly("create t[2,\"x\"]");
        }
    }

    @Test
    void aKeyThatCannotBeConvertedIsRefusedAndItsDeleteIsNoOtherDeadLetter() throws SQLException {
        try (TestDatabase database = TestDatabase.create(directory, "CREATE TABLE u (id TEXT PRIMARY KEY, a)")) {
            try (ChangeSource source =
                    Captured.open(connector(database), List.of(Captured.table("u", "id", "id:UUID", "a:TEXT")))) {
                String uuid = "0d3c6f2a9b1e4c578a2b3f4e5d6c7b8a";
                database.run(
                        "INSERT INTO u VALUES ('bad', 1)", "UPDATE u SET a = 2", "UPDATE u SET id = '" + uuid + "'");
                assertThat(Captured.tail(source))
                        .containsExactly(
                                "refused create u[\"bad\"] id not-a-uuid",
                                "refused update u[\"bad\"] id not-a-uuid",
                                "create u[\"0d3c6f2a-9b1e-4c57-8a2b-3f4e5d6c7b8a\",\"2\"]");
                database.run("UPDATE u SET id = '0D3C6F2A-9B1E-4C57-8A2B-3F4E5D6C7B8A'", "DELETE FROM u");
                assertThat(Captured.tail(source))
                        .containsExactly(
                                "update u[\"0d3c6f2a-9b1e-4c57-8a2b-3f4e5d6c7b8a\",\"2\"]",
                                "delete u[\"0d3c6f2a-9b1e-4c57-8a2b-3f4e5d6c7b8a\"]");
            }
        }
    }

    @Test
    void deletesThatTheTargetCannotHaveMissedAreNoTransaction() throws SQLException {
        try (TestDatabase database = TestDatabase.create(directory, "CREATE TABLE u (id TEXT PRIMARY KEY, a)");
                ChangeSource source =
                        Captured.open(connector(database), List.of(Captured.table("u", "id", "id:UUID", "a:TEXT")))) {
            database.run("INSERT INTO u VALUES (NULL, 1), (NULL, 2), ('bad', 3)");
            List<String> refused = Captured.tail(source);
            assertThat(refused).doesNotHaveDuplicates().hasSize(3);
            assertThat(refused.get(0)).matches("refused create u\\[null]#[0-9a-f]{16} id null-key");
            Position before = source.position();
            database.run("DELETE FROM u");
            assertThat(source.poll(null, 1).completeAsOf()).isPresent();
            assertThat(source.position()).isGreaterThan(before);
            database.run("INSERT INTO u VALUES (NULL, 1)");
            assertThat(Captured.tail(source)).containsExactly(refused.get(0));
        }
    }

    @Test
    void aCutWhoseRestConcernsNobodyAnyMoreIsOnlyCompleteWithWhatFollows() throws SQLException {
        CapturedTable other = Captured.table("other", "id", "id:INT64");
        try (TestDatabase database = database("WAL")) {
            database.run("CREATE TABLE other (id INTEGER PRIMARY KEY)");
            SqliteConnector connector = connector(database);
            Position middle;
            try (ChangeSource source = Captured.open(connector, List.of(T, other))) {
                database.transact("INSERT INTO t VALUES (1, 'x')", "INSERT INTO other VALUES (1), (2), (3)");
                middle = source.poll(null, 1).part().orElseThrow().end();
                database.run("INSERT INTO t VALUES (2, 'x')");
            }
            connector.prepare(List.of(T), "p", "one", false);
            try (ChangeSource source = connector.source(List.of(T), "p", "one")) {
                source.open(middle);
                assertThat(Captured.tail(source)).containsExactly("create t[2,\"x\"]");
                assertThat(source.poll(null, 1).completeAsOf()).isPresent();
            }
        }
    }

    @Test
    void aRowOfTheLogThatCannotBeReadStopsTheSourceEveryTime() throws SQLException {
        try (TestDatabase database = database("WAL");
                ChangeSource source = follow(database)) {
            database.run("INSERT INTO t VALUES (1, 'x')", "UPDATE _sluice_p_log SET op = 'z' WHERE op = 'i'");
            Position before = source.position();
            for (int i = 0; i < 3; i++) {
                assertRefused(() -> source.poll(null, 10), "unknown op z");
                assertThat(source.position()).isEqualTo(before);
            }
        }
    }

    @Test
    void positionsOfAnotherLayoutAreRefused() throws SQLException {
        try (TestDatabase database = database("WAL");
                ChangeSource source = follow(database)) {
            assertRefused(() -> source.open(Position.of(new byte[] {9, 1})), "layout 9");
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"WAL", "DELETE"})
    void aWriterInAnotherProcessIsFollowed(String mode) throws Exception {
        try (TestDatabase database = database(mode);
                ChangeSource source = follow(database)) {
            Process writer = new ProcessBuilder(
                            ProcessHandle.current().info().command().orElseThrow(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            WriterProcess.class.getName(),
                            database.file().toString(),
                            "300")
                    .inheritIO()
                    .start();
            Set<String> rows = new HashSet<>();
            boolean done = false;
            while (!done) {
                done = !writer.isAlive();
                for (String record : Captured.tail(source)) {
                    if (record.startsWith("delete")) {
                        rows.remove(record.substring("delete ".length()));
                    } else {
                        rows.add(record.replaceAll("^\\w+ (t\\[\\d+),.*", "$1]"));
                    }
                }
                source.committed(source.position());
            }
            assertThat(writer.exitValue()).isZero();
            assertThat(rows)
                    .hasSize(150)
                    .containsExactlyInAnyOrderElementsOf(database.query("SELECT 't[' || id || ']' FROM t"));
        }
    }

    private static void assertRefused(ThrowingCallable call, String... parts) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContainingAll(parts);
    }
}
