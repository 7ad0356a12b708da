package dev.sluice.producers.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ChangeSource;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.Finding;
import dev.sluice.runtime.SluiceException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReadOnlyTest {
    private static final CapturedTable T = Captured.table("t", "id", "id:INT64", "a:TEXT");
    private static final String TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)";

    /** Where a SQLite file says which version may write to it; of a greater one than SQLite knows it only reads. */
    private static final int WRITE_VERSION = 18;

    @TempDir
    Path directory;

    private Path file() {
        return directory.resolve("app.db");
    }

    private void writable(boolean writable) throws IOException {
        try (RandomAccessFile header = new RandomAccessFile(file().toFile(), "rw")) {
            header.seek(WRITE_VERSION);
            header.write(writable ? 1 : 9);
        }
    }

    private static void assertReadOnly(SqliteConnector connector, String message) {
        assertThat(connector.check(List.of(T)))
                .filteredOn(finding -> finding.code().equals("source-read-only"))
                .singleElement()
                .satisfies(finding -> assertThat(finding.severity()).isEqualTo(Finding.Severity.ERROR));
        assertThatThrownBy(() -> connector.prepare(List.of(T), "p", "one", false))
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.SOURCE))
                .hasMessageContainingAll("app.db", message);
    }

    @Test
    void aDatabaseThatOnlyLetsReadIsRefusedByName() throws Exception {
        try (TestDatabase database =
                TestDatabase.createIn(directory, "DELETE", TABLE, "INSERT INTO t VALUES (1, 'x')")) {
            assertThat(database.query("SELECT a FROM t")).containsExactly("x");
        }
        writable(false);
        SqliteConnector connector = SqliteConnector.of(SqliteSettings.of(file()));
        assertThat(connector.tables()).hasSize(1);
        assertReadOnly(connector, "is read-only for this user; capture needs triggers");
    }

    /** What is there can still be carried over; only the log is not trimmed. */
    @Test
    void aPreparedDatabaseThatBecameReadOnlyIsReadToItsEnd() throws Exception {
        SqliteConnector connector = SqliteConnector.of(SqliteSettings.of(file()).withTrimAfterQuiet(Duration.ZERO));
        try (TestDatabase database =
                TestDatabase.createIn(directory, "DELETE", TABLE, "INSERT INTO t VALUES (1, 'x')")) {
            connector.prepare(List.of(T), "p", "one", false);
            database.run("INSERT INTO t VALUES (2, 'y')");
        }
        writable(false);
        try (ChangeSource source = connector.source(List.of(T), "p", "one")) {
            source.open(null);
            assertThat(Captured.snapshot(source, "t", 1)).containsExactly("read t[1,\"x\"]", "read t[2,\"y\"]");
            assertThat(Captured.tail(source)).isEmpty();
            source.committed(source.position());
            assertThat(Captured.tail(source)).isEmpty();
        }
    }

    /** Root may write whatever the permissions say. */
    @ParameterizedTest(name = "{0} {1}")
    @ValueSource(strings = {"WAL", "DELETE"})
    void aFileOrADirectoryWithoutTheRightToWriteIsRefusedByName(String mode) throws Exception {
        TestDatabase.createIn(directory, mode, TABLE).close();
        SqliteConnector connector = SqliteConnector.of(SqliteSettings.of(file()));
        Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString("r--r--r--"));
        assumeFalse(Files.isWritable(file()), "this user may write everywhere");
        assertReadOnly(connector, "");
        Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString("rw-r--r--"));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("r-xr-xr-x"));
        try {
            assertReadOnly(connector, "");
        } finally {
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    /** The name is a path, so that nothing in it can switch SQLite's locks off. */
    @Test
    void anImmutableDatabaseIsNoSource() throws SQLException {
        TestDatabase.createIn(directory, "DELETE", TABLE).close();
        for (String name : List.of("app.db?immutable=1", "file:app.db?mode=ro")) {
            assertThat(SqliteConnector.of(SqliteSettings.of(directory.resolve(name)))
                            .check(List.of(T)))
                    .extracting(Finding::code, Finding::message)
                    .singleElement()
                    .asString()
                    .contains("source-unreadable", "does not exist");
        }
    }
}
