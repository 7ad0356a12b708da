package dev.sluice.sinks.postgresql.control;

import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.schemas.relational.TableId;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** The lanes of a pipeline as {@code sluice.lanes} has them, by name, without retired ones. */
public record StoredLayout(List<Lane> lanes) {
    /**
     * A lane and where it begins.
     *
     * @param firstSequence the first that the lane gives; above every sequence of its ancestors
     * @param ancestors the lanes that its tables were in before, one of the same name among them where its tables changed; empty where it is as old as the pipeline
     */
    public record Lane(String name, SortedSet<TableId> tables, long firstSequence, List<String> ancestors) {
        public Lane {
            tables = Collections.unmodifiableSortedSet(new TreeSet<>(tables));
            ancestors = List.copyOf(ancestors);
        }

        boolean holdsAny(Collection<TableId> some) {
            return some.stream().anyMatch(table -> tables.contains(table));
        }
    }

    public StoredLayout {
        lanes = List.copyOf(lanes);
    }

    public Optional<Lane> lane(String name) {
        return lanes.stream().filter(lane -> lane.name().equals(name)).findFirst();
    }

    public LaneLayout layout() {
        SortedMap<String, SortedSet<TableId>> members = new TreeMap<>();
        lanes.forEach(lane -> members.put(lane.name(), lane.tables()));
        return new LaneLayout(members);
    }

    /** Tables that another layout has in another lane, each with the two names. Tables that only one of them has do not move. */
    public SortedMap<TableId, Move> moved(LaneLayout other) {
        SortedMap<TableId, Move> moved = new TreeMap<>();
        for (Map.Entry<String, SortedSet<TableId>> entry : other.members().entrySet()) {
            for (Lane lane : lanes) {
                if (!lane.name().equals(entry.getKey())) {
                    entry.getValue().stream()
                            .filter(table -> lane.tables().contains(table))
                            .forEach(table -> moved.put(table, new Move(lane.name(), entry.getKey())));
                }
            }
        }
        return moved;
    }

    /** From one lane to another. */
    public record Move(String from, String to) {}
}
