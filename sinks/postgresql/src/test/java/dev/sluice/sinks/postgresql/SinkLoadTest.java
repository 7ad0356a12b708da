package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.event.Transformed;
import dev.sluice.sinks.postgresql.apply.BackfillSettings;
import dev.sluice.sinks.postgresql.apply.FaultPoints;
import dev.sluice.sinks.postgresql.control.Pause;
import dev.sluice.sinks.postgresql.control.RowOutcomes;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows of snapshots, which are loaded by COPY beside the lane's own transactions. */
class SinkLoadTest {
    private static final String[] TABLES = {
        "CREATE TABLE parents (id bigint PRIMARY KEY, v text, u integer UNIQUE) WITH (autovacuum_enabled = off)",
        "CREATE TABLE children (id bigint PRIMARY KEY, parent_id bigint NOT NULL REFERENCES parents, n integer CHECK (n >= 0)) WITH (autovacuum_enabled = off)",
        "CREATE INDEX parents_v ON parents (v)",
        "CREATE INDEX children_parent ON children (parent_id)",
        "CREATE INDEX children_n ON children (n, id)"
    };
    private static final long ROWS = 1_200;

    private final TestLane lane = TestLane.with(TABLES).capture("parents", "children");

    /** The process ends here. */
    private static final class Crash extends Error {
        private static final long serialVersionUID = 1L;
    }

    @AfterEach
    void close() {
        lane.close();
    }

    private SinkSettings settings(int connections, boolean deferIndexes) {
        return lane.settings(1_000).with(new BackfillSettings(connections, deferIndexes, 0, Duration.ZERO, 0));
    }

    private void begin(String table) {
        lane.transaction(lane.control(Control.Kind.SNAPSHOT_BEGIN, table, Map.of()));
    }

    private void end(String table, long rows) {
        lane.transaction(lane.control(Control.Kind.SNAPSHOT_END, table, Map.of("rows", String.valueOf(rows))));
    }

    private void read(String table, Object... row) {
        lane.transaction(TestLane.inSnapshot(lane.read(table, row)));
    }

    /** A row of which a rule has cut a value. */
    private TestLane.Draft cut(long id) {
        return (source, transaction) -> new Change(
                lane.table("parents"),
                Op.READ,
                null,
                new @Nullable Object[] {id, "p" + id, (int) id},
                Set.of(),
                source,
                transaction,
                0,
                List.of(new Transformed("truncate", "v")));
    }

    private void snapshotOfBoth() {
        begin("public.parents");
        for (long i = 1; i <= ROWS; i++) {
            lane.transaction(TestLane.inSnapshot(i % 200 == 0 ? cut(i) : lane.read("parents", i, "p" + i, (int) i)));
        }
        end("public.parents", ROWS);
        begin("public.children");
        for (long i = 1; i <= ROWS; i++) {
            read("children", i, 1 + i * 7 % ROWS, (int) i);
            if (i == ROWS / 2) {
                lane.transaction(lane.update("parents", 5L, "changed", 5), lane.delete("children", 3L));
            }
        }
        end("public.children", ROWS);
    }

    /** Applies everything, and tells what was passed on the way. */
    private List<String> apply(SinkSettings settings) {
        List<String> points = Collections.synchronizedList(new ArrayList<>());
        try (Sink sink = lane.sink(settings, points::add)) {
            CompletableFuture<Void> end = TestLane.start(sink);
            lane.awaitApplied(end);
            sink.stop();
            end.join();
        }
        return points;
    }

    private List<String> everything() {
        List<String> rows = new ArrayList<>(lane.rows("SELECT * FROM parents ORDER BY id"));
        rows.addAll(lane.rows("SELECT * FROM children ORDER BY id"));
        rows.addAll(lane.rows(
                "SELECT table_name, phase, snapshot_rows, rejected, analyzed_at IS NOT NULL, snapshot_came, snapshot_transformed, snapshot_gone,"
                        + " live_upserts, live_deletes, live_transformed FROM sluice.tables ORDER BY 1"));
        rows.addAll(lane.rows("SELECT table_name, column_name, rule, count, samples FROM sluice.transformed"));
        rows.addAll(
                lane.rows("SELECT table_name, key, sequence, reason, state FROM sluice.dead_letters ORDER BY 1, 2, 3"));
        rows.addAll(lane.rows("SELECT * FROM sluice.indexes"));
        rows.addAll(indexes());
        return rows;
    }

    private List<String> indexes() {
        return lane.rows("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1");
    }

