package dev.sluice.streams.gate;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Times of tables, counted in truncates. What a node says of an older time is void when the table was emptied since; when a truncate is still walking through
 * the table, it says of a row that it is to leave.
 */
final class Epochs {
    private final GatePlan plan;
    private final GateStore store;
    private final long[] now;
    private final long[] emptied;

    Epochs(GatePlan plan, GateStore store) {
        this.plan = plan;
        this.store = store;
        this.now = new long[plan.tableCount()];
        this.emptied = new long[plan.tableCount()];
        Arrays.setAll(now, table -> store.epochs(table)[0]);
        Arrays.setAll(emptied, table -> store.epochs(table)[1]);
    }

    long of(byte[] key) {
        return now[plan.specOf(key).tableOrdinal()];
    }

    boolean isPresent(Node node, byte[] key) {
        return node.epoch == of(key);
    }

    /** Nothing is left of what is said of this time. */
    boolean isVoid(long epoch, byte[] key) {
        return epoch < emptied[plan.specOf(key).tableOrdinal()];
    }

    /** Every row is gone at once. */
    void empty(GatedTable table) {
        now[table.ordinal()]++;
        emptied[table.ordinal()] = now[table.ordinal()];
        store.putEpochs(table.ordinal(), now[table.ordinal()], emptied[table.ordinal()]);
        store.putTruncate(table.ordinal(), null);
    }

    /** Every row is to leave. */
    void truncate(GatedTable table, LaneRecord truncate) {
        now[table.ordinal()]++;
        store.putEpochs(table.ordinal(), now[table.ordinal()], emptied[table.ordinal()]);
        store.putTruncate(table.ordinal(), truncate);
    }

    /** Whether a truncate is on its way through a table. */
    boolean isWalked(GatedTable table) {
        return now[table.ordinal()] != emptied[table.ordinal()] && truncateOf(table) != null;
    }

    /** It has come to every row. */
    void truncateEnded(GatedTable table) {
        store.putTruncate(table.ordinal(), null);
    }

    /** The truncate that walks through a table. */
    @Nullable
    LaneRecord truncateOf(GatedTable table) {
        return store.truncate(table.ordinal());
    }
}
