package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.relational.TableId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Turns changes, in their order, into statements. Pure.
 *
 * <p>Any run of changes that begins and ends in a state foreign keys accept may be planned either way, with the same end.
 */
final class BatchPlanner {
    private final TableOrder order;
    private final Predicate<TableId> rewritten;

    /** @param rewritten tables whose rows are written even when they have the values already, see {@code careful} */
    BatchPlanner(TableOrder order, Predicate<TableId> rewritten) {
        this.order = order;
        this.rewritten = rewritten;
    }

    /** Net effect per row: all upserts parents to children, then all deletes children to parents. A truncate splits what is before from what is after. */
    List<Step> netEffect(List<RowChange> changes) {
        return planned(changes, false);
    }

    /**
     * The net effect for tables whose foreign keys form a cycle: nullable references that close it are written as NULL first and set when all rows are there;
     * before deletes they become NULL. Empty when no such table is among the changes.
     */
    List<Step> openedCycles(List<RowChange> changes) {
        boolean cycles = changes.stream()
                .map(RowChange::table)
                .distinct()
                .anyMatch(table -> order.closingColumns(table).length > 0);
        return cycles ? planned(changes, true) : List.of();
    }

    private List<Step> planned(List<RowChange> changes, boolean openCycles) {
        List<Step> steps = new ArrayList<>();
        Segment segment = new Segment();
        for (RowChange change : changes) {
            if (change.kind() == StepKind.TRUNCATE || !segment.add(change)) {
                steps.addAll(segment.steps(openCycles));
                segment = new Segment();
                if (change.kind() == StepKind.TRUNCATE) {
                    steps.add(truncate(change));
                } else {
                    segment.add(change);
                }
            }
        }
        steps.addAll(segment.steps(openCycles));
        return steps;
    }

    /** One statement per run of changes of one kind and shape over different rows of one table; the order is the changes' own. */
    static List<Step> exactOrder(List<RowChange> changes) {
        List<Step> steps = new ArrayList<>();
        List<Step.Row> rows = new ArrayList<>();
        Set<RowChange.Key> keys = new HashSet<>();
        RowChange previous = null;
        for (RowChange change : changes) {
            boolean truncates = change.kind() == StepKind.TRUNCATE;
            boolean joins = previous != null && !truncates && sameShape(previous, change) && keys.add(change.key());
            if (!joins) {
                rows = new ArrayList<>();
                keys.clear();
                if (!truncates) {
                    keys.add(change.key());
                }
                steps.add(new Step(change.kind(), change.table(), columns(change), rows));
            }
            rows.add(truncates ? truncateRow(change) : new Step.Row(change.row(), change.sequence()));
            previous = change;
        }
        return steps;
    }

    private Step withoutClosing(Step upsert) {
        int[] closing = order.closingColumns(upsert.table());
        List<Step.Row> rows = new ArrayList<>();
        for (Step.Row row : upsert.rows()) {
            @Nullable Object[] values = row.values().clone();
            for (int index : closing) {
                values[index] = null;
            }
            rows.add(new Step.Row(values, row.sequence()));
        }
        return new Step(upsert.kind(), upsert.table(), upsert.columns(), rows);
    }

    private Stream<Step> closing(StepKind kind, Step step) {
        int[] closing = order.closingColumns(step.table());
        int[] columns = IntStream.concat(IntStream.of(step.table().keyIndexes()), IntStream.of(closing))
                .distinct()
                .toArray();
        return closing.length == 0 ? Stream.empty() : Stream.of(new Step(kind, step.table(), columns, step.rows()));
    }

    private static boolean sameShape(RowChange one, RowChange other) {
        return one.table() == other.table()
                && one.kind() == other.kind()
                && Arrays.equals(columns(one), columns(other));
    }

    private static int[] columns(RowChange change) {
        return change.kind() == StepKind.DELETE ? change.table().keyIndexes() : change.delivered();
    }

    private static Step truncate(RowChange change) {
        return new Step(StepKind.TRUNCATE, change.table(), new int[0], List.of(truncateRow(change)));
    }

    private static Step.Row truncateRow(RowChange change) {
        return new Step.Row(new Object[0], change.sequence());
    }

    /** Changes whose net effect is one set of statements. */
    private final class Segment {
        private final Map<RowChange.Key, Effect> effects = new LinkedHashMap<>();

        /** @return false when the change does not combine with an earlier one of the same row, because they have different shapes */
        private boolean add(RowChange change) {
            RowChange.Key key = change.key();
            Effect earlier = effects.get(key);
            if (change.kind() != StepKind.UPDATE || earlier == null) {
                effects.put(key, Effect.of(change, earlier == null));
                return true;
            }
            if (earlier.kind() == StepKind.DELETE) {
                return true;
            }
            if (earlier.table() != change.table()) {
                return false;
            }
            effects.put(key, earlier.with(change));
            return true;
        }

        private List<Step> steps(boolean openCycles) {
            Comparator<BoundTable> parentsFirst = Comparator.comparing(BoundTable::id, order.parentsFirst());
            List<Step> upserts = grouped(StepKind.UPSERT, openCycles)
                    .sorted(Comparator.comparing(Step::table, parentsFirst))
                    .toList();
            List<Step> updates = grouped(StepKind.UPDATE, openCycles)
                    .sorted(Comparator.comparing(Step::table, parentsFirst))
                    .toList();
            List<Step> deletes = grouped(StepKind.DELETE, openCycles)
                    .sorted(Comparator.comparing(Step::table, parentsFirst.reversed()))
                    .toList();
            if (!openCycles) {
                return Stream.of(upserts, updates, deletes)
                        .flatMap(List::stream)
                        .toList();
            }
            return Stream.of(
                            upserts.stream().map(BatchPlanner.this::withoutClosing),
                            upserts.stream().flatMap(step -> closing(StepKind.ATTACH, step)),
                            updates.stream(),
                            deletes.stream().flatMap(step -> closing(StepKind.DETACH, step)),
                            deletes.stream())
                    .flatMap(steps -> steps)
                    .toList();
        }

        private Stream<Step> grouped(StepKind kind, boolean openCycles) {
            Set<TableId> careful = openCycles || kind != StepKind.UPSERT ? Set.of() : careful();
            Map<Shape, Step> steps = new LinkedHashMap<>();
            for (Effect effect : effects.values()) {
                if (effect.kind() == kind) {
                    StepKind written = careful.contains(effect.table().id()) ? StepKind.UPSERT_CHANGED : kind;
                    Shape shape = new Shape(
                            effect.table(), Arrays.hashCode(effect.columns()), Arrays.toString(effect.columns()));
                    steps.computeIfAbsent(
                                    shape, s -> new Step(written, effect.table(), effect.columns(), new ArrayList<>()))
                            .rows()
                            .add(effect.row());
                }
            }
            return steps.values().stream();
        }

        /**
         * Tables in which a row that has the values already need not be written: where nothing that stands between the row's sequence and the change's would change it when it is
         * applied again. So not where the batch holds an earlier change of a row, nor where a version may be dead. All of a table or none, so that it stays one statement.
         */
        private Set<TableId> careful() {
            Set<TableId> careful = new HashSet<>();
            effects.values().forEach(effect -> careful.add(effect.table().id()));
            careful.removeIf(rewritten);
            effects.values().stream()
                    .filter(effect -> !effect.only())
                    .forEach(effect -> careful.remove(effect.table().id()));
            return careful;
        }
    }

    private record Shape(BoundTable table, int hash, String columns) {}
}
