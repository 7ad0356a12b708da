package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.relational.TableId;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which changes of a batch may be loaded before it: rows of a snapshot that stand in it for the only time, so that their place among the batch's other changes does not
 * matter. Whether they are in the target already, the target knows. Pure.
 */
final class LoadCandidates {
    private final Set<TableId> loading;
    private final Set<TableId> begun = new LinkedHashSet<>();
    private final Set<TableId> ended = new LinkedHashSet<>();
    /** Indexes into the batch's changes. */
    private final BitSet fresh = new BitSet();

    /** @param loading tables whose snapshot has begun before the batch, and has not ended */
    LoadCandidates(Collection<TableId> loading) {
        this.loading = new HashSet<>(loading);
    }

    void begin(TableId table) {
        loading.add(table);
        begun.add(table);
        ended.remove(table);
    }

    void end(TableId table) {
        loading.remove(table);
        ended.add(table);
    }

    /** @param index of the change among those of the batch */
    void add(OrderedHeader header, RowChange row, int index) {
        Change change = row.change();
        boolean alone = !header.isRelease() && row.run() == RowChange.ALONE;
        if (alone
                && row.table().guarded()
                && header.outcome() == Outcome.APPLY
                && change.op() == Op.READ
                && change.unchanged().isEmpty()
                && !row.needsDefault()
                && row.table().derived().isEmpty()
                && loading.contains(row.table().id())) {
            fresh.set(index);
        }
    }

    /** Tables whose snapshot begins in the batch, perhaps again. */
    Set<TableId> begun() {
        return begun;
    }

    /** Tables whose snapshot ends in the batch. */
    Set<TableId> ended() {
        return ended;
    }

    /** Those loading when the batch is applied. */
    Set<TableId> loading() {
        return loading;
    }

    /** Indexes by table, in order. */
    Map<BoundTable, List<Integer>> of(List<RowChange> changes) {
        Map<BoundTable, List<Integer>> candidates = new LinkedHashMap<>();
        if (fresh.isEmpty()) {
            return candidates;
        }
        Map<TableId, Set<RowChange.Key>> others = new LinkedHashMap<>();
        Set<TableId> truncated = new HashSet<>();
        for (int i = fresh.nextClearBit(0); i < changes.size(); i = fresh.nextClearBit(i + 1)) {
            RowChange other = changes.get(i);
            if (other.kind() == StepKind.TRUNCATE) {
                truncated.add(other.table().id());
            } else {
                others.computeIfAbsent(other.table().id(), id -> new HashSet<>())
                        .add(other.key());
            }
        }
        for (int i = fresh.nextSetBit(0); i >= 0; i = fresh.nextSetBit(i + 1)) {
            RowChange row = changes.get(i);
            Set<RowChange.Key> same = others.getOrDefault(row.table().id(), Set.of());
            if (!truncated.contains(row.table().id()) && (same.isEmpty() || !same.contains(row.key()))) {
                candidates
                        .computeIfAbsent(row.table(), table -> new ArrayList<>())
                        .add(i);
            }
        }
        return candidates;
    }
}
