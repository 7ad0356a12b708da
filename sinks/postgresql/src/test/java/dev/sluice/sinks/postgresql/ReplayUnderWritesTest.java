package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.apply.FaultPoints;
import dev.sluice.sinks.postgresql.control.Replay;
import dev.sluice.sinks.postgresql.control.Replays;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The whole log is replayed, several times, while the application goes on writing and somebody reads the target. */
class ReplayUnderWritesTest {
    private static final int KEYS = 40;
    private static final int WRITES_BEFORE = 600;
    private static final int WRITES_MEANWHILE = 600;
    private static final int REPLAYS = 4;

    private final TestLane lane = TestLane.with(
                    "CREATE TABLE parents (id bigint PRIMARY KEY, name text)",
                    "CREATE TABLE children (id bigint PRIMARY KEY, parent_id bigint NOT NULL REFERENCES parents, note text)")
            .capture("parents", "children");
    private final Map<Long, String> parents = new TreeMap<>();
    private final Map<Long, String> children = new TreeMap<>();
    private final Map<String, Long> deleted = new HashMap<>();

    @AfterEach
    void close() {
        lane.close();
    }

    static long[] seeds() {
        return new long[] {new Random().nextLong()};
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void noRowIsMovedBackAndNoDeletedOneComesBack(long seed) throws Exception {
        Random random = new Random(seed);
        for (int i = 0; i < WRITES_BEFORE; i++) {
            write(random);
        }
        lane.applyAll();
        AtomicInteger written = new AtomicInteger();
        AtomicBoolean replayed = new AtomicBoolean();
        AtomicBoolean end = new AtomicBoolean();
        Map<String, Long> before = Map.copyOf(deleted);
        assertThat(before).isNotEmpty();
        CompletableFuture<List<String>> reader = CompletableFuture.supplyAsync(() -> watch(before, end));
        CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> {
            while (!replayed.get() || written.get() < WRITES_MEANWHILE) {
                write(random);
                written.incrementAndGet();
                // A batch each, so that the replay is always among others.
                lane.flush();
            }
        });
        try (Sink sink = lane.sink(lane.settings(50), FaultPoints.NONE)) {
            CompletableFuture<Void> running = TestLane.start(sink);
            for (int i = 0; i < REPLAYS; i++) {
                if (i % 2 == 1) {
                    loseSomething();
                }
                Replay replay = replay(running);
                assertThat(replay.isDone())
                        .as(() -> replay.state() + " " + replay.message())
                        .isTrue();
                assertThat(replay.refused()).isZero();
            }
            replayed.set(true);
            writer.get();
            lane.awaitApplied(running);
            sink.stop();
            running.join();
        }
        end.set(true);
        assertThat(reader.get()).as("what a reader saw, seed " + seed).isEmpty();
        assertThat(lane.rows("SELECT id, name FROM parents ORDER BY 1")).containsExactlyElementsOf(texts(parents));
        assertThat(lane.rows("SELECT id, note FROM children ORDER BY 1")).containsExactlyElementsOf(texts(children));
        assertThat(lane.one("SELECT count(*) FROM sluice.dead_letters")).isEqualTo("0");
    }

    private Replay replay(CompletableFuture<Void> running) {
        Replays replays = new Replays(lane.database, lane.pipeline);
        TreeSet<TableId> tables =
                new TreeSet<>(List.of(TableId.parse("public.parents"), TableId.parse("public.children")));
        List<Long> id = replays.ask(List.of(new Replays.Request("main", 1, tables, false)));
        TestLane.await(
                "the replay to end",
                () -> running.isDone() || !replays.read(id).get(0).isUnderWay());
        return replays.read(id).get(0);
    }

    /** Rows that are written again later would come back by themselves. */
    private void loseSomething() {
        lane.sql("DELETE FROM children WHERE id % 3 = 0");
    }

    private void write(Random random) {
        long parent = random.nextInt(KEYS);
        long child = random.nextInt(3 * KEYS);
        String text = Long.toString(random.nextLong(), 36);
        boolean referred = children.values().stream().anyMatch(note -> note.endsWith("@" + parent));
        if (random.nextInt(4) > 0 || (referred && parents.containsKey(parent))) {
            if (!parents.containsKey(parent)) {
                parents.put(parent, text);
                deleted.remove("parent " + parent);
                lane.transaction(lane.create("parents", parent, text));
            }
            if (random.nextInt(3) == 0 && children.containsKey(child)) {
                children.remove(child);
                lane.transaction(lane.delete("children", child));
                deleted.put("child " + child, lane.sequence());
            } else {
                String note = text + "@" + parent;
                children.put(child, note);
                deleted.remove("child " + child);
                lane.transaction(lane.update("children", child, parent, note));
            }
        } else if (parents.remove(parent) != null) {
            lane.transaction(lane.delete("parents", parent));
            deleted.put("parent " + parent, lane.sequence());
        } else {
            parents.put(parent, text);
            deleted.remove("parent " + parent);
            lane.transaction(lane.create("parents", parent, text));
        }
    }

    private static List<String> texts(Map<Long, String> rows) {
        return rows.entrySet().stream()
                .map(row -> row.getKey() + "|" + row.getValue())
                .toList();
    }

    private static boolean mayBeLost(String row) {
        return row.startsWith("child ") && Long.parseLong(row.substring(6)) % 3 == 0;
    }

    /**
     * @param deleted rows that are gone, with the sequence of their deletes
     * @return what no reader may see: versions of a row that are older than one seen before, or rows that come back as they were
     */
    private List<String> watch(Map<String, Long> deleted, AtomicBoolean end) {
        List<String> wrong = new ArrayList<>();
        Map<String, Long> newest = new HashMap<>(deleted);
        Set<String> gone = new HashSet<>(deleted.keySet());
        String sql =
                "SELECT 'parent ' || id, _sluice_seq FROM parents UNION ALL SELECT 'child ' || id, _sluice_seq FROM children";
        try (Connection connection = DriverManager.getConnection(lane.jdbcUrl);
                Statement statement = connection.createStatement()) {
            while (!end.get()) {
                Map<String, Long> seen = new HashMap<>();
                try (ResultSet rows = statement.executeQuery(sql)) {
                    while (rows.next()) {
                        seen.put(rows.getString(1), rows.getLong(2));
                    }
                }
                seen.forEach((row, version) -> {
                    if (version < newest.getOrDefault(row, 0L)) {
                        wrong.add(row + " went back from " + newest.get(row) + " to " + version);
                    }
                });
                gone.stream()
                        .filter(row -> seen.getOrDefault(row, Long.MAX_VALUE) <= newest.get(row) && !mayBeLost(row))
                        .forEach(row -> wrong.add(row + " came back with version " + seen.get(row)));
                newest.putAll(seen);
                gone.addAll(newest.keySet());
                gone.removeAll(seen.keySet());
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return wrong;
    }
}
