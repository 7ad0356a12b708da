package dev.sluice.streams.gate;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks again at pending rows though nothing has told that they could move, a few at a time, round and round. Rows that only move together can become able to by changes so
 * far from them that no queue of what changed is known to name them all; whatever it has missed is found here. Where it got to is not kept over a restart.
 */
final class Patrol {
    private static final int ROWS_PER_CALL = 100;
    /** Searches around rows of large circles cost more than a look. */
    private static final int MOST_SEARCHED = 1_000;

    private final GateStore store;
    private final Together together;
    private final RowDecisions decisions;
    private final List<GatedTable> tables;
    private int table;
    private byte @Nullable [] behind;
    private long rounds;

    Patrol(GatePlan plan, GateStore store, Together together, RowDecisions decisions) {
        this.store = store;
        this.together = together;
        this.decisions = decisions;
        this.tables =
                plan.tables().stream().filter(each -> !each.helpsNoOther()).toList();
    }

    /** How often it has seen all rows. */
    long rounds() {
        return rounds;
    }

    void into(Group group) {
        if (tables.isEmpty()) {
            rounds++;
            return;
        }
        List<byte[]> rows = store.pendingRows(tables.get(table).primary(), behind, ROWS_PER_CALL);
        long most = together.searched() + MOST_SEARCHED;
        for (byte[] row : rows) {
            if (!group.hasRoom() || together.searched() > most) {
                return;
            }
            // One that was written under this sequence is seen in the next round.
            decisions.lookAt(row, group);
            behind = row;
        }
        if (rows.size() < ROWS_PER_CALL) {
            behind = null;
            table = (table + 1) % tables.size();
            rounds += table == 0 ? 1 : 0;
        }
    }
}
