package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.sinks.postgresql.apply.BackfillSettings;
import dev.sluice.sinks.postgresql.apply.FaultPoints;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.database.TargetSettings;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BrakeTest {
    private final TestLane lane =
            TestLane.with("CREATE TABLE t (id bigint PRIMARY KEY)").capture("t");

    @AfterEach
    void close() {
        lane.close();
    }

    private void snapshot(long rows) {
        lane.transaction(lane.control(Control.Kind.SNAPSHOT_BEGIN, "public.t", Map.of()));
        for (long i = 1; i <= rows; i++) {
            lane.transaction(TestLane.inSnapshot(lane.read("t", i)));
        }
    }

    @Test
    void rowsCostTimeByTheClockAndChangesDoNot() throws Exception {
        AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
        Brake brake = new Brake(new BackfillSettings(1, false, 1_000, Duration.ZERO, 0), lane.database, now::get);
        assertThat(brake.reason()).isNull();
        assertThat(brake.atMost(5_000)).isEqualTo(2_000);
        brake.applied(500);
        assertThat(brake.reason()).contains("1000 rows per second");
        assertThat(brake.pause()).isEqualTo(Duration.ofMillis(500));
        now.set(Instant.EPOCH.plusMillis(499));
        assertThat(brake.reason()).isNotNull();
        now.set(Instant.EPOCH.plusMillis(500));
        assertThat(brake.reason()).isNull();
        brake.applied(0);
        assertThat(brake.reason()).isNull();
    }

    @Test
    void aClockThatIsSetBackHoldsNothingBackForHours() throws Exception {
        AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
        Brake brake = new Brake(new BackfillSettings(1, false, 1_000, Duration.ZERO, 0), lane.database, now::get);
        brake.applied(500);
        assertThat(brake.reason()).isNotNull();
        now.set(Instant.EPOCH.minusSeconds(36_000));
        assertThat(brake.reason()).isNull();
    }

    /** What a source reads at once is one transaction, which may have more rows than a batch. */
    @Test
    void everyRowOfAStreamedTransactionCosts() {
        lane.transaction(lane.control(Control.Kind.SNAPSHOT_BEGIN, "public.t", Map.of()));
        for (long i = 1; i <= 1_000; i++) {
            lane.append(Outcome.APPLY, i == 1_000, false, false, null, TestLane.inSnapshot(lane.read("t", i)));
        }
        lane.transaction(TestLane.inSnapshot(lane.read("t", 1_001L)));
        SinkSettings settings = lane.settings(100).with(new BackfillSettings(1, false, 1, Duration.ZERO, 0));
        try (Sink sink = lane.sink(settings, FaultPoints.NONE)) {
            CompletableFuture<Void> end = TestLane.start(sink);
            lane.flush();
            TestLane.await("the sink to hold back", () -> sink.status().state() == SinkStatus.State.HELD_BACK);
            assertThat(sink.status().rowsApplied()).isGreaterThanOrEqualTo(1_000);
            sink.stop();
            end.join();
        }
    }

    @Test
    void withoutALimitNothingIsHeldBack() throws Exception {
        Brake brake =
                new Brake(new BackfillSettings(1, false, 0, Duration.ZERO, 0), lane.database, () -> Instant.EPOCH);
        brake.applied(1_000_000);
        assertThat(brake.reason()).isNull();
        assertThat(brake.atMost(5_000)).isEqualTo(5_000);
    }

    @Test
    void aBackfillWaitsWhileOthersAreBusyInTheTargetAndTheTailDoesNot() throws Exception {
        SinkSettings settings = lane.settings().with(new BackfillSettings(1, false, 0, Duration.ZERO, 1));
        try (Connection one = DriverManager.getConnection(lane.jdbcUrl);
                Connection two = DriverManager.getConnection(lane.jdbcUrl);
                Sink sink = lane.sink(settings, FaultPoints.NONE)) {
            CompletableFuture<Void> busy = sleeping(one);
            CompletableFuture<Void> alsoBusy = sleeping(two);
            CompletableFuture<Void> end = TestLane.start(sink);
            lane.transaction(lane.create("t", 10_000L));
            lane.awaitApplied(end);
            snapshot(1_000);
            lane.flush();
            TestLane.await("the sink to hold back", () -> sink.status().state() == SinkStatus.State.HELD_BACK);
            assertThat(sink.status().message())
                    .contains("2 sessions are active")
                    .contains("max-active-sessions");
            lane.sql(
                    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT pg_sleep%'");
            busy.join();
            alsoBusy.join();
            lane.awaitApplied(end);
            sink.stop();
            end.join();
        }
        assertThat(lane.one("SELECT count(*) FROM t")).isEqualTo("1001");
    }

    private static CompletableFuture<Void> sleeping(Connection connection) {
        return CompletableFuture.runAsync(() -> {
            try (Statement statement = connection.createStatement()) {
                statement.execute("SELECT pg_sleep(600)");
            } catch (SQLException expected) {
                // Cancelled by the test.
                assertThat(expected.getSQLState()).isEqualTo("57014");
            }
        });
    }

    /** A standby cannot be had here; what the server says of one is a view, and another stands in its place. */
    @Test
    void aBackfillWaitsForAStandbyThatIsBehind() {
        lane.sql("CREATE SCHEMA shadow");
        lane.sql("CREATE TABLE shadow.pg_stat_replication (replay_lag interval)");
        lane.sql("INSERT INTO shadow.pg_stat_replication VALUES (NULL), ('00:01:30')");
        String url = lane.jdbcUrl + (lane.jdbcUrl.contains("?") ? "&" : "?") + "currentSchema=shadow,pg_catalog,public";
        SinkSettings settings = lane.settings().with(new BackfillSettings(1, false, 0, Duration.ofSeconds(30), 0));
        snapshot(1_000);
        try (TargetDatabase watched =
                        TargetDatabase.open(TargetSettings.of(url), lane.pipeline, InstantSource.system());
                Sink sink = lane.sink(settings, watched)) {
            CompletableFuture<Void> end = TestLane.start(sink);
            TestLane.await("the sink to hold back", () -> sink.status().state() == SinkStatus.State.HELD_BACK);
            assertThat(sink.status().message()).contains("90 s behind").contains("max-replica-lag");
            lane.sql("DELETE FROM shadow.pg_stat_replication WHERE replay_lag IS NOT NULL");
            lane.awaitApplied(end);
            sink.stop();
            end.join();
        }
        assertThat(lane.one("SELECT count(*) FROM public.t")).isEqualTo("1000");
    }
}
