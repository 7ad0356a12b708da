package dev.sluice.producers.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ChangeSource;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When the log is trimmed, beside an application that writes. */
class LogTrimmingTest {
    private static final CapturedTable T = Captured.table("t", "id", "id:INT64", "a:TEXT");

    @TempDir
    Path directory;

    private Instant now = Instant.EPOCH;

    private TestDatabase database() throws SQLException {
        return TestDatabase.create(directory, "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)");
    }

    private ChangeSource follow(TestDatabase database) {
        return Captured.open(SqliteConnector.of(database.settings(), () -> now), List.of(T));
    }

    private static long logged(TestDatabase database) throws SQLException {
        return database.number("SELECT count(*) FROM _sluice_p_log");
    }

    private void secondsPass(long seconds, ChangeSource source) {
        Captured.tail(source);
        now = now.plusSeconds(seconds);
        source.committed(source.position());
    }

    @Test
    void aTransactionThatReadsThenWritesIsNotDisturbed() throws SQLException {
        try (TestDatabase database = database();
                ChangeSource source = follow(database);
                TestDatabase other = TestDatabase.open(database.file())) {
            for (int i = 0; i < 10; i++) {
                other.run("INSERT INTO t (a) VALUES ('x')");
                database.run("BEGIN", "SELECT count(*) FROM t");
                secondsPass(1, source);
                database.run("INSERT INTO t (a) VALUES ('y')", "COMMIT");
            }
            assertThat(logged(database)).isEqualTo(21);
        }
    }

    @Test
    void aShortLogIsTrimmedOnceNobodyWrites() throws SQLException {
        try (TestDatabase database = database();
                ChangeSource source = follow(database)) {
            database.run("INSERT INTO t (a) VALUES ('x'), ('y')");
            secondsPass(60, source);
            assertThat(logged(database)).isEqualTo(3);
            secondsPass(1, source);
            assertThat(logged(database)).isEqualTo(1);
        }
    }

    @Test
    void aLongLogIsTrimmedThoughTheApplicationGoesOnWriting() throws SQLException {
        String many =
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO t (a) SELECT %s FROM n";
        try (TestDatabase database = database();
                ChangeSource source = follow(database)) {
            database.run(many.formatted(LogTrimmer.MANY_ROWS, "'x'"));
            secondsPass(0, source);
            assertThat(logged(database)).isEqualTo(1);
            database.run(many.formatted(10, "hex(zeroblob(500000))"));
            secondsPass(0, source);
            assertThat(logged(database)).isEqualTo(1);
        }
    }

    @Test
    void notesOfRowsThatWereNotReplacedGoWithTheLog() throws SQLException {
        try (TestDatabase database = database()) {
            database.run("CREATE UNIQUE INDEX t_a ON t (a)", "INSERT INTO t (a) VALUES ('x')");
            try (ChangeSource source = follow(database)) {
                database.run("INSERT OR IGNORE INTO t (a) VALUES ('x'), ('y')");
                assertThat(database.number("SELECT count(*) FROM _sluice_p_replaced"))
                        .isEqualTo(1);
                secondsPass(60, source);
                secondsPass(1, source);
                assertThat(database.number("SELECT count(*) FROM _sluice_p_replaced"))
                        .isZero();
            }
        }
    }
}
