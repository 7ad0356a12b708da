package dev.sluice.streams.gate;

import dev.sluice.schemas.relational.Table;
import java.util.List;

/**
 * A table that the gate keeps state of.
 *
 * @param rank children have smaller ones than their parents, where no cycle is in the way
 * @param primary its primary key
 * @param otherKeys its other unique keys
 * @param edges its gated foreign keys
 * @param referrers gated foreign keys of any table that refer to it
 * @param tracked it is known which rows are in the target; otherwise only rows that are pending have state
 * @param cyclic its foreign keys lead back to it
 */
record GatedTable(
        int ordinal,
        int rank,
        Table table,
        KeySpec primary,
        List<KeySpec> otherKeys,
        List<Edge> edges,
        List<Edge> referrers,
        boolean tracked,
        boolean cyclic) {
    boolean hasLightEdges() {
        return edges.stream().anyMatch(Edge::light);
    }

    boolean hasLightReferrers() {
        return referrers.stream().anyMatch(Edge::light);
    }

    /** Whether rows that refer to one of its keys may have to be found. */
    boolean namesReferrers() {
        return referrers.stream().anyMatch(Edge::namesReferrers);
    }
}
