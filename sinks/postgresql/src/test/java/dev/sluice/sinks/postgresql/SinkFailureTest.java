package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Source;
import dev.sluice.sinks.postgresql.apply.FaultPoints;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

class SinkFailureTest {
    private static final String[] TABLES = {
        "CREATE TABLE parents (id bigint PRIMARY KEY, name varchar(5) NOT NULL)",
        "CREATE TABLE children (id bigint PRIMARY KEY, parent_id bigint NOT NULL REFERENCES parents)"
    };

    private final TestLane lane = TestLane.with(TABLES).capture("parents", "children");

    @AfterEach
    void close() {
        lane.close();
    }

    @Test
    void theNewerOfTwoSinksWinsAndTheOlderIsRefused() {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch newer = new CountDownLatch(1);
        lane.transaction(lane.create("parents", 1L, "a"));
        Sink old = lane.sink(lane.settings(), point -> {
            if (point.equals("next transaction")) {
                inside.countDown();
                awaitLatch(newer);
            }
        });
        CompletableFuture<Void> oldEnd = TestLane.start(old);
        awaitLatch(inside);
        Sink young = lane.sink(lane.settings(), FaultPoints.NONE);
        CompletableFuture<Void> youngEnd = TestLane.start(young);
        TestLane.await("the newer sink to claim", () -> young.status().sequence() >= 0);
        lane.transaction(lane.create("parents", 2L, "b"));
        lane.awaitApplied(youngEnd);
        newer.countDown();
        assertThatThrownBy(oldEnd::join)
                .cause()
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContaining("claimed by a newer sink");
        assertThat(old.status().state()).isEqualTo(SinkStatus.State.FAILED);
        assertThat(PipelineStatus.read(lane.database, lane.pipeline)
                        .lanes()
                        .get(0)
                        .state())
                .as("the older sink says nothing about the newer one's lane")
                .isEqualTo("running");
        young.stop();
        youngEnd.join();
        assertThat(lane.rows("SELECT id FROM parents ORDER BY id")).containsExactly("1", "2");
    }

    @Test
    void whoHoldsTheLanesRowIsNamedWhileItIsWaitedFor() throws Exception {
        lane.transaction(lane.create("parents", 1L, "a"));
        try (Connection holder = DriverManager.getConnection(lane.jdbcUrl + "&ApplicationName=somebody");
                Statement statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("SELECT 1 FROM sluice.progress FOR UPDATE");
            int process = holder.unwrap(PGConnection.class).getBackendPID();
            Sink sink = lane.sink(lane.settings(100), FaultPoints.NONE);
            CompletableFuture<Void> end = TestLane.start(sink);
            TestLane.await(
                    "the sink to say that it waits",
                    () -> sink.status().state() == SinkStatus.State.WAITING_FOR_TARGET);
            assertThat(sink.status().message())
                    .contains("lane main of pipeline " + lane.pipeline)
                    .contains("locked by server process " + process + " (user postgres, application somebody");
            assertThat(lane.rows("SELECT id FROM parents")).isEmpty();
            holder.rollback();
            lane.awaitApplied(end);
            sink.stop();
            end.join();
        }
        assertThat(lane.rows("SELECT id FROM parents")).containsExactly("1");
    }

    @Test
    void aRecordThatIsMissingStopsTheLaneByName() {
        lane.transaction(lane.create("parents", 1L, "a"));
        lane.sequence(2);
        lane.transaction(lane.create("parents", 2L, "b"));
        lane.flush();
        assertThatThrownBy(this::run)
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("sequence 3, expected 2");
        PipelineStatus.Lane stopped =
                PipelineStatus.read(lane.database, lane.pipeline).lanes().get(0);
        assertThat(stopped.state()).isEqualTo("stopped");
        assertThat(stopped.message()).contains("expected 2");
    }

    @Test
    void aTopicThatEndsBeforeTheCursorIsRefused() {
        lane.transaction(lane.create("parents", 1L, "a")).transaction(lane.create("parents", 2L, "b"));
        lane.applyAll();
        lane.deleteTopic();
        refused("does not exist");
        lane.createTopic();
        refused("is empty");
        lane.sequence(0);
        lane.transaction(lane.create("parents", 1L, "other"));
        lane.flush();
        refused("ends at sequence 1, but the target has applied sequence 2");
        assertThat(lane.rows("SELECT id, name FROM parents ORDER BY id")).containsExactly("1|a", "2|b");
    }

    @Test
    void aFreshLaneWaitsForATopicThatIsOnlyBeingMade() {
        lane.deleteTopic();
        Sink sink = lane.sink(lane.settings(), FaultPoints.NONE);
        CompletableFuture<Void> end = TestLane.start(sink);
        TestLane.await("the sink to run", () -> sink.status().state() == SinkStatus.State.RUNNING);
        lane.createTopic();
        lane.transaction(lane.create("parents", 1L, "a"));
        lane.awaitApplied(end);
        sink.stop();
        end.join();
        assertThat(lane.rows("SELECT id FROM parents")).containsExactly("1");
    }

