package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Outcome;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SinkApplyTest {
    private static final String PARENTS = "CREATE TABLE parents (id bigint PRIMARY KEY, name text)";
    private static final String CHILDREN =
            "CREATE TABLE children (id bigint PRIMARY KEY, parent_id bigint NOT NULL REFERENCES parents, v text)";

    private final TestLane lane = TestLane.with(PARENTS, CHILDREN);

    @AfterEach
    void close() {
        lane.close();
    }

    @Test
    void theLastVersionOfARowStandsInTheTargetUnderItsSequence() {
        lane.capture("parents")
                .transaction(lane.create("parents", 1L, "a"))
                .transaction(lane.update("parents", 1L, "b"), lane.create("parents", 2L, "c"))
                .transaction(lane.delete("parents", 2L));
        lane.applyAll();
        assertThat(lane.rows("SELECT id, name, _sluice_seq FROM parents")).containsExactly("1|b|2");
        assertThat(
                        lane.one(
                                "SELECT sequence, applied_at IS NOT NULL, extract(epoch FROM source_time) FROM sluice.progress"))
                .isEqualTo("4|t|1700000000.004000");
    }

    @Test
    void parentsAndChildrenOfOneBatchArriveWhateverTheirMix() {
        lane.capture("parents", "children").transaction(lane.create("parents", 1000L, "haven"));
        for (long i = 1; i <= 50; i++) {
            lane.transaction(
                    lane.create("parents", i, "p" + i),
                    lane.create("children", i, i, "c"),
                    lane.create("children", 100 + i, i, "d"));
            if (i > 1) {
                lane.transaction(
                        lane.update("children", i - 1, 1000L, "moved"),
                        lane.delete("children", 100 + i - 1),
                        lane.delete("parents", i - 1));
            }
        }
        lane.applyAll();
        assertThat(lane.rows("SELECT id FROM parents ORDER BY id")).containsExactly("50", "1000");
        assertThat(lane.one("SELECT count(*), min(parent_id), count(*) FILTER (WHERE v = 'moved') FROM children"))
                .isEqualTo("51|50|49");
    }

    @Test
    void waitingRowsFollowTheOutcomes() {
        lane.capture("parents", "children");
        lane.append(
                Outcome.WAIT,
                true,
                false,
                false,
                "children_parent_id_fkey [7]",
                lane.create("children", 1L, 7L, "early"));
        lane.append(
                Outcome.WAIT,
                true,
                false,
                false,
                "children_parent_id_fkey [9]",
                lane.create("children", 2L, 9L, "orphan"));
        lane.append(
                Outcome.WAIT,
                true,
                false,
                false,
                "children_parent_id_fkey [9]",
                lane.create("children", 3L, 9L, "gone"));
        lane.applyAll();
        assertThat(lane.rows("SELECT key, kind, sequence, origin, reason FROM sluice.waiting ORDER BY key"))
                .containsExactly(
                        "[1]|wait|1|1|children_parent_id_fkey [7]",
                        "[2]|wait|2|2|children_parent_id_fkey [9]",
                        "[3]|wait|3|3|children_parent_id_fkey [9]");
        assertThat(lane.rows("SELECT 1 FROM children")).isEmpty();

        lane.append(Outcome.FORGET, true, false, false, null, lane.delete("children", 3L));
        lane.append(Outcome.APPLY, true, true, false, null, lane.create("parents", 7L, "late"));
        lane.release(1, Outcome.APPLY, true, lane.create("children", 1L, 7L, "early"));
        lane.append(Outcome.HOLD, true, false, false, "children_parent_id_fkey", lane.delete("parents", 7L));
        lane.append(
                Outcome.STALE,
                true,
                false,
                false,
                "children_parent_id_fkey [8]",
                lane.update("children", 1L, 8L, "newer"));
        lane.applyAll();
        assertThat(lane.rows("SELECT table_name, key, kind, sequence, origin FROM sluice.waiting ORDER BY 1, 2"))
                .containsExactly(
                        "public.children|[1]|stale|7|7", "public.children|[2]|wait|2|2", "public.parents|[7]|hold|6|6");
        assertThat(lane.rows("SELECT id, parent_id, v, _sluice_seq FROM children"))
                .containsExactly("1|7|early|5");
    }

    @Test
    void aDeleteThatWasHeldIsAppliedWhenItIsReleased() {
        lane.capture("parents", "children");
        lane.transaction(lane.create("parents", 1L, "a"), lane.create("children", 1L, 1L, "x"));
        lane.append(Outcome.HOLD, false, false, false, "children_parent_id_fkey", lane.delete("parents", 1L));
        lane.append(Outcome.APPLY, true, true, false, null, lane.delete("children", 1L));
        lane.release(3, Outcome.APPLY, true, lane.delete("parents", 1L));
        lane.applyAll();
        assertThat(
                        lane.rows(
                                "SELECT 1 FROM parents UNION ALL SELECT 1 FROM children UNION ALL SELECT 1 FROM sluice.waiting"))
                .isEmpty();
    }

    @Test
    void partialRowsKeepWhatTheyDoNotDeliver() {
        lane.capture("parents", "children");
        lane.transaction(
                lane.create("parents", 1L, "a"),
                lane.create("children", 1L, 1L, "big"),
                lane.create("children", 2L, 1L, "big"));
        lane.applyAll();
        lane.transaction(lane.create("parents", 2L, "b"));
        lane.transaction(
                lane.partial("children", Set.of("v"), 1L, 2L, null),
                lane.partial("children", Set.of("parent_id"), 2L, null, "small"),
                lane.partial("children", Set.of("v"), 99L, 2L, null));
        lane.transaction(lane.create("children", 3L, 1L, "kept"), lane.partial("children", Set.of("v"), 3L, 2L, null));
        lane.applyAll();
        assertThat(lane.rows("SELECT id, parent_id, v FROM children ORDER BY id"))
                .containsExactly("1|2|big", "2|1|small", "3|2|kept");
    }

    @Test
    void uniqueValuesChangeHandsInExactOrder() {
        lane.sql("CREATE TABLE seats (id bigint PRIMARY KEY, place text UNIQUE)");
        lane.capture("parents", "seats");
        lane.transaction(lane.create("seats", 1L, "a"), lane.create("seats", 2L, "b"));
        lane.applyAll();
        lane.transaction(
                lane.create("parents", 1L, "x"),
                lane.update("seats", 1L, "tmp"),
                lane.update("seats", 2L, "a"),
                lane.update("seats", 1L, "b"),
                lane.delete("seats", 2L),
                lane.create("seats", 3L, "a"));
        lane.applyAll();
        assertThat(lane.rows("SELECT id, place FROM seats ORDER BY id")).containsExactly("1|b", "3|a");
        assertThat(lane.rows("SELECT 1 FROM sluice.dead_letters")).isEmpty();
    }

    @Test
    void selfReferencesAndDeferrableCyclesArriveTogether() {
        lane.sql("CREATE TABLE nodes (id bigint PRIMARY KEY, parent bigint REFERENCES nodes)");
        lane.sql("CREATE TABLE heads (id bigint PRIMARY KEY, hand bigint NOT NULL)");
        lane.sql("CREATE TABLE hands (id bigint PRIMARY KEY, head bigint NOT NULL REFERENCES heads DEFERRABLE)");
        lane.sql("ALTER TABLE heads ADD FOREIGN KEY (hand) REFERENCES hands DEFERRABLE");
        lane.capture("nodes", "heads", "hands");
        lane.transaction(lane.create("nodes", 2L, 1L), lane.create("nodes", 1L, null), lane.create("nodes", 3L, 3L));
        lane.append(Outcome.WAIT, true, false, false, "hands_head_fkey [1]", lane.create("hands", 2L, 1L));
        lane.append(Outcome.APPLY, true, true, false, null, lane.create("heads", 1L, 2L));
        lane.release(4, Outcome.APPLY, true, lane.create("hands", 2L, 1L));
        lane.applyAll();
        assertThat(lane.rows("SELECT id, parent FROM nodes ORDER BY id")).containsExactly("1|null", "2|1", "3|3");
        assertThat(lane.one("SELECT heads.id, hands.id FROM heads JOIN hands ON head = heads.id"))
                .isEqualTo("1|2");
        lane.transaction(lane.delete("nodes", 1L), lane.delete("nodes", 2L), lane.delete("nodes", 3L));
        lane.applyAll();
        assertThat(lane.rows("SELECT 1 FROM nodes")).isEmpty();
    }

    @Test
    void cyclesWithANullableReferenceAreOpenedAndClosedAgain() {
        lane.sql("CREATE TABLE heads (id bigint PRIMARY KEY, hand bigint, v text)");
        lane.sql("CREATE TABLE hands (id bigint PRIMARY KEY, head bigint NOT NULL REFERENCES heads)");
        lane.sql("ALTER TABLE heads ADD FOREIGN KEY (hand) REFERENCES hands");
        lane.capture("heads", "hands");
        lane.append(Outcome.WAIT, true, false, false, "hands_head_fkey [1]", lane.create("hands", 2L, 1L));
        lane.append(Outcome.APPLY, true, true, false, null, lane.create("heads", 1L, 2L, "v"));
        lane.release(1, Outcome.APPLY, true, lane.create("hands", 2L, 1L));
        lane.applyAll();
        assertThat(lane.rows("SELECT heads.id, hand, v, hands.id, head FROM heads, hands"))
                .containsExactly("1|2|v|2|1");
        lane.transaction(lane.delete("hands", 2L), lane.delete("heads", 1L));
        lane.applyAll();
        assertThat(
                        lane.rows(
                                "SELECT id FROM heads UNION ALL SELECT id FROM hands UNION ALL SELECT id FROM sluice.dead_letters"))
                .isEmpty();
    }

    @Test
    void aTruncateRemovesWhatIsOlderAndForgetsWhatWaits() {
        lane.capture("parents", "children");
        lane.transaction(lane.create("parents", 1L, "a"), lane.create("children", 1L, 1L, "x"));
        lane.append(
                Outcome.WAIT,
                true,
                false,
                false,
                "children_parent_id_fkey [9]",
                lane.create("children", 2L, 9L, "orphan"));
        lane.transaction(
                lane.create("children", 3L, 1L, "y"), lane.truncate("children"), lane.create("children", 4L, 1L, "z"));
        lane.applyAll();
        assertThat(lane.rows("SELECT id FROM children")).containsExactly("4");
        assertThat(lane.rows("SELECT 1 FROM sluice.waiting")).isEmpty();
    }

    @Test
    void snapshotsMoveATableFromPendingThroughLoadingToLive() {
        lane.capture("parents", "children");
        assertThat(lane.rows("SELECT DISTINCT phase FROM sluice.tables")).containsExactly("pending");
        lane.transaction(lane.control(Control.Kind.SNAPSHOT_BEGIN, "public.parents", Map.of()));
        lane.transaction(
                TestLane.inSnapshot(lane.read("parents", 1L, "a")), TestLane.inSnapshot(lane.read("parents", 2L, "b")));
        lane.transaction(TestLane.inSnapshot(lane.rejected("public.parents", "[3]", "nul-character")));
        lane.transaction(lane.update("parents", 1L, "tail"));
        lane.applyAll();
        assertThat(lane.rows(
                        "SELECT phase, snapshot_rows, rejected FROM sluice.tables WHERE table_name = 'public.parents'"))
                .containsExactly("loading|3|1");
        lane.transaction(lane.control(Control.Kind.SNAPSHOT_END, "public.parents", Map.of(Control.ROWS, "3")));
        lane.transaction(lane.control(Control.Kind.HEARTBEAT, null, Map.of()));
        lane.applyAll();
        assertThat(lane.rows("SELECT phase, snapshot_rows, rejected FROM sluice.tables ORDER BY table_name DESC"))
                .containsExactly("live|3|1", "pending|0|0");
        assertThat(lane.one("SELECT extract(epoch FROM source_time) FROM sluice.progress"))
                .isEqualTo("1700000000.007000");
    }

    @Test
    void replayingOlderSequencesNeverMovesARowBack() {
        lane.capture("parents");
        lane.transaction(lane.create("parents", 1L, "old"), lane.create("parents", 2L, "stays"));
        lane.transaction(lane.update("parents", 1L, "new"), lane.delete("parents", 3L));
        lane.applyAll();
        lane.sql("UPDATE parents SET name = 'newest', _sluice_seq = 10 WHERE id = 1");
        lane.sql("UPDATE sluice.progress SET sequence = 0, ordered_offset = -1");
        lane.applyAll();
        assertThat(lane.rows("SELECT id, name, _sluice_seq FROM parents ORDER BY id"))
                .containsExactly("1|newest|10", "2|stays|2");
        lane.sql("UPDATE sluice.progress SET sequence = 0, ordered_offset = -1");
        lane.sql("UPDATE parents SET _sluice_seq = 10");
        lane.transaction(lane.delete("parents", 2L), lane.partial("parents", Set.of(), 1L, "x"));
        lane.applyAll();
        assertThat(lane.rows("SELECT id, name FROM parents ORDER BY id")).containsExactly("1|newest", "2|stays");
    }

    @Test
    void aTransactionLargerThanABatchIsStreamedIntoOneTargetTransaction() {
        lane.capture("parents", "children");
        int rows = 10_000;
        for (long i = 1; i <= rows; i++) {
            lane.append(
                    Outcome.APPLY,
                    i == rows,
                    false,
                    false,
                    null,
                    i % 2 == 1 ? lane.create("parents", i, "p") : lane.create("children", i, i - 1, "c"));
        }
        SinkStatus status = lane.applyAll(lane.settings(500));
        assertThat(lane.one("SELECT (SELECT count(*) FROM parents), (SELECT count(*) FROM children)"))
                .isEqualTo("5000|5000");
        assertThat(lane.rows("SELECT DISTINCT xmin FROM parents UNION SELECT DISTINCT xmin FROM children")
                        .size())
                .as("pieces have subtransactions of one transaction")
                .isGreaterThan(1);
        assertThat(status.transactions()).isEqualTo(1);
        assertThat(status.rowsApplied()).isEqualTo(rows);
    }
}
