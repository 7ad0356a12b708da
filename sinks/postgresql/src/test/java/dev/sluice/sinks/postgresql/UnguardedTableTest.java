package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.apply.FaultPoints;
import dev.sluice.sinks.postgresql.control.Replays;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tables whose shape is not touched: the cursor alone keeps what is applied from being applied twice. */
class UnguardedTableTest {
    private final TestLane lane = TestLane.with(
                    "CREATE TABLE parents (id bigint PRIMARY KEY, name varchar(5))",
                    "CREATE TABLE children (id bigint PRIMARY KEY, parent bigint REFERENCES parents ON DELETE CASCADE ON UPDATE CASCADE, v text)",
                    "CREATE TABLE links (a bigint, b bigint, PRIMARY KEY (a, b))",
                    "CREATE TABLE wives (id bigint PRIMARY KEY, husband bigint)",
                    "CREATE TABLE husbands (id bigint PRIMARY KEY, wife bigint REFERENCES wives)",
                    "ALTER TABLE wives ADD FOREIGN KEY (husband) REFERENCES husbands")
            .captureUnguarded("parents", "children", "links", "wives", "husbands");

    private static final class Crash extends Error {
        private static final long serialVersionUID = 1L;
    }

    @AfterEach
    void close() {
        lane.close();
    }

    @Test
    void everyKindOfChangeArrivesAndTheTablesKeepTheirShape() {
        lane.transaction(
                lane.create("parents", 1L, "a"),
                lane.create("parents", 2L, "b"),
                lane.create("children", 1L, 1L, "x"),
                lane.create("children", 2L, 2L, "y"),
                lane.create("links", 1L, 1L),
                lane.create("links", 1L, 2L));
        lane.transaction(lane.update("parents", 1L, "c"), lane.update("links", 1L, 1L));
        lane.transaction(lane.partial("children", Set.of("v"), 1L, 2L, null));
        lane.transaction(lane.partial("parents", Set.of("name"), 2L, null));
        lane.transaction(lane.delete("children", 2L), lane.delete("links", 1L, 2L));
        lane.together(lane.create("wives", 1L, 1L), lane.create("husbands", 1L, 1L));
        lane.applyAll();
        assertThat(lane.rows("SELECT * FROM parents ORDER BY id")).containsExactly("1|c", "2|b");
        assertThat(lane.rows("SELECT * FROM children")).containsExactly("1|2|x");
        assertThat(lane.rows("SELECT * FROM links")).containsExactly("1|1");
        assertThat(lane.rows("SELECT w.*, h.* FROM wives w, husbands h")).containsExactly("1|1|1|1");
        lane.transaction(lane.truncate("links"), lane.create("links", 7L, 7L));
        lane.together(lane.delete("wives", 1L), lane.delete("husbands", 1L));
        lane.transaction(lane.delete("children", 1L), lane.delete("parents", 1L));
        lane.applyAll();
        assertThat(lane.rows("SELECT * FROM links")).containsExactly("7|7");
        assertThat(lane.rows("SELECT 1 FROM wives UNION ALL SELECT 2 FROM husbands UNION ALL SELECT 3 FROM children"))
                .isEmpty();
        assertThat(lane.rows("SELECT id FROM parents")).containsExactly("2");
        assertThat(lane.rows("SELECT * FROM sluice.dead_letters")).isEmpty();
    }

    @Test
    void whatPostgresRefusesBecomesADeadLetterAndItsOwnActionsStayAway() {
        lane.transaction(lane.create("parents", 1L, "a"), lane.create("children", 1L, 1L, "x"));
        lane.transaction(lane.create("parents", 2L, "far too long"), lane.create("children", 2L, 2L, "y"));
        lane.transaction(lane.delete("parents", 1L), lane.create("children", 3L, 1L, "z"));
        lane.applyAll();
        assertThat(lane.rows("SELECT * FROM children ORDER BY id")).containsExactly("1|1|x", "3|1|z");
        assertThat(lane.rows("SELECT table_name, key, reason FROM sluice.dead_letters ORDER BY id"))
                .contains("public.parents|[2]|too-long", "public.children|[2]|parent", "public.parents|[1]|referenced");
    }

