package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.event.Transformed;
import dev.sluice.sinks.postgresql.control.RowOutcomes;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the account of a snapshot says where a row ends otherwise than by a later event of its own. */
class SnapshotOutcomeTest {
    private final TestLane lane = TestLane.with("CREATE TABLE t (id bigint PRIMARY KEY, ref bigint, v text)")
            .capture("t");

    @AfterEach
    void close() {
        lane.close();
    }

    /** Under the newest sequence, of an event of an earlier one or of that one. */
    private void released(long origin, Outcome outcome, boolean more, TestLane.Draft draft) {
        lane.send(
                new OrderedHeader(outcome, true, more, true, lane.sequence(), origin, null, true, more),
                draft.at(lane.source(origin, TestLane.PIPELINE_ID), TestLane.place(true)));
    }

    private TestLane.Draft read(long id) {
        return TestLane.inSnapshot(lane.read("t", id, null, "v"));
    }

    private TestLane.Draft readAndCut(long id) {
        return TestLane.inSnapshot((source, transaction) -> new Change(
                lane.table("t"),
                Op.READ,
                null,
                new @Nullable Object[] {id, null, "v"},
                Set.of(),
                source,
                transaction,
                0,
                List.of(new Transformed("truncate", "v"))));
    }

    private void end(long rows) {
        lane.transaction(
                lane.control(Control.Kind.SNAPSHOT_END, "public.t", Map.of(Control.ROWS, String.valueOf(rows))));
    }

    private RowOutcomes.Table outcome() {
        lane.applyAll();
        return RowOutcomes.read(lane.database, lane.pipeline).tables().get(0);
    }

    @Test
    void theRowThatClosesACircleIsLoadedWithTheOneThatWaitedForIt() {
        lane.append(Outcome.WAIT, true, false, false, "row 2", read(1));
        lane.append(Outcome.WAIT, true, true, false, "row 1", read(2));
        released(1, Outcome.APPLY, true, read(1));
        released(2, Outcome.APPLY, false, read(2));
        end(2);
        RowOutcomes.Snapshot snapshot = outcome().snapshot();
        assertThat(lane.rows("SELECT id FROM t ORDER BY id")).containsExactly("1", "2");
        assertThat(snapshot.gone()).isZero();
        assertThat(snapshot.loaded()).isEqualTo(2);
    }

    @Test
    void theRowThatClosesACircleIsTransformedWhereARuleChangedIt() {
        lane.append(Outcome.WAIT, true, true, false, "itself", readAndCut(1));
        released(1, Outcome.APPLY, false, readAndCut(1));
        end(1);
        RowOutcomes.Snapshot snapshot = outcome().snapshot();
        assertThat(snapshot.gone()).isZero();
        assertThat(snapshot.transformed()).isEqualTo(1);
    }

    @Test
    void theEndOfAHeldTruncateIsNotTheEndOfRowsThatWereReadBehindIt() {
        lane.append(Outcome.WAIT, true, false, false, "a parent", read(1));
        lane.append(Outcome.HOLD, true, false, false, "children", lane.truncate("t"));
        lane.append(Outcome.WAIT, true, false, false, "a parent", read(2));
        lane.applyAll();
        lane.transaction(lane.control(Control.Kind.HEARTBEAT, null, Map.of()));
        released(2, Outcome.FORGET, false, lane.truncate("t"));
        lane.transaction(lane.control(Control.Kind.HEARTBEAT, null, Map.of()));
        released(3, Outcome.APPLY, false, read(2));
        end(2);
        RowOutcomes.Snapshot snapshot = outcome().snapshot();
        assertThat(lane.rows("SELECT id FROM t")).containsExactly("2");
        assertThat(snapshot.gone()).isEqualTo(1);
        assertThat(snapshot.loaded()).isEqualTo(1);
    }

    @Test
    void theAnswerForARefusedRowCountsOnceWhileItsTableIsRead() {
        lane.transaction(TestLane.inSnapshot(lane.rejected("public.t", "[1]", "nul-character")));
        lane.applyAll();
        lane.transaction(readAndCut(1));
        end(1);
        RowOutcomes.Table table = outcome();
        assertThat(table.problem()).isNull();
        assertThat(table.snapshot().quarantined()).isZero();
        assertThat(table.snapshot().transformed()).isEqualTo(1);
        assertThat(table.snapshot().loaded()).isZero();
    }

    @Test
    void answersForRowsThatAreThereAreNoFaultOfTheNumbers() {
        lane.transaction(readAndCut(1));
        lane.transaction(readAndCut(1));
        end(1);
        RowOutcomes.Table table = outcome();
        assertThat(table.problem()).isNull();
        assertThat(table.snapshot().loaded()).isZero();
        lane.sql("UPDATE sluice.tables SET snapshot_gone = 1");
        assertThat(outcome().problem()).contains("more rows of public.t are accounted for");
    }

    @Test
    void aRowThatDidNotComeIsAFaultOfTheNumbers() {
        lane.transaction(read(1));
        end(2);
        assertThat(outcome().problem()).contains("2 rows of public.t were read, and 1 reached the target");
    }

    @Test
    void refusedRowsWithNullInTheirKeysAndTheSameContentCountEach() {
        TestLane.Draft row =
                TestLane.inSnapshot(lane.rejected("public.t", "[null,\"x\"]#0123456789abcdef", "null-key"));
        for (int snapshot = 1; snapshot <= 2; snapshot++) {
            lane.transaction(lane.control(Control.Kind.SNAPSHOT_BEGIN, "public.t", Map.of()));
            long before = lane.sequence();
            lane.transaction(row);
            lane.transaction(row);
            lane.applyAll();
            lane.transaction(row);
            end(3);
            lane.applyAgainBehind(before);
            RowOutcomes.Table table = outcome();
            assertThat(table.snapshot().quarantined()).isEqualTo(3);
            assertThat(table.snapshot().loaded()).isZero();
            assertThat(table.followed().quarantined())
                    .as("those of the snapshot before are superseded")
                    .isZero();
        }
        assertThat(lane.rows("SELECT key FROM sluice.dead_letters WHERE state = 'open' ORDER BY sequence"))
                .containsExactly(
                        "[null,\"x\"]#0123456789abcdef",
                        "[null,\"x\"]#0123456789abcdef#2",
                        "[null,\"x\"]#0123456789abcdef#3");
    }

    @Test
    void aRefusedRowWithAKeyOfItsOwnThatIsReadAgainIsOneRow() {
        TestLane.Draft row = TestLane.inSnapshot(lane.rejected("public.t", "[1]", "nul-character"));
        lane.transaction(row);
        lane.transaction(row);
        end(1);
        assertThat(outcome().snapshot().quarantined()).isEqualTo(1);
    }
}
