package dev.sluice.cli.replay;

import dev.sluice.cli.binding.TableSearch;
import dev.sluice.cli.config.NearestName;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.catalog.TargetCatalog;
import dev.sluice.sinks.postgresql.catalog.TargetForeignKey;
import dev.sluice.sinks.postgresql.catalog.TargetTable;
import dev.sluice.sinks.postgresql.control.StoredLayout;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is replayed. Pure.
 *
 * @param lanes the tables by lane; never empty
 */
record Scope(SortedMap<String, SortedSet<TableId>> lanes) {
    /**
     * @param names tables of the target, with or without their schema; empty for all
     * @param lane null for all that have one of the tables
     * @throws SluiceException of kind CONFIGURATION when a name is not known, or a table is not in the lane
     */
    static Scope of(StoredLayout layout, Collection<String> names, @Nullable String lane) {
        requireLane(layout, lane);
        SortedMap<String, SortedSet<TableId>> lanes = new TreeMap<>();
        if (names.isEmpty()) {
            layout.lanes().stream()
                    .filter(one -> lane == null || one.name().equals(lane))
                    .forEach(one -> lanes.put(one.name(), one.tables()));
            return new Scope(lanes);
        }
        List<TableId> captured =
                layout.lanes().stream().flatMap(one -> one.tables().stream()).toList();
        for (TableId table : TableSearch.find(names, captured)) {
            String of = laneOf(layout, table);
            if (lane != null && !of.equals(lane)) {
                throw usage("table " + table + " is in lane " + of + ", not in lane " + lane);
            }
            lanes.computeIfAbsent(of, one -> new TreeSet<>()).add(table);
        }
        return new Scope(lanes);
    }

    private static void requireLane(StoredLayout layout, @Nullable String lane) {
        List<String> known =
                layout.lanes().stream().map(StoredLayout.Lane::name).toList();
        if (lane != null && !known.contains(lane)) {
            throw usage("there is no lane " + lane + NearestName.suggestion(lane, known) + " See: sluice lanes list");
        }
    }

    private static String laneOf(StoredLayout layout, TableId table) {
        return layout.lanes().stream()
                .filter(lane -> lane.tables().contains(table))
                .map(StoredLayout.Lane::name)
                .findFirst()
                .orElseThrow();
    }

    SortedSet<TableId> tables() {
        return lanes.values().stream().flatMap(Collection::stream).collect(Collectors.toCollection(TreeSet::new));
    }

    /** @throws SluiceException of kind CONFIGURATION when a table that is not named refers to one that is: PostgreSQL does not empty such ones */
    void requireNoOtherReferring(TargetCatalog target) {
        SortedSet<TableId> tables = tables();
        List<String> referring = new ArrayList<>();
        for (TargetTable child : target.tables()) {
            for (TargetForeignKey key : child.foreignKeys()) {
                if (tables.contains(key.key().parent()) && !tables.contains(child.id())) {
                    referring.add("table " + child.id() + " refers to "
                            + key.key().parent() + " by " + key.key().name());
                }
            }
        }
        if (!referring.isEmpty()) {
            throw usage("--truncate would have to empty tables that are not named: " + String.join(", ", referring)
                    + ". Name them too if they are captured, or replay without --truncate");
        }
    }

    /** @throws SluiceException of kind REFUSED when lanes do not hold everything that their tables ever had */
    void requireComplete(StoredLayout layout) {
        for (StoredLayout.Lane lane : layout.lanes()) {
            if (lanes.containsKey(lane.name()) && !lane.ancestors().isEmpty()) {
                throw SluiceException.of(
                        ErrorKind.REFUSED,
                        "--truncate needs a complete log, but the tables of lane " + lane.name() + " were in "
                                + String.join(", ", lane.ancestors())
                                + " before, and only what came since is in its topic. Replay without --truncate");
            }
        }
    }

    private static SluiceException usage(String message) {
        return SluiceException.of(ErrorKind.CONFIGURATION, message);
    }
}