    @Test
    void aCrashAnywhereLosesAndDoublesNothing() {
        List<String> points = Collections.synchronizedList(new ArrayList<>());
        write();
        // All of it, so that the batches are the same each time.
        lane.flush();
        apply(points::add);
        List<String> expected = everything();
        int crashes = points.size();
        assertThat(crashes).isGreaterThan(10);
        for (int crashAt = 0; crashAt < crashes; crashAt++) {
            lane.sql("TRUNCATE parents, children, sluice.waiting, sluice.dead_letters");
            lane.sql("UPDATE sluice.progress SET sequence = 0, ordered_offset = -1");
            int at = crashAt;
            AtomicInteger passed = new AtomicInteger();
            Sink sink = lane.sink(lane.settings(3), point -> {
                if (passed.getAndIncrement() == at) {
                    throw new Crash();
                }
            });
            assertThat(catchThrowable(sink::run)).isInstanceOf(Crash.class);
            lane.applyAll();
            assertThat(everything())
                    .as("crash at point " + at + ", before " + points.get(at))
                    .isEqualTo(expected);
        }
    }

    private void write() {
        lane.transaction(lane.create("parents", 1L, "a"), lane.create("children", 1L, 1L, "x"));
        lane.append(Outcome.WAIT, true, false, false, "children_parent_fkey [3]", lane.create("children", 2L, 3L, "w"));
        lane.transaction(lane.create("parents", 9L, "far too long"));
        lane.transaction(lane.update("parents", 1L, "b"), lane.delete("children", 1L), lane.create("parents", 3L, "c"));
    }

    private void apply(FaultPoints faults) {
        try (Sink sink = lane.sink(lane.settings(3), faults)) {
            CompletableFuture<Void> end = TestLane.start(sink);
            lane.awaitApplied(end);
            sink.stop();
            end.join();
        }
    }

    private List<String> everything() {
        List<String> rows = new ArrayList<>(lane.rows(
                "SELECT 'parents', p.* FROM parents p UNION ALL SELECT 'children', id, v FROM children ORDER BY 1, 2"));
        rows.addAll(lane.rows("SELECT table_name, key, kind FROM sluice.waiting"));
        rows.addAll(lane.rows("SELECT table_name, key, reason, state FROM sluice.dead_letters"));
        rows.addAll(lane.rows("SELECT sequence, ordered_offset FROM sluice.progress"));
        return rows;
    }

    @Test
    void aGuardedTableWhoseColumnSomebodyDroppedStopsTheLane() {
        lane.capture("parents");
        lane.transaction(lane.create("parents", 1L, "a"));
        lane.sql("ALTER TABLE parents DROP COLUMN _sluice_seq");
        assertThatThrownBy(lane::applyAll)
                .hasMessageContaining("column _sluice_seq")
                .hasMessageContaining("sluice prepare");
    }

    @Test
    void aTableThatIsEmptiedAndFilledFromTheLogHasItsRowsAgain() {
        lane.transaction(lane.create("links", 1L, 1L), lane.create("links", 2L, 2L));
        lane.transaction(lane.truncate("links"), lane.create("links", 7L, 7L), lane.create("links", 8L, 8L));
        lane.transaction(lane.delete("links", 8L, 8L));
        lane.applyAll();
        lane.sql("INSERT INTO links VALUES (9, 9)");
        Replays replays = new Replays(lane.database, lane.pipeline);
        List<Long> id = replays.ask(
                List.of(new Replays.Request("main", 1, new TreeSet<>(List.of(TableId.parse("links"))), true)));
        try (Sink sink = lane.sink(lane.settings(3), FaultPoints.NONE)) {
            CompletableFuture<Void> end = TestLane.start(sink);
            TestLane.await(
                    "the replay to end",
                    () -> end.isDone() || replays.read(id).get(0).isDone());
            sink.stop();
            end.join();
        }
        assertThat(lane.rows("SELECT * FROM links")).containsExactly("7|7");
    }
}
