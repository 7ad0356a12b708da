package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.event.Outcome;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OutcomeTest {
    private static final String WAITING =
            "SELECT table_name, key, kind, sequence, reason FROM sluice.waiting ORDER BY 1, 2";
    private static final String DEAD = "SELECT key, sequence, reason, state FROM sluice.dead_letters ORDER BY 1, 2";

    private final TestLane lane = TestLane.with(
                    "CREATE TABLE parents (id bigint PRIMARY KEY, name text)",
                    "CREATE TABLE children (id bigint PRIMARY KEY, parent bigint REFERENCES parents, v text)")
            .capture("parents", "children");

    @AfterEach
    void close() {
        lane.close();
    }

    private void own(Outcome outcome, @Nullable String reason, TestLane.Draft draft) {
        lane.append(outcome, true, false, false, reason, draft);
    }

    private void settling(Outcome outcome, TestLane.Draft draft) {
        lane.append(outcome, true, false, true, null, draft);
    }

    /** Under the newest sequence, of an event of an earlier one or of that one. */
    private void released(
            long origin, Outcome outcome, boolean settles, @Nullable String reason, TestLane.Draft draft) {
        lane.send(
                new OrderedHeader(outcome, true, false, settles, lane.sequence(), origin, reason, true, false),
                draft.at(lane.source(origin, TestLane.PIPELINE_ID), TestLane.place(true)));
    }

    @Test
    void aRowWhoseReferenceWasSetToNullIsWrittenAndStaleUntilItsParentComes() {
        own(Outcome.SET_NULL, "no parent 7", lane.create("children", 1L, null, "new"));
        lane.applyAll();
        assertThat(lane.rows("SELECT id, parent, v FROM children")).containsExactly("1|null|new");
        assertThat(lane.rows(WAITING)).containsExactly("public.children|[1]|stale|1|no parent 7");
        own(Outcome.APPLY, null, lane.create("parents", 7L, "late"));
        released(1, Outcome.APPLY, true, null, lane.create("children", 1L, 7L, "new"));
        lane.applyAll();
        assertThat(lane.rows("SELECT id, parent, _sluice_seq FROM children")).containsExactly("1|7|2");
        assertThat(lane.rows(WAITING)).isEmpty();
    }

    @Test
    void childrenLoseTheirReferenceByAPartialUpdateBeforeTheirParentLeaves() {
        lane.transaction(lane.create("parents", 1L, "p"), lane.create("children", 1L, 1L, "kept"));
        own(Outcome.HOLD, "children", lane.delete("parents", 1L));
        released(2, Outcome.SET_NULL, false, "no parent 1", lane.partial("children", Set.of("v"), 1L, null, null));
        released(3, Outcome.APPLY, true, null, lane.delete("parents", 1L));
        lane.applyAll();
        assertThat(lane.rows("SELECT id FROM parents")).isEmpty();
        assertThat(lane.rows("SELECT id, parent, v, _sluice_seq FROM children")).containsExactly("1|null|kept|3");
        assertThat(lane.rows(WAITING)).containsExactly("public.children|[1]|stale|3|no parent 1");
    }

    @Test
    void aQuarantinedRowIsADeadLetterAndTheTargetKeepsWhatItHas() {
        lane.transaction(lane.create("parents", 1L, "p"), lane.create("children", 1L, 1L, "old"));
        own(Outcome.WAIT, "no parent 8", lane.create("children", 2L, 8L, "waits"));
        own(Outcome.QUARANTINE, "{\"foreign_key\":\"f\"}", lane.update("children", 1L, 9L, "new"));
        settling(Outcome.QUARANTINE, lane.update("children", 2L, 9L, "new"));
        SinkStatus status = lane.applyAll();
        assertThat(lane.rows("SELECT id, parent, v FROM children")).containsExactly("1|1|old");
        assertThat(lane.rows(WAITING)).isEmpty();
        assertThat(lane.rows(DEAD)).containsExactly("[1]|4|orphan|open", "[2]|5|orphan|open");
        assertThat(lane.one("SELECT message, convert_from(raw, 'UTF8') FROM sluice.dead_letters WHERE key = '[1]'"))
                .isEqualTo(
                        "a parent of the row is missing, and its foreign key says on-orphan: quarantine: {\"foreign_key\":\"f\"}"
                                + "|{\"id\":1,\"parent\":9,\"v\":\"new\"}");
        assertThat(status.deadLettered()).isEqualTo(2);
        lane.transaction(lane.update("children", 1L, 1L, "newer"));
        lane.applyAll();
        assertThat(lane.rows(DEAD)).containsExactly("[1]|4|orphan|superseded", "[2]|5|orphan|open");
    }

    @Test
    void aQuarantinedRowOfASnapshotIsCountedAsRejected() {
        own(Outcome.QUARANTINE, "r", TestLane.inSnapshot(lane.read("children", 1L, 9L, "v")));
        lane.applyAll();
        assertThat(lane.one("SELECT snapshot_rows, rejected FROM sluice.tables WHERE table_name = 'public.children'"))
                .isEqualTo("1|1");
    }

    @Test
    void rowsThatAreReadAgainAfterTheSnapshotAreNoneOfIt() {
        TestLane.Draft end = lane.control(Control.Kind.SNAPSHOT_END, "public.children", Map.of(Control.ROWS, "2"));
        lane.sql("ALTER TABLE children ADD CHECK (v <> 'bad')");
        lane.transaction(TestLane.inSnapshot(lane.read("children", 1L, null, "bad")));
        own(Outcome.WAIT, "no parent 7", TestLane.inSnapshot(lane.read("children", 2L, 7L, "bad")));
        lane.transaction(end);
        lane.transaction(TestLane.inSnapshot(lane.read("children", 3L, null, "bad")));
        lane.applyAll();
        lane.transaction(TestLane.inSnapshot(lane.read("children", 4L, null, "good")));
        lane.transaction(TestLane.inSnapshot(lane.delete("children", 5L)));
        lane.transaction(TestLane.inSnapshot(lane.read("children", 6L, null, "bad")));
        lane.transaction(
                TestLane.inSnapshot(lane.rejected("public.children", "[7]", "nul-character")),
                lane.create("parents", 7L, "late"));
        TestLane.Draft waited = lane.read("children", 2L, 7L, "bad");
        released(2, Outcome.APPLY, true, null, TestLane.inSnapshot(waited));
        lane.applyAll();
        assertThat(
                        lane.one(
                                "SELECT phase, snapshot_rows, rejected FROM sluice.tables WHERE table_name = 'public.children'"))
                .isEqualTo("live|2|2");
    }

    @Test
    void aTableWhoseSnapshotBeginsAnewCountsFromTheBeginning() {
        lane.transaction(lane.control(Control.Kind.SNAPSHOT_END, "public.children", Map.of(Control.ROWS, "5")));
        lane.applyAll();
        lane.transaction(lane.control(Control.Kind.SNAPSHOT_BEGIN, "public.children", Map.of()));
        lane.transaction(TestLane.inSnapshot(lane.read("children", 1L, null, "v")));
        lane.applyAll();
        assertThat(lane.one("SELECT phase, snapshot_rows FROM sluice.tables WHERE table_name = 'public.children'"))
                .isEqualTo("loading|1");
    }

    @Test
    void aNewVersionWhoseOlderOneCannotLeaveYetIsHeldUntilItCan() {
        lane.transaction(lane.create("parents", 1L, "p"), lane.create("children", 1L, 1L, "old"));
        own(Outcome.HOLD, "grandchildren", lane.update("children", 1L, 9L, "new"));
        lane.applyAll();
        assertThat(lane.rows("SELECT id, parent, v FROM children")).containsExactly("1|1|old");
        assertThat(lane.rows(WAITING)).containsExactly("public.children|[1]|hold|3|grandchildren");
        own(Outcome.APPLY, null, lane.update("parents", 1L, "q"));
        released(3, Outcome.EVICT, false, "no parent 9", lane.update("children", 1L, 9L, "new"));
        lane.applyAll();
        assertThat(lane.rows("SELECT id FROM children")).isEmpty();
        assertThat(lane.rows(WAITING)).containsExactly("public.children|[1]|wait|4|no parent 9");
        own(Outcome.APPLY, null, lane.create("parents", 9L, "late"));
        released(3, Outcome.APPLY, true, null, lane.update("children", 1L, 9L, "new"));
        lane.applyAll();
        assertThat(lane.rows("SELECT id, parent, v FROM children")).containsExactly("1|9|new");
        assertThat(lane.rows(WAITING)).isEmpty();
        assertThat(lane.rows(DEAD)).isEmpty();
    }

    @Test
    void anEvictedRowLeavesWhateverItsEventSaysAndWaits() {
        lane.transaction(
                lane.create("parents", 1L, "p"),
                lane.create("children", 1L, 1L, "a"),
                lane.create("children", 2L, 1L, "b"),
                lane.create("children", 3L, 1L, "c"));
        own(Outcome.EVICT, "no parent 9", lane.update("children", 1L, 9L, "newer"));
        own(Outcome.HOLD, "children", lane.delete("parents", 1L));
        released(3, Outcome.EVICT, false, "no parent 1", lane.delete("children", 2L));
        released(4, Outcome.EVICT, false, "no parent 1", lane.partial("children", Set.of("v"), 3L, 1L, null));
        released(6, Outcome.APPLY, true, null, lane.delete("parents", 1L));
        lane.applyAll();
        assertThat(lane.rows("SELECT id FROM children UNION ALL SELECT id FROM parents"))
                .isEmpty();
        assertThat(lane.rows(WAITING))
                .containsExactly(
                        "public.children|[1]|wait|5|no parent 9",
                        "public.children|[2]|wait|6|no parent 1",
                        "public.children|[3]|wait|6|no parent 1");
        assertThat(lane.rows(DEAD)).isEmpty();
    }

    @Test
    void anEvictionLeavesAnOlderDeadLetterOpen() {
        lane.transaction(lane.rejected("public.children", "[1]", "nul-character"));
        own(Outcome.EVICT, "no parent 9", lane.update("children", 1L, 9L, "newer"));
        lane.applyAll();
        assertThat(lane.rows(DEAD)).containsExactly("[1]|1|nul-character|open");
    }

    @Test
    void anEventIsReleasedUnderItsOwnSequence() {
        own(Outcome.WAIT, "no parent 1", lane.create("children", 1L, 1L, "a"));
        own(Outcome.WAIT, "cycle", lane.create("children", 2L, null, "b"));
        released(2, Outcome.APPLY, true, null, lane.create("children", 2L, null, "b"));
        own(Outcome.APPLY, null, lane.create("children", 3L, null, "c"));
        SinkStatus status = lane.applyAll();
        assertThat(status.sequence()).isEqualTo(3);
        assertThat(lane.rows("SELECT id, _sluice_seq FROM children ORDER BY id"))
                .containsExactly("2|2", "3|3");
        assertThat(lane.rows(WAITING)).containsExactly("public.children|[1]|wait|1|no parent 1");
    }

    @Test
    void aRowThatWaitsForSomethingElseKeepsItsSinceAndOneThatWaitsAnewDoesNot() {
        own(Outcome.WAIT, "one", lane.create("children", 1L, 1L, "a"));
        own(Outcome.WAIT, "one", lane.create("children", 2L, 1L, "a"));
        lane.applyAll();
        lane.sql("UPDATE sluice.waiting SET since = '2020-01-01'");
        lane.sql(
                "INSERT INTO sluice.accepted (pipeline, table_name, key, kind, why) SELECT pipeline, table_name, key, kind, 'known' FROM sluice.waiting");
        own(Outcome.APPLY, null, lane.create("parents", 1L, "p"));
        released(1, Outcome.WAIT, false, "two", lane.create("children", 1L, 1L, "a"));
        released(2, Outcome.APPLY, true, null, lane.create("children", 2L, 1L, "a"));
        own(Outcome.STALE, "three", lane.update("children", 2L, 5L, "b"));
        lane.applyAll();
        assertThat(lane.rows("SELECT key, kind, reason, since < '2021-01-01' FROM sluice.waiting ORDER BY 1"))
                .containsExactly("[1]|wait|two|t", "[2]|stale|three|f");
        assertThat(lane.rows("SELECT key FROM sluice.accepted"))
                .as("covers the row that waits on, not the one that waits anew")
                .containsExactly("[1]");
    }

    @Test
    void aTruncateOfRowsThatOthersReferToIsHeldUntilTheyHaveLeft() {
        lane.transaction(
                lane.create("parents", 1L, "p"), lane.create("parents", 2L, "p"), lane.create("children", 1L, 1L, "a"));
        own(Outcome.WAIT, "later", lane.create("parents", 3L, "p"));
        lane.transaction(lane.rejected("public.parents", "[4]", "nul-character"));
        lane.applyAll();
        lane.sql(
                "INSERT INTO sluice.accepted (pipeline, table_name, key, kind, why) SELECT pipeline, table_name, key, kind, 'known' FROM sluice.waiting");
        own(Outcome.HOLD, "children", lane.truncate("parents"));
        lane.applyAll();
        assertThat(lane.rows("SELECT id FROM parents ORDER BY id")).containsExactly("1", "2");
        assertThat(lane.rows(WAITING)).containsExactly("public.parents|[]|hold|6|children");
        assertThat(lane.rows("SELECT key FROM sluice.accepted")).isEmpty();

        released(6, Outcome.HOLD, false, "children", lane.delete("parents", 1L));
        released(6, Outcome.APPLY, false, null, lane.delete("parents", 2L));
        released(6, Outcome.FORGET, true, null, lane.truncate("parents"));
        lane.applyAll();
        assertThat(lane.rows("SELECT id FROM parents")).containsExactly("1");
        assertThat(lane.rows(WAITING)).containsExactly("public.parents|[1]|hold|6|children");
        assertThat(lane.rows(DEAD)).containsExactly("[4]|5|nul-character|superseded");
    }

    @Test
    void aTruncateThatIsAppliedEndsEveryWaitOfItsTable() {
        own(Outcome.WAIT, "later", lane.create("children", 3L, 9L, "p"));
        own(Outcome.HOLD, "x", lane.truncate("parents"));
        own(Outcome.APPLY, null, lane.truncate("children"));
        lane.applyAll();
        assertThat(lane.rows(WAITING)).containsExactly("public.parents|[]|hold|2|x");
    }
}