    @Test
    void rowsAreAppendedByCopyUnderTheirSequencesAndTheTablesAreAnalyzed() {
        snapshotOfBoth();
        List<String> points = apply(settings(2, false));
        assertThat(points).contains("copy public.parents", "copy public.children", "analyze public.parents");
        assertThat(lane.one("SELECT count(*), count(DISTINCT _sluice_seq), min(_sluice_seq) FROM parents"))
                .isEqualTo("1200|1200|2");
        assertThat(lane.one("SELECT v FROM parents WHERE id = 5")).isEqualTo("changed");
        assertThat(lane.one("SELECT count(*) FROM children")).isEqualTo("1199");
        assertThat(lane.rows("SELECT table_name, phase, snapshot_rows, rejected FROM sluice.tables ORDER BY 1"))
                .containsExactly("public.children|live|1200|0", "public.parents|live|1200|0");
        assertThat(lane.one("SELECT reltuples FROM pg_class WHERE oid = 'parents'::regclass"))
                .isEqualTo("1200");
        assertThat(lane.rows("SELECT 1 FROM sluice.dead_letters")).isEmpty();
    }

    @Test
    void indexesThatNothingNeedsAreAwayWhileATableIsLoadedAndBackBehindIt() {
        List<String> before = indexes();
        snapshotOfBoth();
        List<String> during = Collections.synchronizedList(new ArrayList<>());
        try (Sink sink = lane.sink(settings(2, true), point -> {
            if (point.startsWith("copy public.children") && during.isEmpty()) {
                during.addAll(indexes());
                during.addAll(lane.rows("SELECT index_name FROM sluice.indexes"));
            }
        })) {
            CompletableFuture<Void> end = TestLane.start(sink);
            lane.awaitApplied(end);
            sink.stop();
            end.join();
        }
        assertThat(during)
                .as("the one that leads with the foreign key stays, as unique ones do; those of the parents are back")
                .anyMatch(index -> index.contains("children_parent"))
                .anyMatch(index -> index.contains("parents_u_key"))
                .anyMatch(index -> index.contains("parents_v"))
                .noneMatch(index -> index.contains("INDEX children_n "))
                .contains("children_n");
        assertThat(indexes()).isEqualTo(before);
        assertThat(lane.rows("SELECT * FROM sluice.indexes")).isEmpty();
    }

    @Test
    void indexesThatAreAwayComeBackWhenThePipelineIsRemovedOrTheTableLetGo() {
        List<String> before = indexes();
        begin("public.parents");
        read("parents", 1L, "p", 1);
        apply(settings(1, true));
        assertThat(indexes()).noneMatch(index -> index.contains("parents_v"));
        assertThat(lane.preparation().remove(false, true)).anyMatch(sql -> sql.contains("CREATE INDEX parents_v"));
        lane.capture("children");
        assertThat(indexes()).isEqualTo(before);
        lane.sql("TRUNCATE parents, children");
        lane.capture("parents", "children");
        begin("public.parents");
        read("parents", 2L, "p", 2);
        apply(settings(1, true));
        assertThat(indexes()).noneMatch(index -> index.contains("parents_v"));
        lane.preparation().remove(false, false);
        assertThat(indexes()).isEqualTo(before);
    }

    @Test
    void anIndexThatCannotBeMadeAgainStaysRecordedAndTheLaneGoesOn() {
        lane.sql("CREATE INDEX parents_ratio ON parents ((100 / u))");
        begin("public.parents");
        read("parents", 1L, "p", 0);
        apply(settings(2, true));
        end("public.parents", 1);
        apply(settings(2, true));
        apply(settings(2, true));
        assertThat(lane.rows("SELECT index_name FROM sluice.indexes")).containsExactly("parents_ratio");
        assertThat(lane.one("SELECT count(*) FROM parents")).isEqualTo("1");
        lane.sql("DELETE FROM parents");
        lane.sql("CREATE INDEX parents_ratio ON parents (u, v)");
        begin("public.parents");
        read("parents", 2L, "p", 1);
        end("public.parents", 1);
        apply(settings(2, true));
        assertThat(indexes()).anyMatch(index -> index.contains("parents_ratio ON public.parents USING btree (u, v)"));
        assertThat(lane.rows("SELECT index_name FROM sluice.indexes")).isEmpty();
    }

