package dev.sluice.streams.gate;

import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.Table;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

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
    /** @param foreignKeys a bit for each of {@link #edges} */
    List<Edge> edgesOf(long foreignKeys) {
        return IntStream.range(0, edges.size())
                .filter(i -> (foreignKeys & (1L << i)) != 0)
                .mapToObj(edges::get)
                .toList();
    }

    /** The values by which a row refers to a key, of those columns that may be NULL. */
    Map<String, @Nullable Object> nullableValues(Edge edge, byte[] key) {
        @Nullable Object[] values = edge.parent().values(key);
        Map<String, @Nullable Object> columns = new HashMap<>();
        for (int i = 0; i < values.length; i++) {
            Column column = table.column(edge.columns().get(i)).orElseThrow();
            Object value = values[i];
            if (edge.nullable().contains(column.name())) {
                columns.put(column.name(), value == null ? null : KeySpec.typed(value, column.type()));
            }
        }
        return columns;
    }

    /**
     * Whether no other row can move because a waiting row of this table does, as long as none of its versions is in the target: nobody refers to it, and nothing else is to be done
     * about it than to wait. It is enough to know one thing that such a row waits for.
     */
    boolean helpsNoOther() {
        return tracked
                && referrers.isEmpty()
                && edges.stream().allMatch(edge -> !edge.light() && edge.onOrphan() == OnOrphan.WAIT);
    }

    /** Whether a row that is to leave may be able to although rows refer to it: together with them. */
    boolean mayLeaveTogether() {
        return cyclic || !otherKeys.isEmpty();
    }

    boolean hasLightEdges() {
        return edges.stream().anyMatch(Edge::light);
    }

    boolean hasLightReferrers() {
        return referrers.stream().anyMatch(Edge::light);
    }

    /** Whether a foreign key refers to one of its keys. */
    boolean isReferredTo(KeySpec key) {
        return referrers.stream().anyMatch(e -> e.parent() == key);
    }

    /** Whether rows that refer to one of its keys may have to be found. */
    boolean namesReferrers(KeySpec key) {
        return referrers.stream().anyMatch(e -> e.parent() == key && e.namesReferrers());
    }

    /** Whether rows that refer to any of its keys may have to be found. */
    boolean namesReferrers() {
        return referrers.stream().anyMatch(Edge::namesReferrers);
    }
}
