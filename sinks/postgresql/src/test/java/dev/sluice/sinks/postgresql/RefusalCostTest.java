package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.event.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How many statements it takes to tell rows that PostgreSQL refuses from those that it accepts. */
class RefusalCostTest {
    private static final int BATCH = 2_000;

    private final TestLane lane = TestLane.with(
                    "CREATE TABLE parents (id bigint PRIMARY KEY, name varchar(5), n int UNIQUE, CHECK (n % 10 <> 3))",
                    "CREATE TABLE children (id bigint PRIMARY KEY, parent bigint NOT NULL REFERENCES parents)")
            .capture("parents", "children");

    @AfterEach
    void close() {
        lane.close();
    }

    /** How many statements each batch took. */
    private List<Integer> statementsOfBatches() {
        List<Integer> batches = new ArrayList<>();
        AtomicInteger statements = new AtomicInteger();
        Sink sink = lane.sink(lane.settings(BATCH), point -> {
            statements.incrementAndGet();
            if (point.equals("commit")) {
                batches.add(statements.getAndSet(0));
            }
        });
        CompletableFuture<Void> end = TestLane.start(sink);
        lane.awaitApplied(end);
        sink.stop();
        end.join();
        return batches;
    }

    @Test
    void aDeadParentOfTwentyThousandChildrenCostsAFewStatementsPerBatch() {
        int children = 20_000;
        lane.transaction(lane.create("parents", 1L, "far too long", 1), lane.create("parents", 2L, "b", 2));
        for (long i = 1; i <= children; i++) {
            lane.append(
                    Outcome.APPLY, i % 50 == 0, false, false, null, lane.create("children", i, i % 100 == 0 ? 2L : 1L));
        }
        lane.flush();
        List<Integer> batches = statementsOfBatches();
        assertThat(batches).hasSizeBetween(children / BATCH, 3 * children / BATCH);
        // The first has the parent too and may have to look for it.
        assertThat(batches.subList(1, batches.size())).allMatch(statements -> statements <= 20);
        assertThat(batches.get(0)).isLessThan(150);
        assertThat(lane.one("SELECT count(*) FROM children")).isEqualTo("200");
        assertThat(lane.rows("SELECT table_name, reason, count(*) FROM sluice.dead_letters GROUP BY 1, 2 ORDER BY 1"))
                .containsExactly("public.children|parent|19800", "public.parents|too-long|1");
        assertThat(entriesRead("dead_letters_open")).isLessThan(20L * children);
    }

    @Test
    void rowsThatWaitAreFoundByTheirKeysHoweverManyTheyAre() {
        int children = 10_000;
        for (long i = 1; i <= children; i++) {
            lane.append(
                    Outcome.WAIT,
                    i % 50 == 0,
                    false,
                    false,
                    "children_parent_fkey [1]",
                    lane.create("children", i, 1L));
        }
        lane.transaction(lane.create("parents", 1L, "p", 1));
        for (long i = 1; i <= children; i++) {
            lane.release(i, Outcome.APPLY, true, lane.create("children", i, 1L));
        }
        lane.flush();
        statementsOfBatches();
        assertThat(lane.one("SELECT count(*) FROM children")).isEqualTo(String.valueOf(children));
        assertThat(lane.rows("SELECT 1 FROM sluice.waiting")).isEmpty();
        assertThat(entriesRead("waiting_pkey")).isLessThan(20L * children);
    }

    /** By sessions that have ended: that is when they tell. */
    private long entriesRead(String index) {
        String sessions = "FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sluice "
                + lane.pipeline + "' AND pid <> pg_backend_pid()";
        lane.rows("SELECT pg_terminate_backend(pid) " + sessions);
        TestLane.await(
                "sessions to end", () -> lane.rows("SELECT 1 " + sessions).isEmpty());
        return Long.parseLong(
                lane.one("SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = '" + index + "'"));
    }

    @Test
    void childrenThatComeInOneTransactionWithTheirDeadParentAreNotTriedOneByOne() {
        int children = BATCH - 10;
        lane.append(Outcome.APPLY, false, false, false, null, lane.create("parents", 1L, "far too long", 1));
        for (long i = 1; i <= children; i++) {
            lane.append(Outcome.APPLY, i == children, false, false, null, lane.create("children", i, 1L));
        }
        lane.flush();
        List<Integer> batches = statementsOfBatches();
        assertThat(batches).hasSize(1);
        assertThat(batches.get(0)).isLessThan(10 * 2 * log2(BATCH));
        assertThat(lane.rows("SELECT reason, count(*) FROM sluice.dead_letters GROUP BY 1 ORDER BY 1"))
                .containsExactly("parent|" + children, "too-long|1");
    }

    @Test
    void everyTenthRowRefusedByACheckCostsItsShareOfAHalvingEach() {
        int bad = everyTenth((i, taken) -> lane.create("parents", i, "p", Math.toIntExact(i)));
        assertThat(lane.rows("SELECT reason, count(*) FROM sluice.dead_letters GROUP BY 1"))
                .containsExactly("check|" + bad);
    }

    @Test
    void everyTenthRowRefusedByAUniqueKeyCostsTheSame() {
        lane.transaction(lane.create("parents", 0L, "p", 0));
        lane.applyAll();
        int bad = everyTenth((i, taken) -> lane.create("parents", i, "p", taken ? 0 : Math.toIntExact(i) * 10));
        assertThat(lane.rows("SELECT reason, count(*) FROM sluice.dead_letters GROUP BY 1"))
                .containsExactly("unique|" + bad);
    }

    private interface Row {
        TestLane.Draft of(long id, boolean refused);
    }

    private int everyTenth(Row row) {
        int rows = BATCH - 10;
        for (long i = 1; i <= rows; i++) {
            lane.append(Outcome.APPLY, i == rows, false, false, null, row.of(i, i % 10 == 3));
        }
        lane.flush();
        List<Integer> batches = statementsOfBatches();
        int bad = rows / 10;
        assertThat(batches).hasSize(1);
        // Savepoint, statement and what becomes of the savepoint are three; the exact order and exchanges are tries of
        // their own.
        assertThat(batches.get(0)).isLessThan(3 * bad * log2(rows));
        assertThat(lane.one("SELECT count(*) FROM parents WHERE id > 0")).isEqualTo(String.valueOf(rows - bad));
        return bad;
    }

    private static int log2(int number) {
        return 32 - Integer.numberOfLeadingZeros(number);
    }
}
