package dev.sluice.producers.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.producers.api.SourceCounter;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CountersTest {
    @TempDir
    Path directory;

    private List<SourceCounter> counters(String... statements) throws SQLException {
        try (TestDatabase database = TestDatabase.create(directory, statements)) {
            return SqliteConnector.of(database.settings()).counters();
        }
    }

    @Test
    void withoutAutoincrementTheGreatestKeyThatIsThereCounts() throws SQLException {
        assertThat(counters(
                        "CREATE TABLE pings (id INTEGER PRIMARY KEY, at TEXT)",
                        "INSERT INTO pings (id) VALUES (7), (-3), (9)",
                        "DELETE FROM pings WHERE id = 9",
                        "CREATE TABLE never (id INTEGER PRIMARY KEY)",
                        "CREATE TABLE texts (id TEXT PRIMARY KEY)",
                        "INSERT INTO texts VALUES ('x')",
                        "CREATE TABLE pairs (a INTEGER, b INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID",
                        "INSERT INTO pairs VALUES (1, 2)",
                        "CREATE TABLE bare (a INTEGER)",
                        "INSERT INTO bare VALUES (5)"))
                .containsExactly(new SourceCounter("pings", "id", 7));
    }

    @Test
    void theGreatestKeyThatATableEverHadCounts() throws SQLException {
        assertThat(counters(
                        "CREATE TABLE \"Cities\" (name TEXT, \"Nr\" INTEGER PRIMARY KEY AUTOINCREMENT)",
                        "CREATE TABLE untouched (id INTEGER PRIMARY KEY AUTOINCREMENT)",
                        "INSERT INTO \"Cities\" (name) VALUES ('a'), ('b'), ('c')",
                        "DELETE FROM \"Cities\" WHERE \"Nr\" > 1"))
                .containsExactly(new SourceCounter("Cities", "Nr", 3));
    }

    @Test
    void whatSluiceAndTheApplicationWroteThereIsLeftOut() throws SQLException {
        assertThat(counters(
                        "CREATE TABLE _sluice_shop_log (id INTEGER PRIMARY KEY AUTOINCREMENT)",
                        "INSERT INTO _sluice_shop_log VALUES (900)",
                        "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT)",
                        "INSERT INTO a VALUES (4)",
                        "INSERT INTO sqlite_sequence VALUES ('a', 'many'), ('a', NULL), ('dropped', 8)"))
                .containsExactly(new SourceCounter("a", "id", 4));
    }
}
