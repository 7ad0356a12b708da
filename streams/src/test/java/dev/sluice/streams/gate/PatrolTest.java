package dev.sluice.streams.gate;

import static dev.sluice.streams.testing.TableBuilder.table;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.relational.Table;
import dev.sluice.streams.testing.GateRig;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rows that could move and that nothing has woken. What would have woken them is taken out of the state here. */
class PatrolTest {
    private static final long BOSS = 1_000;

    private final Table people = table("people")
            .bigint("id")
            .bigint("boss")
            .key("id")
            .refers("boss", "people", "id")
            .build();

    @Test
    void aRowThatNothingHasWokenMoves() {
        GateRig rig = waitingInVain(1);
        assertThat(rig.patrol()).containsExactly("+APPLY 1");
        assertThat(rig.waiting()).isEmpty();
        assertThat(rig.patrol()).isEmpty();
    }

    @Test
    void oneCallLooksAtABoundedNumberOfRows() {
        GateRig rig = waitingInVain(250);
        assertThat(rig.patrol()).hasSize(100);
        assertThat(rig.patrol()).hasSize(100);
        assertThat(rig.patrol()).hasSize(50);
        assertThat(rig.gate().patrolRounds()).isEqualTo(1);
        assertThat(rig.waiting()).isEmpty();
    }

    @Test
    void anOpenTransactionIsLeftAlone() {
        GateRig rig = waitingInVain(1);
        rig.beginTransaction();
        rig.upsert(people, 5_000L, null);
        assertThat(rig.patrol()).isEmpty();
        rig.endTransaction();
        rig.heartbeat();
        assertThat(rig.patrol()).containsExactly("+APPLY 1");
    }

    /** After a restart it is not known which rows were written under the last sequence. */
    @Test
    void nothingMovesBetweenARestartAndTheNextEvent() {
        GateRig rig = waitingInVain(1);
        rig.reopen();
        assertThat(rig.patrol()).isEmpty();
        rig.heartbeat();
        assertThat(rig.patrol()).containsExactly("+APPLY 1");
    }

    @Test
    void aRowThatHasToWaitIsNotToldAgain() {
        GateRig rig = new GateRig(people);
        rig.upsert(people, 1L, BOSS);
        assertThat(rig.patrol()).isEmpty();
        assertThat(rig.gate().patrolRounds()).isEqualTo(1);
    }

    private GateRig waitingInVain(int rows) {
        GateRig rig = new GateRig(people);
        for (long id = 1; id <= rows; id++) {
            assertThat(rig.upsert(people, id, BOSS)).containsExactly("WAIT " + id);
        }
        List<byte[]> filed = new ArrayList<>();
        rig.state().scan(new byte[] {'W'}, null, (key, value) -> filed.add(key));
        assertThat(filed).hasSize(rows);
        filed.forEach(rig.state()::delete);
        assertThat(rig.upsert(people, BOSS, null)).containsExactly("APPLY " + (rows + 1));
        return rig;
    }
}