    @Test
    void aTopicThatBeginsBehindTheCursorIsRefused() {
        for (long i = 1; i <= 10; i++) {
            lane.transaction(lane.create("parents", i, "a"));
        }
        lane.flush();
        lane.deleteRecordsBefore(3);
        refused("begins at sequence 4, but the target expects sequence 1 first");
        lane.sql("UPDATE sluice.progress SET sequence = 2, ordered_offset = 1");
        refused("begins at sequence 4, but the target has applied sequence 2");
        lane.sql("UPDATE sluice.progress SET sequence = 3, ordered_offset = 2");
        lane.applyAll();
        assertThat(lane.one("SELECT min(id), max(id) FROM parents")).isEqualTo("4|10");
    }

    @Test
    void anOffsetThatHoldsAnotherRecordIsOnlyAHint() {
        for (long i = 1; i <= 10; i++) {
            lane.transaction(lane.create("parents", i, "a"));
        }
        lane.flush();
        lane.sql("UPDATE sluice.progress SET sequence = 4, ordered_offset = 8");
        lane.applyAll();
        assertThat(lane.one("SELECT min(id), max(id), count(*) FROM parents")).isEqualTo("4|10|7");
    }

    @Test
    void eventsOfAnotherIncarnationAreRefused() {
        lane.transaction(lane.create("parents", 1L, "a"));
        lane.flush();
        lane.sql("UPDATE sluice.progress SET pipeline_id = 'incarnation-2'");
        refused("pipeline id incarnation-1, but the target was prepared for incarnation-2");
        assertThat(lane.rows("SELECT 1 FROM parents")).isEmpty();
    }

    /** Until it ends by itself. */
    private void run() throws Throwable {
        Sink sink = lane.sink(lane.settings(), FaultPoints.NONE);
        try {
            TestLane.start(sink).get(20, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause();
        } finally {
            sink.stop();
        }
    }

    private void refused(String message) {
        assertThatThrownBy(this::run)
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContaining(message);
    }

    @Test
    void anUnknownColumnMakesTheSinkReadTheCatalogOnceMoreAndThenStops() {
        lane.sql("CREATE TABLE wide (id bigint PRIMARY KEY, a text, b text)");
        lane.capture("parents", "children", "wide");
        lane.transaction(lane.create("wide", 1L, "a", "b"));
        lane.sql("ALTER TABLE wide DROP COLUMN b");
        lane.flush();
        assertThatThrownBy(this::run)
                .hasMessageContaining(
                        "table public.wide of the target does not match its events: they need column b of type text, the table has none");
        lane.sql("ALTER TABLE wide ADD COLUMN b text");
        lane.applyAll();
        assertThat(lane.rows("SELECT id, a, b FROM wide")).containsExactly("1|a|b");
        assertThat(lane.rows("SELECT 1 FROM sluice.dead_letters")).isEmpty();
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            if (!latch.await(30, TimeUnit.SECONDS)) {
                throw new AssertionError("waited 30 s");
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aSessionWithoutForeignKeysIsRefusedByName() {
        lane.preparation().remove(false, false);
        lane.sql(
                "DO $$ BEGIN EXECUTE format('ALTER ROLE postgres IN DATABASE %I SET session_replication_role = replica', current_database()); END $$");
        try (TestLane replica = TestLane.at(lane.jdbcUrl).capture("parents", "children")) {
            replica.transaction(replica.create("children", 1L, 99L));
            assertThatThrownBy(replica::applyAll)
                    .rootCause()
                    .isInstanceOf(SluiceException.class)
                    .hasMessageContaining("session_replication_role is replica");
            assertThat(replica.rows("SELECT id FROM children")).isEmpty();
        } finally {
            lane.sql(
                    "DO $$ BEGIN EXECUTE format('ALTER ROLE postgres IN DATABASE %I RESET session_replication_role', current_database()); END $$");
        }
    }

    @Test
    void aSourceClockThatIsAheadDoesNotHideTheLag() {
        lane.transaction((source, transaction) -> new Control(
                Control.Kind.HEARTBEAT,
                null,
                null,
                Map.of(),
                new Source(
                        source.pipelineId(),
                        source.connector(),
                        source.database(),
                        source.sequence(),
                        source.position(),
                        System.currentTimeMillis() + 3_600_000L,
                        false),
                transaction,
                1L));
        lane.applyAll();
        assertThat(lane.one("SELECT source_time <= clock_timestamp() FROM sluice.progress"))
                .isEqualTo("t");
    }

    @Test
    void rowsOfASnapshotDoNotHideTheLag() {
        lane.transaction(TestLane.inSnapshot(lane.create("parents", 1L, "a")));
        lane.applyAll();
        assertThat(lane.one("SELECT count(*), count(source_time) FROM sluice.progress, parents"))
                .isEqualTo("1|0");
    }
}
