package dev.sluice.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class WorkloadTest {
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-01-01T00:00:00.123456Z"));

    @TempDir
    private Path directory;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void everyTransactionLeavesTheForeignKeysWhole(long seed) throws SQLException {
        Path file = directory.resolve("app.db");
        try (AppDatabase database = AppDatabase.open(file)) {
            database.createTables();
            Values values = new Values(new Random(seed), CLOCK);
            new Seed(database, values).fill(800);
            Workload workload = Workload.plain(database, values);
            for (int i = 0; i < 400; i++) {
                workload.transaction();
                assertThat(query(file, "PRAGMA foreign_key_check"))
                        .as("transaction %d", i)
                        .isEmpty();
            }
        }
        assertThat(query(file, "SELECT DISTINCT typeof(id) FROM devices")).containsExactly("text");
        assertThat(query(file, "SELECT count(*) FROM devices")).isNotEqualTo(List.of("0"));
    }

    @Test
    void theSeedHasAboutAsManyRowsAsWanted() throws SQLException {
        Path file = directory.resolve("app.db");
        try (AppDatabase database = AppDatabase.open(file)) {
            database.createTables();

            long rows = new Seed(database, new Values(new Random(1), CLOCK)).fill(5_000);

            assertThat(rows).isBetween(5_000L, 5_100L);
            assertThat(database.tables()).isEqualTo(12);
        }
    }

    @Test
    void aProbeStandsInEveryTransactionThatIsCommitted() throws SQLException {
        Path file = directory.resolve("app.db");
        try (AppDatabase database = AppDatabase.open(file)) {
            database.createTables();
            database.createProbes();
            Values values = new Values(new Random(1), CLOCK);
            new Seed(database, values).fill(500);
            Workload workload = Workload.withProbes(database, values, CLOCK);
            int committed = 0;
            for (int i = 0; i < 300; i++) {
                committed += workload.transaction() > 0 ? 1 : 0;
            }

            assertThat(committed).isLessThan(300);
            assertThat(database.committedRows()).containsEntry("latency_probes", (long) committed);
            assertThat(query(file, "SELECT count(*), min(committed_micros) FROM latency_probes"))
                    .containsExactly(String.valueOf(committed));
        }
    }

    @Test
    void theTotalsSurviveTheirWayThroughTheWritersOutput() throws SQLException {
        WriterTotals totals = new WriterTotals(7, java.util.Map.of("devices", 3L, "ping_results", 12L));

        assertThat(WriterTotals.parse(totals.toString())).contains(totals);
        assertThat(totals.rows()).isEqualTo(15);
        assertThat(WriterTotals.parse("Exception in thread main")).isEmpty();
    }

    private static List<String> query(Path file, String sql) throws SQLException {
        List<String> rows = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(sql)) {
            while (found.next()) {
                rows.add(found.getString(1));
            }
        }
        return rows;
    }
}
