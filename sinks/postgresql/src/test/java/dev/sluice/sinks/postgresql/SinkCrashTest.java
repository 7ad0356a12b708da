package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.sluice.schemas.event.Outcome;
import dev.sluice.sinks.postgresql.apply.FaultPoints;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The sink, the connection or the server ends in the middle of the work. */
class SinkCrashTest {
    private static final String NOTHING_COUNTED =
            "UPDATE sluice.tables SET snapshot_rows = 0, snapshot_came = 0, snapshot_gone = 0, live_upserts = 0, live_deletes = 0";
    private static final String[] TABLES = {
        "CREATE TABLE parents (id bigint PRIMARY KEY, name varchar(5) NOT NULL)",
        "CREATE TABLE children (id bigint PRIMARY KEY, parent_id bigint NOT NULL REFERENCES parents)",
        "CREATE TABLE seats (id bigint PRIMARY KEY, place text NOT NULL UNIQUE)"
    };

    private static @Nullable RestartablePostgres shared;

    private final TestLane lane = TestLane.with(TABLES).capture("parents", "children", "seats");

    /** The process ends here. */
    private static final class Crash extends Error {
        private static final long serialVersionUID = 1L;
    }

    @AfterEach
    void close() {
        lane.close();
    }

    @AfterAll
    static void stopServer() {
        if (shared != null) {
            shared.close();
        }
    }

    /** Running, with a database that is empty. */
    private static RestartablePostgres server() throws IOException {
        RestartablePostgres server = shared;
        if (server == null) {
            server = new RestartablePostgres();
            shared = server;
        }
        server.startAnew();
        return server;
    }

    private void writeSomethingOfEverything() {
        lane.transaction(
                lane.create("parents", 1L, "a"), lane.create("children", 1L, 1L), lane.create("parents", 2L, null));
        lane.append(Outcome.WAIT, true, false, false, "children_parent_id_fkey [3]", lane.create("children", 2L, 3L));
        lane.transaction(lane.create("children", 9L, 2L));
        lane.transaction(lane.rejected("public.parents", "[5]", "nul-character"));
        lane.transaction(lane.update("parents", 1L, "b"), lane.delete("children", 1L));
        lane.transaction(lane.create("seats", 1L, "a"), lane.create("seats", 2L, "b"));
        lane.transaction(lane.update("seats", 1L, "b"), lane.update("seats", 2L, "a"));
        lane.transaction(TestLane.inSnapshot(lane.read("children", 20L, 1L)));
        lane.transaction(TestLane.inSnapshot(lane.read("children", 21L, 99L)));
        lane.append(Outcome.WAIT, true, false, false, "r", TestLane.inSnapshot(lane.read("children", 22L, 2L)));
        lane.append(Outcome.WAIT, true, false, false, "r", TestLane.inSnapshot(lane.read("children", 23L, 2L)));
        lane.append(Outcome.WAIT, true, false, false, "r", TestLane.inSnapshot(lane.read("children", 24L, 2L)));
        lane.append(Outcome.APPLY, true, false, true, null, lane.update("children", 23L, 1L));
        lane.append(Outcome.FORGET, true, false, true, null, lane.delete("children", 24L));
    }

    private List<String> everything() {
        List<String> rows = new ArrayList<>(
                lane.rows(
                        "SELECT 'parents', p.* FROM parents p UNION ALL SELECT 'children', id, parent_id::text, _sluice_seq FROM children UNION ALL SELECT 'seats', s.* FROM seats s ORDER BY 1, 2"));
        rows.addAll(lane.rows("SELECT table_name, key, kind, sequence FROM sluice.waiting ORDER BY 1, 2"));
        rows.addAll(
                lane.rows("SELECT table_name, key, sequence, reason, state FROM sluice.dead_letters ORDER BY 1, 2, 3"));
        rows.addAll(lane.rows("SELECT table_name, key FROM sluice.waiting WHERE snapshot UNION ALL"
                + " SELECT table_name, key FROM sluice.dead_letters WHERE snapshot ORDER BY 1, 2"));
        rows.addAll(
                lane.rows("SELECT table_name, snapshot_rows, snapshot_came, snapshot_gone, live_upserts, live_deletes"
                        + " FROM sluice.tables ORDER BY 1"));
        rows.addAll(lane.rows("SELECT sequence, ordered_offset FROM sluice.progress"));
        return rows;
    }

    /** What a run passes that is not disturbed, in order. */
    private List<String> pointsOfACleanRun() {
        List<String> points = Collections.synchronizedList(new ArrayList<>());
        writeSomethingOfEverything();
        // All of it, so that the batches are the same each time.
        lane.flush();
        try (Sink sink = lane.sink(lane.settings(3), points::add)) {
            CompletableFuture<Void> end = TestLane.start(sink);
            lane.awaitApplied(end);
            sink.stop();
            end.join();
        }
        assertThat(everything()).hasSize(17).contains("public.children|5|5|1|2|1");
        return List.copyOf(points);
    }

