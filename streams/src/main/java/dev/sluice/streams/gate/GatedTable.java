package dev.sluice.streams.gate;

import dev.sluice.schemas.relational.Table;
import java.util.List;

/**
 * A table that the gate keeps state of.
 *
 * @param primary its primary key
 * @param otherKeys its other unique keys
 * @param edges its gated foreign keys
 * @param referrers gated foreign keys of any table that refer to it
 */
record GatedTable(
        int ordinal, Table table, KeySpec primary, List<KeySpec> otherKeys, List<Edge> edges, List<Edge> referrers) {
    boolean referredFromOutside() {
        return referrers.stream().anyMatch(Edge::leavesTable);
    }
}
