package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.event.Source;
import dev.sluice.sinks.postgresql.apply.FaultPoints;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SinkFailureTest {
    private static final String[] TABLES = {
        "CREATE TABLE parents (id bigint PRIMARY KEY, name varchar(5) NOT NULL)",
        "CREATE TABLE children (id bigint PRIMARY KEY, parent_id bigint NOT NULL REFERENCES parents)"
    };

    private TestLane lane = TestLane.with(TABLES).capture("parents", "children");

    /** The process ends here. */
    private static final class Crash extends Error {
        private static final long serialVersionUID = 1L;
    }

    @AfterEach
    void close() {
        lane.close();
    }

    private void writeSomethingOfEverything() {
        lane.transaction(
                lane.create("parents", 1L, "a"), lane.create("children", 1L, 1L), lane.create("parents", 2L, null));
        lane.append(Outcome.WAIT, true, false, false, "children_parent_id_fkey [3]", lane.create("children", 2L, 3L));
        lane.transaction(lane.create("children", 9L, 2L));
        lane.transaction(lane.rejected("public.parents", "[5]", "nul-character"));
        lane.transaction(lane.update("parents", 1L, "b"), lane.delete("children", 1L));
    }

    private List<String> everything() {
        List<String> rows = new ArrayList<>(
                lane.rows(
                        "SELECT 'parents', p.* FROM parents p UNION ALL SELECT 'children', id, parent_id::text, _sluice_seq FROM children ORDER BY 1, 2"));
        rows.addAll(lane.rows("SELECT table_name, key, kind, sequence FROM sluice.waiting ORDER BY 1, 2"));
        rows.addAll(
                lane.rows("SELECT table_name, key, sequence, reason, state FROM sluice.dead_letters ORDER BY 1, 2, 3"));
        rows.addAll(lane.rows("SELECT sequence, ordered_offset FROM sluice.progress"));
        return rows;
    }

    @Test
    void aCrashBetweenAnyTwoStatementsLosesAndDoublesNothing() {
        writeSomethingOfEverything();
        AtomicInteger points = new AtomicInteger();
        FaultPoints counting = point -> points.incrementAndGet();
        try (Sink sink = lane.sink(lane.settings(3), counting)) {
            CompletableFuture<Void> end = TestLane.start(sink);
            lane.awaitApplied(end);
            sink.stop();
            end.join();
        }
        List<String> expected = everything();
        assertThat(expected).hasSize(6);
        for (int crashAt = 1; crashAt <= points.get(); crashAt++) {
            lane.sql("TRUNCATE parents, children, sluice.waiting, sluice.dead_letters");
            lane.sql("UPDATE sluice.progress SET sequence = 0, ordered_offset = -1");
            crashOnce(crashAt);
            lane.applyAll();
            assertThat(everything()).as("crash at point " + crashAt).isEqualTo(expected);
        }
    }

    private void crashOnce(int crashAt) {
        AtomicInteger passed = new AtomicInteger();
        Sink sink = lane.sink(lane.settings(3), point -> {
            if (passed.incrementAndGet() == crashAt) {
                throw new Crash();
            }
        });
        assertThat(catchThrowable(sink::run)).isInstanceOf(Crash.class);
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

    @Test
    void aConnectionCutBetweenAnyTwoStatementsIsWaitedForAndNothingIsAppliedTwice() {
        writeSomethingOfEverything();
        AtomicInteger points = new AtomicInteger();
        Sink sink = lane.sink(lane.settings(2), point -> {
            if (points.incrementAndGet() % 7 == 0 && points.get() < 60) {
                lane.sql(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
            }
        });
        CompletableFuture<Void> end = TestLane.start(sink);
        lane.awaitApplied(end);
        sink.stop();
        end.join();
        assertThat(points.get()).isGreaterThan(30);
        assertThat(everything()).hasSize(6).endsWith("8|7");
    }

    @Test
    void aRestartOfTheServerIsWaitedFor() throws Exception {
        try (RestartablePostgres server = new RestartablePostgres();
                TestLane moved = TestLane.at(server.jdbcUrl(), TABLES).capture("parents", "children")) {
            AtomicBoolean down = new AtomicBoolean();
            Sink sink = moved.sink(moved.settings(100), point -> {
                if (point.startsWith("upsert") && down.compareAndSet(false, true)) {
                    server.stop();
                }
            });
            for (long i = 1; i <= 1_000; i++) {
                moved.transaction(moved.create("parents", i, "p"), moved.create("children", i, i));
            }
            CompletableFuture<Void> end = TestLane.start(sink);
            TestLane.await(
                    "the sink to say that it waits",
                    () -> sink.status().state() == SinkStatus.State.WAITING_FOR_TARGET);
            assertThat(sink.status().message()).contains("PostgreSQL at");
            server.start();
            moved.awaitApplied(end);
            sink.stop();
            end.join();
            assertThat(moved.one("SELECT (SELECT count(*) FROM parents), (SELECT count(*) FROM children)"))
                    .isEqualTo("1000|1000");
        }
    }

    @Test
    void aStreamedTransactionBeginsAgainAfterALostConnection() {
        int rows = 3_000;
        for (long i = 1; i <= rows; i++) {
            lane.append(Outcome.APPLY, i == rows, false, false, null, lane.create("parents", i, "p"));
        }
        AtomicInteger upserts = new AtomicInteger();
        Sink sink = lane.sink(lane.settings(500), point -> {
            if (point.startsWith("upsert") && upserts.incrementAndGet() == 4) {
                lane.sql(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
            }
        });
        CompletableFuture<Void> end = TestLane.start(sink);
        lane.awaitApplied(end);
        sink.stop();
        end.join();
        assertThat(lane.one("SELECT count(*) FROM parents")).isEqualTo("3000");
        assertThat(upserts.get()).isGreaterThanOrEqualTo(9);
        assertThat(sink.status().transactions()).isEqualTo(1);
    }

    @Test
    void stopEndsARunThatWaitsForTheTarget() throws Exception {
        try (RestartablePostgres server = new RestartablePostgres();
                TestLane moved = TestLane.at(server.jdbcUrl(), TABLES).capture("parents", "children")) {
            Sink sink = moved.sink(moved.settings(), FaultPoints.NONE);
            CompletableFuture<Void> end = TestLane.start(sink);
            TestLane.await("the sink to run", () -> sink.status().state() == SinkStatus.State.RUNNING);
            server.stop();
            moved.transaction(moved.create("parents", 1L, "p"));
            TestLane.await(
                    "the sink to say that it waits",
                    () -> sink.status().state() == SinkStatus.State.WAITING_FOR_TARGET);
            sink.stop();
            end.get(30, TimeUnit.SECONDS);
            assertThat(sink.status().state()).isEqualTo(SinkStatus.State.STOPPED);
        }
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
        lane.sql("ALTER ROLE postgres SET session_replication_role = replica");
        try (TestLane replica = TestLane.at(lane.jdbcUrl).capture("parents", "children")) {
            replica.transaction(replica.create("children", 1L, 99L));
            assertThatThrownBy(replica::applyAll)
                    .rootCause()
                    .isInstanceOf(SluiceException.class)
                    .hasMessageContaining("session_replication_role is replica");
            assertThat(replica.rows("SELECT id FROM children")).isEmpty();
        } finally {
            lane.sql("ALTER ROLE postgres RESET session_replication_role");
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
}