    @Test
    void aStopDoesNotWaitForAnIndexThatIsMade() throws Exception {
        begin("public.parents");
        read("parents", 1L, "p", 1);
        apply(settings(2, true));
        end("public.parents", 1);
        lane.flush();
        try (Connection other = DriverManager.getConnection(lane.jdbcUrl);
                Statement statement = other.createStatement();
                Sink sink = lane.sink(settings(2, true), FaultPoints.NONE)) {
            other.setAutoCommit(false);
            statement.execute("LOCK TABLE parents IN ROW EXCLUSIVE MODE");
            CompletableFuture<Void> end = TestLane.start(sink);
            TestLane.await(
                    "the index to wait for the lock",
                    () -> !lane.rows(
                                    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'CREATE INDEX%'")
                            .isEmpty());
            sink.stop();
            end.join();
            assertThat(sink.status().state()).isEqualTo(SinkStatus.State.STOPPED);
            other.rollback();
        }
        apply(settings(2, true));
        assertThat(indexes()).anyMatch(index -> index.contains("parents_v"));
    }

    @Test
    void aTableThatSomebodyVacuumsIsNotWaitedForToBeAnalyzed() throws Exception {
        snapshotOfBoth();
        try (Connection other = DriverManager.getConnection(lane.jdbcUrl);
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("LOCK TABLE parents IN SHARE UPDATE EXCLUSIVE MODE");
            apply(settings(2, false));
            other.rollback();
        }
        assertThat(lane.rows("SELECT table_name, analyzed_at IS NOT NULL FROM sluice.tables ORDER BY 1"))
                .containsExactly("public.children|t", "public.parents|f");
        assertThat(lane.one("SELECT reltuples FROM pg_class WHERE oid = 'children'::regclass"))
                .isEqualTo("1199");
        apply(settings(2, false));
        assertThat(lane.one("SELECT reltuples FROM pg_class WHERE oid = 'parents'::regclass"))
                .as("the next start tries again")
                .isEqualTo("1200");
    }

    @Test
    void nothingIsDoneBehindALoadWhileTheLaneIsPausedAndAllOfItAfterwards() {
        begin("public.parents");
        read("parents", 1L, "p", 1);
        apply(settings(2, true));
        Pause pause = new Pause(lane.database, lane.pipeline);
        end("public.parents", 1);
        AtomicBoolean paused = new AtomicBoolean();
        try (Sink sink = lane.sink(settings(2, true), point -> {
            if (point.equals("lock cursor") && paused.compareAndSet(false, true)) {
                pause.pause("me", "why", Duration.ofMinutes(1));
            }
        })) {
            CompletableFuture<Void> end = TestLane.start(sink);
            TestLane.await("the sink to be paused", () -> sink.status().state() == SinkStatus.State.PAUSED);
            pause.resume();
            lane.awaitApplied(end);
            sink.stop();
            end.join();
        }
        assertThat(indexes()).anyMatch(index -> index.contains("parents_v"));
    }

    @Test
    void aCrashBeforeEachKindOfStatementOfALoadLosesAndDoublesNothing() {
        snapshotOfBoth();
        List<String> points = apply(settings(1, true));
        List<String> expected = everything();
        assertThat(expected)
                .contains("public.children|live|1200|0|t|1200|0|0|0|1|0", "public.parents|live|1200|0|t|1200|6|0|1|0|0")
                .contains("public.parents|v|truncate|6|{[200],[400],[600],[800],[1000]}");
        assertThat(points)
                .contains("share cursor", "copy public.parents", "commit part of public.parents", "rebuild index")
                .contains(
                        "commit index", "analyze public.children", "commit analyze", "defer indexes of public.parents")
                .contains("commit deferred indexes");
        for (String kind : new LinkedHashSet<>(points)) {
            startAnew();
            // By its name: how many statements come before it depends on what the consumer hands out at once.
            Sink sink = lane.sink(settings(1, true), point -> {
                if (point.equals(kind)) {
                    throw new Crash();
                }
            });
            assertThat(catchThrowable(sink::run)).isInstanceOf(Crash.class);
            apply(settings(2, true));
            assertThat(everything()).as("crash before " + kind).isEqualTo(expected);
        }
    }

    private void startAnew() {
        lane.sql("TRUNCATE parents, children");
        lane.sql("UPDATE sluice.progress SET sequence = 0, ordered_offset = -1");
        lane.sql(
                "UPDATE sluice.tables SET phase = 'pending', snapshot_rows = 0, analyzed_at = NULL, live_upserts = 0, live_deletes = 0");
        lane.sql("TRUNCATE sluice.transformed");
    }

    @Test
    void aRestartOfTheServerDuringACopyIsWaitedFor() throws IOException {
        try (RestartablePostgres server = new RestartablePostgres()) {
            server.startAnew();
            try (TestLane moved = TestLane.at(server.jdbcUrl(), TABLES).capture("parents", "children")) {
                moved.transaction(moved.control(Control.Kind.SNAPSHOT_BEGIN, "public.parents", Map.of()));
                for (long i = 1; i <= ROWS; i++) {
                    moved.transaction(TestLane.inSnapshot(moved.read("parents", i, "p", (int) i)));
                }
                AtomicBoolean down = new AtomicBoolean();
                Sink sink = moved.sink(moved.settings(1_000), point -> {
                    if (point.startsWith("commit part") && down.compareAndSet(false, true)) {
                        server.stop();
                    }
                });
                CompletableFuture<Void> end = TestLane.start(sink);
                TestLane.await(
                        "the sink to say that it waits",
                        () -> sink.status().state() == SinkStatus.State.WAITING_FOR_TARGET);
                server.start();
                moved.awaitApplied(end);
                sink.stop();
                end.join();
                assertThat(moved.one("SELECT count(*), count(DISTINCT _sluice_seq) FROM parents"))
                        .isEqualTo("1200|1200");
            }
        }
    }

    @Test
    void rowsThatChangesBroughtBeforeTheSnapshotReadThemAreNeitherLostNorDoubled() {
        begin("public.parents");
        for (long i = 1; i <= ROWS; i += 50) {
            lane.transaction(lane.create("parents", i, "early", (int) i));
        }
        apply(settings(2, false));
        for (long i = 1; i <= ROWS; i++) {
            read("parents", i, "read", (int) i);
        }
        end("public.parents", ROWS);
        List<String> points = apply(settings(2, false));
        assertThat(points).contains("look up public.parents", "copy public.parents");
        assertThat(lane.rows("SELECT v, count(*) FROM parents GROUP BY v")).containsExactly("read|1200");
        assertThat(lane.rows("SELECT 1 FROM sluice.dead_letters")).isEmpty();
    }

    @Test
    void anOlderRowIsNeverAppendedOverANewerOneThatCameFirst() {
        begin("public.parents");
        for (long i = 1; i <= ROWS; i++) {
            read("parents", i, "read", (int) i);
        }
        lane.transaction(lane.delete("parents", 7L), lane.update("parents", 8L, "newer", 8));
        apply(settings(2, false));
        assertThat(lane.rows("SELECT v, count(*) FROM parents GROUP BY v ORDER BY v"))
                .containsExactly("newer|1", "read|1198");
        lane.sql("UPDATE sluice.progress SET sequence = 0, ordered_offset = -1");
        apply(settings(2, false));
        assertThat(lane.rows("SELECT v, count(*) FROM parents GROUP BY v ORDER BY v"))
                .containsExactly("newer|1", "read|1198");
    }

    @Test
    void aRowThatIsRefusedBecomesADeadLetterAndTheOthersAreLoaded() {
        begin("public.parents");
        for (long i = 1; i <= ROWS; i++) {
            read("parents", i, "p", i == 700 ? 1 : (int) i);
        }
        end("public.parents", ROWS);
        begin("public.children");
        for (long i = 1; i <= ROWS; i++) {
            read("children", i, i, i % 400 == 3 ? -1 : 1);
        }
        end("public.children", ROWS);
        apply(settings(2, true));
        assertThat(lane.rows("SELECT table_name, key, reason FROM sluice.dead_letters ORDER BY 1, 2"))
                .containsExactly(
                        "public.children|[3]|check",
                        "public.children|[403]|check",
                        "public.children|[700]|parent",
                        "public.children|[803]|check",
                        "public.parents|[700]|unique");
        assertThat(lane.rows("SELECT table_name, phase, snapshot_rows, rejected FROM sluice.tables ORDER BY 1"))
                .containsExactly("public.children|live|1200|4", "public.parents|live|1200|1");
        assertThat(RowOutcomes.read(lane.database, lane.pipeline).tables())
                .extracting(table -> table.snapshot().loaded() + " of "
                        + table.snapshot().read() + ", " + table.snapshot().quarantined())
                .containsExactly("1196 of 1200, 4", "1199 of 1200, 1");
        assertThat(lane.one("SELECT (SELECT count(*) FROM parents), (SELECT count(*) FROM children)"))
                .isEqualTo("1199|1196");
        assertThat(indexes())
                .anyMatch(index -> index.contains("children_n"))
                .anyMatch(index -> index.contains("parents_v"));
    }

    @Test
    void aNewerSinkWaitsForPartsUnderWayAndTheOlderOneAppendsNothingSince() throws InterruptedException {
        begin("public.parents");
        for (long i = 1; i <= ROWS; i++) {
            read("parents", i, "p", (int) i);
        }
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        Sink old = lane.sink(settings(1, false), point -> {
            if (point.equals("commit part of public.parents")) {
                inside.countDown();
                TestLane.await(goOn);
            }
        });
        CompletableFuture<Void> oldEnd = TestLane.start(old);
        inside.await();
        Sink young = lane.sink(settings(1, false), FaultPoints.NONE);
        CompletableFuture<Void> youngEnd = TestLane.start(young);
        TestLane.await("the newer sink to wait", () -> young.status().state() == SinkStatus.State.WAITING_FOR_TARGET);
        assertThat(young.status().message()).contains("cannot be claimed");
        goOn.countDown();
        TestLane.await("the newer sink to claim", () -> young.status().sequence() >= 0);
        // The older one may have come to the end before; it has to have something left to be refused for.
        lane.transaction(lane.create("parents", ROWS + 1, "p", 0));
        lane.awaitApplied(youngEnd);
        assertThatThrownBy(oldEnd::join)
                .cause()
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED));
        young.stop();
        youngEnd.join();
        assertThat(lane.one("SELECT count(*), count(DISTINCT _sluice_seq) FROM parents"))
                .isEqualTo("1201|1201");
    }

    @Test
    void aPauseWaitsForPartsUnderWay() throws Exception {
        begin("public.parents");
        for (long i = 1; i <= ROWS; i++) {
            read("parents", i, "p", (int) i);
        }
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        Sink sink = lane.sink(settings(1, false), point -> {
            if (point.equals("commit part of public.parents")) {
                inside.countDown();
                TestLane.await(goOn);
            }
        });
        CompletableFuture<Void> end = TestLane.start(sink);
        inside.await();
        Pause pause = new Pause(lane.database, lane.pipeline);
        assertThatThrownBy(() -> pause.pause("me", "why", Duration.ofMillis(50)))
                .hasMessageContaining("still under way");
        goOn.countDown();
        lane.awaitApplied(end);
        pause.pause("me", "why", Duration.ofMinutes(1));
        sink.stop();
        end.join();
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void snapshotsWithChangesInBetweenEndAsTheSameEventsOneByOne(long seed) {
        Random random = new Random(seed);
        Map<Long, String> model = new java.util.TreeMap<>();
        begin("public.parents");
        // What the application holds before the snapshot reads it, and changes while it does.
        List<Long> source = new ArrayList<>();
        for (long i = 1; i <= 3_000; i++) {
            source.add(i);
        }
        for (int chunk = 0; chunk < 5; chunk++) {
            for (int change = random.nextInt(40); change > 0; change--) {
                long key = 1L + random.nextInt(3_000);
                if (random.nextInt(3) == 0) {
                    lane.transaction(lane.delete("parents", key));
                    source.remove(key);
                    model.remove(key);
                } else {
                    String value = "v" + lane.sequence();
                    lane.transaction(lane.update("parents", key, value, null));
                    model.put(key, value);
                    if (!source.contains(key)) {
                        source.add(key);
                    }
                }
            }
            long from = chunk * 600L;
            source.stream()
                    .sorted()
                    .filter(key -> key > from && key <= from + 600)
                    .forEach(key -> {
                        String value = model.computeIfAbsent(key, k -> "old");
                        read("parents", key, value, null);
                    });
        }
        end("public.parents", source.size());
        apply(lane.settings(100 + random.nextInt(2_000))
                .with(new BackfillSettings(1 + random.nextInt(3), random.nextBoolean(), 0, Duration.ZERO, 0)));
        assertThat(lane.rows("SELECT id, v FROM parents ORDER BY id"))
                .isEqualTo(model.entrySet().stream()
                        .map(row -> row.getKey() + "|" + row.getValue())
                        .toList());
    }

    @Test
    void aTransactionLargerThanABatchInASnapshotIsStreamedAllTheSame() {
        begin("public.parents");
        for (long i = 1; i <= ROWS; i++) {
            lane.append(
                    Outcome.APPLY, i == ROWS, false, false, null, TestLane.inSnapshot(lane.read("parents", i, "p", (int)
                            i)));
        }
        end("public.parents", ROWS);
        SinkSettings small = lane.settings(100).with(new BackfillSettings(2, true, 0, Duration.ZERO, 0));
        apply(small);
        assertThat(lane.one("SELECT count(*) FROM parents")).isEqualTo("1200");
        assertThat(lane.one(
                        "SELECT phase, analyzed_at IS NOT NULL FROM sluice.tables WHERE table_name = 'public.parents'"))
                .isEqualTo("live|t");
        assertThat(indexes()).anyMatch(index -> index.contains("parents_v"));
    }
}
