package dev.sluice.sinks.postgresql.apply;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.Position;
import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.Source;
import dev.sluice.schemas.event.Transaction;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.catalog.TargetColumn;
import dev.sluice.sinks.postgresql.catalog.TargetForeignKey;
import dev.sluice.sinks.postgresql.catalog.TargetTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchPlannerTest {
    private final BoundTable parents = table("parents", null, false);
    private final BoundTable children = table("children", "parents", false);
    private final BatchPlanner planner = planner(parents, children);
    private long sequence;

    private static BatchPlanner planner(BoundTable... tables) {
        return new BatchPlanner(
                TableOrder.of(Catalog.of(Stream.of(tables)
                        .map(BoundTable::target)
                        .map(TargetTable::toTable)
                        .toList())),
                table -> true);
    }

    /** Columns {@code id, ref, v}; {@code ref} refers to the parent, where there is one. */
    static BoundTable table(String name, @Nullable String parent, boolean nullable) {
        TableId id = new TableId("public", name);
        List<TargetColumn> columns = new ArrayList<>();
        for (String column : List.of("id", "ref", "v")) {
            columns.add(new TargetColumn(
                    column,
                    LogicalType.INT64,
                    "bigint",
                    "bigint",
                    nullable && column.equals("ref"),
                    null,
                    false,
                    TargetColumn.Identity.NONE));
        }
        List<TargetForeignKey> foreignKeys = parent == null
                ? List.of()
                : List.of(new TargetForeignKey(
                        new ForeignKey(
                                name + "_fkey",
                                List.of("ref"),
                                new TableId("public", parent),
                                List.of("id"),
                                false,
                                false),
                        "NO ACTION",
                        "NO ACTION",
                        false,
                        true));
        TargetTable target = new TargetTable(
                id,
                columns,
                List.of("id"),
                false,
                List.of(),
                foreignKeys,
                false,
                true,
                List.of(),
                "owner",
                true,
                List.of());
        return BoundTable.of(target.toTable(), target, true, Set.of(), DerivedColumns.NONE);
    }

    private RowChange upsert(BoundTable table, long id, long ref, long v) {
        return change(table, Op.UPDATE, Set.of(), id, ref, v);
    }

    private RowChange delete(BoundTable table, long id) {
        return change(table, Op.DELETE, Set.of(), id, null, null);
    }

    private RowChange change(BoundTable table, Op op, Set<String> unchanged, @Nullable Object... row) {
        sequence++;
        Source source = new Source("p", "test", "test", sequence, Position.of(new byte[] {1}), 0, false);
        Transaction transaction = new Transaction("t", 1, 1, true);
        boolean deletes = op == Op.DELETE;
        @Nullable Object[] before = deletes ? row : null;
        @Nullable Object[] after = deletes || op == Op.TRUNCATE ? null : row;
        return new RowChange(
                table, new Change(table.writer(), op, before, after, unchanged, source, transaction, 0), sequence);
    }

    private static List<String> shown(List<Step> steps) {
        return steps.stream()
                .map(step -> step.describe() + " "
                        + step.rows().stream()
                                .map(row -> IntStream.of(step.columns())
                                                .mapToObj(i -> String.valueOf(row.values()[i]))
                                                .toList()
                                        + "@" + row.sequence())
                                .toList())
                .toList();
    }

    @Test
    void upsertsGoParentsFirstAndDeletesChildrenFirst() {
        assertThat(shown(planner.netEffect(List.of(
                        upsert(children, 1, 10, 0),
                        delete(parents, 20),
                        upsert(parents, 10, 0, 0),
                        delete(children, 2)))))
                .containsExactly(
                        "upsert public.parents [[10, 0, 0]@3]",
                        "upsert public.children [[1, 10, 0]@1]",
                        "delete public.children [[2]@4]",
                        "delete public.parents [[20]@2]");
    }

    @Test
    void theLastChangeOfARowCounts() {
        assertThat(shown(planner.netEffect(List.of(
                        upsert(parents, 1, 0, 1),
                        upsert(parents, 1, 0, 2),
                        upsert(parents, 2, 0, 1),
                        delete(parents, 2),
                        delete(parents, 3),
                        upsert(parents, 3, 0, 9)))))
                .containsExactly("upsert public.parents [[1, 0, 2]@2, [3, 0, 9]@6]", "delete public.parents [[2]@4]");
    }

    @Test
    void theOnlyChangeOfARowLeavesARowWithTheSameValuesAsItIs() {
        BatchPlanner careless = new BatchPlanner(
                TableOrder.of(Catalog.of(
                        List.of(parents.target().toTable(), children.target().toTable()))),
                table -> table.equals(children.id()));
        assertThat(shown(careless.netEffect(List.of(upsert(parents, 1, 0, 1), upsert(children, 3, 1, 1)))))
                .as("but not where versions of rows may be dead")
                .containsExactly("upsert_changed public.parents [[1, 0, 1]@1]", "upsert public.children [[3, 1, 1]@2]");
        assertThat(shown(careless.netEffect(
                        List.of(upsert(parents, 1, 0, 1), upsert(parents, 2, 0, 1), upsert(parents, 1, 0, 2)))))
                .as("nor beside an earlier change")
                .containsExactly("upsert public.parents [[1, 0, 2]@5, [2, 0, 1]@4]");
    }

    @Test
    void aPartialChangeCompletesTheOneBefore() {
        RowChange full = upsert(parents, 1, 5, 1);
        RowChange partial = change(parents, Op.UPDATE, Set.of("ref"), 1L, null, 2L);
        RowChange alone = change(parents, Op.UPDATE, Set.of("ref"), 2L, null, 3L);
        RowChange other = change(parents, Op.UPDATE, Set.of("v"), 2L, 4L, null);
        RowChange deleted = delete(parents, 3);
        RowChange afterDelete = change(parents, Op.UPDATE, Set.of("v"), 3L, 4L, null);
        assertThat(shown(planner.netEffect(List.of(full, partial, alone, other, deleted, afterDelete))))
                .containsExactly(
                        "upsert public.parents [[1, 5, 2]@2]",
                        "update public.parents [[2, 4, 3]@4]",
                        "delete public.parents [[3]@5]");
    }

    @Test
    void aTruncateSeparatesWhatIsBeforeFromWhatIsAfter() {
        RowChange truncate = change(children, Op.TRUNCATE, Set.of());
        assertThat(shown(planner.netEffect(List.of(upsert(children, 1, 1, 1), truncate, upsert(children, 1, 1, 2)))))
                .containsExactly(
                        "upsert public.children [[1, 1, 1]@2]",
                        "truncate public.children [[]@1]",
                        "upsert public.children [[1, 1, 2]@3]");
    }

    @Test
    void exactOrderKeepsEveryVersionInRunsOverDifferentRows() {
        assertThat(shown(BatchPlanner.exactOrder(List.of(
                        upsert(parents, 1, 0, 1),
                        upsert(parents, 2, 0, 1),
                        upsert(parents, 1, 0, 2),
                        delete(parents, 1),
                        delete(parents, 2),
                        upsert(children, 1, 1, 1)))))
                .containsExactly(
                        "upsert public.parents [[1, 0, 1]@1, [2, 0, 1]@2]",
                        "upsert public.parents [[1, 0, 2]@3]",
                        "delete public.parents [[1]@4, [2]@5]",
                        "upsert public.children [[1, 1, 1]@6]");
    }

    @Test
    void aCycleIsOpenedAtItsNullableReference() {
        BoundTable hands = table("hands", "heads", true);
        BoundTable heads = table("heads", "hands", false);
        BatchPlanner cyclic = planner(hands, heads);
        assertThat(planner.openedCycles(List.of(upsert(parents, 1, 0, 0)))).isEmpty();
        assertThat(shown(
                        cyclic.openedCycles(List.of(upsert(heads, 1, 2, 0), upsert(hands, 2, 1, 0), delete(hands, 3)))))
                .containsExactly(
                        "upsert public.hands [[2, null, 0]@3]",
                        "upsert public.heads [[1, 2, 0]@2]",
                        "attach public.hands [[2, 1]@3]",
                        "detach public.hands [[3, null]@4]",
                        "delete public.hands [[3]@4]");
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void bothPlansEndInTheStateOfOneByOne(long seed) {
        Random random = new Random(seed);
        List<RowChange> changes = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            BoundTable table = random.nextBoolean() ? parents : children;
            long id = random.nextInt(8);
            switch (random.nextInt(8)) {
                case 0 -> changes.add(change(table, Op.TRUNCATE, Set.of()));
                case 1, 2 -> changes.add(delete(table, id));
                case 3 -> changes.add(change(table, Op.UPDATE, Set.of("ref"), id, null, (long) i));
                default -> changes.add(upsert(table, id, random.nextInt(8), i));
            }
        }
        Map<List<Object>, List<Object>> expected = new HashMap<>();
        changes.forEach(change -> apply(expected, BatchPlanner.exactOrder(List.of(change))));
        Map<List<Object>, List<Object>> net = new HashMap<>();
        apply(net, planner.netEffect(changes));
        Map<List<Object>, List<Object>> exact = new HashMap<>();
        apply(exact, BatchPlanner.exactOrder(changes));
        assertThat(net).isEqualTo(expected);
        assertThat(exact).isEqualTo(expected);
        assertThat(planner.netEffect(changes))
                .allSatisfy(step -> assertThat(keys(step)).doesNotHaveDuplicates());
    }

    private static List<?> keys(Step step) {
        return step.kind() == StepKind.TRUNCATE
                ? List.of()
                : step.rows().stream().map(row -> row.values()[0]).toList();
    }

    /** A target of maps. */
    private static void apply(Map<List<Object>, List<Object>> target, List<Step> steps) {
        for (Step step : steps) {
            if (step.kind() == StepKind.TRUNCATE) {
                new HashSet<>(target.keySet())
                        .stream()
                                .filter(key -> key.get(0).equals(step.table().id()))
                                .forEach(target::remove);
                continue;
            }
            for (Step.Row row : step.rows()) {
                List<Object> key = List.of(step.table().id(), String.valueOf(row.values()[0]));
                List<Object> old = target.get(key);
                switch (step.kind()) {
                    case DELETE -> target.remove(key);
                    case UPSERT -> target.put(key, Arrays.asList(row.values().clone()));
                    default -> {
                        if (old != null) {
                            List<Object> merged = new ArrayList<>(old);
                            IntStream.of(step.columns()).forEach(i -> merged.set(i, row.values()[i]));
                            target.put(key, merged);
                        }
                    }
                }
            }
        }
    }
}
