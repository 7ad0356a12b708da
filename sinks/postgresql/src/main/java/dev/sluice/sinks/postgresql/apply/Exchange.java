package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.relational.TableId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Ways to write the net effect of changes that exchange values of unique keys or exclusion constraints, as a source may with one statement or with constraints that it checks at
 * commit: no order of single rows is accepted then. Pure.
 */
enum Exchange {
    /** Rows that are there are taken out and put back with their new values in one statement, so that no foreign key misses them. */
    MOVED {
        @Override
        List<Step> steps(List<Step> netEffect, Set<TableId> tables) {
            List<Step> steps = new ArrayList<>();
            for (Step step : netEffect) {
                if (tables.contains(step.table().id()) && writes(step)) {
                    steps.add(new Step(StepKind.MOVE, step.table(), step.columns(), step.rows()));
                }
                steps.add(step);
            }
            return steps;
        }
    },
    /** Rows that leave do so first, for others may want what they hold. */
    BEHIND_DELETES {
        @Override
        List<Step> steps(List<Step> netEffect, Set<TableId> tables) {
            List<Step> steps = new ArrayList<>(netEffect.stream()
                    .filter(step -> tables.contains(step.table().id()) && step.kind() == StepKind.DELETE)
                    .toList());
            steps.addAll(MOVED.steps(netEffect, tables));
            return steps;
        }
    },
    /** The rows lose what they may lose of their unique values first; for rows on which PostgreSQL would act if they were taken out. */
    EMPTIED {
        @Override
        List<Step> steps(List<Step> netEffect, Set<TableId> tables) {
            List<Step> steps = new ArrayList<>();
            for (Step step : netEffect) {
                if (tables.contains(step.table().id())) {
                    emptied(step).ifPresent(steps::add);
                }
            }
            steps.addAll(netEffect);
            return steps;
        }
    };

    /** @param tables those in which values are exchanged */
    abstract List<Step> steps(List<Step> netEffect, Set<TableId> tables);

    private static boolean writes(Step step) {
        return step.kind().upserts() || step.kind() == StepKind.UPDATE;
    }

    private static Optional<Step> emptied(Step step) {
        BoundTable table = step.table();
        int[] there = step.kind() == StepKind.DELETE ? table.allIndexes() : step.columns();
        int[] unique = table.target().uniqueKeys().stream()
                .flatMap(key -> key.columns().stream())
                .mapToInt(table::indexOf)
                .filter(index -> IntStream.of(there).anyMatch(i -> i == index)
                        && table.assignable(index)
                        && table.column(index).nullable())
                .distinct()
                .toArray();
        boolean none = unique.length == 0 && table.emptiedDerived().isEmpty();
        if (none || !(writes(step) || step.kind() == StepKind.DELETE)) {
            return Optional.empty();
        }
        int[] columns = IntStream.concat(IntStream.of(table.keyIndexes()), IntStream.of(unique))
                .toArray();
        return Optional.of(new Step(StepKind.DETACH, table, columns, step.rows()));
    }

    /** Whether rows of the table may want each other's values: there are several, and not all of them are new. */
    static boolean isPossible(TableId table, List<RowChange> changes) {
        List<RowChange> ofTable = changes.stream()
                .filter(change -> change.table().id().equals(table))
                .toList();
        return ofTable.size() > 1
                && ofTable.stream().anyMatch(change -> change.change().op() != Op.CREATE);
    }
}
