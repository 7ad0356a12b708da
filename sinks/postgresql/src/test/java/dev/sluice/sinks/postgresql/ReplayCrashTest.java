package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.apply.FaultPoints;
import dev.sluice.sinks.postgresql.control.Replays;
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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The sink, or its connection, ends in the middle of a replay. */
class ReplayCrashTest {
    private final TestLane lane = TestLane.with(
                    "CREATE TABLE parents (id bigint PRIMARY KEY, name varchar(5) NOT NULL)",
                    "CREATE TABLE children (id bigint PRIMARY KEY, parent_id bigint NOT NULL REFERENCES parents)",
                    "CREATE TABLE nodes (id bigint PRIMARY KEY, above bigint REFERENCES nodes)")
            .capture("parents", "children", "nodes");

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
        lane.transaction(lane.create("parents", 4L, "d"), lane.create("children", 4L, 4L));
        lane.transaction(lane.update("parents", 1L, "b"), lane.delete("children", 1L));
        for (long i = 5; i >= 1; i--) {
            lane.transaction(lane.create("nodes", i, null));
        }
        for (long i = 1; i <= 4; i++) {
            lane.transaction(lane.update("nodes", i, i + 1));
        }
        lane.transaction(lane.update("nodes", 5L, null));
        lane.applyAll();
    }

    /** But for what only counts how often it was refused. */
    private List<String> everything() {
        List<String> rows = new ArrayList<>(lane.rows(
                "SELECT 'parents', p.* FROM parents p UNION ALL SELECT 'children', id, parent_id::text, _sluice_seq FROM children"
                        + " UNION ALL SELECT 'nodes', id, above::text, _sluice_seq FROM nodes ORDER BY 1, 2"));
        rows.addAll(lane.rows("SELECT table_name, key, kind, sequence FROM sluice.waiting ORDER BY 1, 2"));
        rows.addAll(
                lane.rows("SELECT table_name, key, sequence, reason, state FROM sluice.dead_letters ORDER BY 1, 2, 3"));
        rows.addAll(lane.rows("SELECT sequence, ordered_offset FROM sluice.progress"));
        return rows;
    }

    private void damageAndAsk() {
        lane.sql("DELETE FROM children; UPDATE parents SET name = 'mine'; DELETE FROM sluice.replays");
        Set<TableId> tables = Set.of(
                TableId.parse("public.parents"), TableId.parse("public.children"), TableId.parse("public.nodes"));
        new Replays(lane.database, lane.pipeline)
                .ask(List.of(new Replays.Request("main", 1, new TreeSet<>(tables), true)));
    }

    private String replay() {
        return lane.one("SELECT state, indexed, total, applied, refused FROM sluice.replays");
    }

    private void finish(FaultPoints faults) {
        try (Sink sink = lane.sink(lane.settings(3), faults)) {
            CompletableFuture<Void> end = TestLane.start(sink);
            TestLane.await("the replay to end", () -> end.isDone() || replay().startsWith("done"));
            sink.stop();
            end.join();
        }
    }

    /** What a replay passes that is not disturbed, in order. */
    private List<String> pointsOfACleanReplay() {
        writeSomethingOfEverything();
        List<String> expected = everything();
        damageAndAsk();
        List<String> points = Collections.synchronizedList(new ArrayList<>());
        finish(points::add);
        assertThat(everything()).isEqualTo(expected);
        assertThat(replay()).isEqualTo("done|19|11|11|2");
        assertThat(points)
                .contains("replay lock", "replay begin", "replay index", "replay indexed", "replay truncate")
                .contains("replay apply", "replay applied", "replay end", "replay commit", "dead letter");
        return List.copyOf(points);
    }

    @Test
    void aCrashBeforeEachKindOfStatementEndsInTheSameState() {
        List<String> points = pointsOfACleanReplay();
        Set<Integer> each = new TreeSet<>();
        points.forEach(point -> each.add(points.indexOf(point)));
        each.add(points.lastIndexOf("replay commit"));
        crashAtEach(each, points);
    }

    @Test
    @Tag("exhaustive")
    void aCrashBetweenAnyTwoStatementsEndsInTheSameState() {
        List<String> points = pointsOfACleanReplay();
        crashAtEach(IntStream.range(0, points.size()).boxed().toList(), points);
    }

    private void crashAtEach(Collection<Integer> indexes, List<String> points) {
        List<String> expected = everything();
        for (int crashAt : indexes) {
            damageAndAsk();
            AtomicInteger passed = new AtomicInteger();
            Sink sink = lane.sink(lane.settings(3), point -> {
                if (passed.getAndIncrement() == crashAt) {
                    throw new Crash();
                }
            });
            assertThat(catchThrowable(sink::run)).isInstanceOf(Crash.class);
            finish(FaultPoints.NONE);
            String place = "crash at point " + crashAt + ", before " + points.get(crashAt);
            assertThat(everything()).as(place).isEqualTo(expected);
            assertThat(replay()).as(place).startsWith("done|19|11|11|");
        }
    }

    @Test
    void aConnectionCutBeforeEachKindOfStatementIsWaitedFor() {
        List<String> points = pointsOfACleanReplay();
        List<String> expected = everything();
        damageAndAsk();
        Map<String, Integer> cuts = new ConcurrentHashMap<>();
        finish(point -> {
            // The second cut is for the repetition after the first.
            if (cuts.merge(point, 1, Integer::sum) <= 2) {
                cutConnections();
            }
        });
        assertThat(cuts).containsKeys(points.toArray(String[]::new));
        assertThat(everything()).isEqualTo(expected);
        assertThat(replay()).startsWith("done|19|11|11|");
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
}