    @Test
    void aCrashBeforeEachKindOfStatementLosesAndDoublesNothing() {
        List<String> points = pointsOfACleanRun();
        assertThat(points)
                .contains("lock cursor", "savepoint", "rollback to savepoint", "release savepoint", "dead letter")
                .contains("rejected records", "advance cursor", "commit", "next transaction", "move public.seats");
        Set<Integer> first = new TreeSet<>();
        points.forEach(point -> first.add(points.indexOf(point)));
        crashAtEach(first, points);
    }

    @Test
    @Tag("exhaustive")
    void aCrashBetweenAnyTwoStatementsLosesAndDoublesNothing() {
        List<String> points = pointsOfACleanRun();
        crashAtEach(IntStream.range(0, points.size()).boxed().toList(), points);
    }

    private void crashAtEach(Collection<Integer> indexes, List<String> points) {
        List<String> expected = everything();
        for (int crashAt : indexes) {
            lane.sql("TRUNCATE parents, children, seats, sluice.waiting, sluice.dead_letters");
            lane.sql("UPDATE sluice.progress SET sequence = 0, ordered_offset = -1");
            lane.sql(
                    "UPDATE sluice.tables SET snapshot_rows = 0, snapshot_came = 0, snapshot_gone = 0, live_upserts = 0, live_deletes = 0");
            crashOnce(crashAt, points.get(crashAt));
            lane.applyAll();
            assertThat(everything())
                    .as("crash at point " + crashAt + ", before " + points.get(crashAt))
                    .isEqualTo(expected);
        }
    }

    private void crashOnce(int crashAt, String expected) {
        AtomicInteger passed = new AtomicInteger();
        AtomicReference<String> crashed = new AtomicReference<>();
        Sink sink = lane.sink(lane.settings(3), point -> {
            if (passed.getAndIncrement() == crashAt) {
                crashed.set(point);
                throw new Crash();
            }
        });
        assertThat(catchThrowable(sink::run)).isInstanceOf(Crash.class);
        assertThat(crashed.get()).isEqualTo(expected);
    }

    @Test
    void aConnectionCutBeforeEachKindOfStatementIsWaitedForAndNothingIsAppliedTwice() {
        List<String> points = pointsOfACleanRun();
        List<String> expected = everything();
        lane.sql("TRUNCATE parents, children, seats, sluice.waiting, sluice.dead_letters");
        lane.sql("UPDATE sluice.progress SET sequence = 0, ordered_offset = -1");
        lane.sql(NOTHING_COUNTED);
        Map<String, Integer> cuts = new ConcurrentHashMap<>();
        Sink sink = lane.sink(lane.settings(3), point -> {
            // The second cut is for the repetition after the first.
            if (cuts.merge(point, 1, Integer::sum) <= 2) {
                cutConnections();
            }
        });
        CompletableFuture<Void> end = TestLane.start(sink);
        lane.awaitApplied(end);
        sink.stop();
        end.join();
        assertThat(cuts).containsKeys(points.toArray(String[]::new));
        assertThat(everything()).isEqualTo(expected);
    }

    @Test
    void whatATruncateTookAwayInAnAttemptThatFailedIsNotCountedInTheNext() {
        lane.transaction(TestLane.inSnapshot(lane.rejected("public.parents", "[5]", "nul-character")));
        lane.applyAll();
        lane.transaction(lane.truncate("parents"), lane.partial("parents", Set.of("name"), 6L, null));
        AtomicBoolean cut = new AtomicBoolean();
        Sink sink = lane.sink(lane.settings(3), point -> {
            if (point.equals("count transformed values") && cut.compareAndSet(false, true)) {
                cutConnections();
            }
        });
        CompletableFuture<Void> end = TestLane.start(sink);
        lane.awaitApplied(end);
        sink.stop();
        end.join();
        assertThat(cut).isTrue();
        assertThat(lane.one("SELECT snapshot_gone FROM sluice.tables WHERE table_name = 'public.parents'"))
                .isEqualTo("1");
    }

    /** From outside the pool, whose connections are among those that are cut. */
    private void cutConnections() {
        try (Connection connection = DriverManager.getConnection(lane.jdbcUrl);
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aRestartOfTheServerIsWaitedFor() throws Exception {
        RestartablePostgres server = server();
        try (TestLane moved = TestLane.at(server.jdbcUrl(), TABLES).capture("parents", "children")) {
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
                cutConnections();
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
        RestartablePostgres server = server();
        try (TestLane moved = TestLane.at(server.jdbcUrl(), TABLES).capture("parents", "children")) {
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
}
