package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.CapturedTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is read of a table's rows, which of them travel, and how. An <em>image</em> is a row as it is stored, in the order of {@link #logged}: the captured columns that
 * the source has, then those that are only asked for.
 */
final class RowSelection {
    private final List<String> logged;
    private final List<String> identity;
    private final @Nullable RowExpressions filter;
    private final @Nullable RowExpressions computed;
    private final int[] filterIndexes;
    private final int[] computedIndexes;
    private final int[] identityIndexes;
    /** By column of the row: its place in the image, or behind that of a computed column. */
    private final int[] rowIndexes;
    /** By column of the target's key: its place in the identity, or behind that of a computed column. */
    private final int[] keyIndexes;

    RowSelection(
            CapturedTable table, TableInfo info, @Nullable RowExpressions filter, @Nullable RowExpressions computed) {
        this(table, logged(table, info, filter), filter, computed);
    }

    private RowSelection(
            CapturedTable table,
            List<String> logged,
            @Nullable RowExpressions filter,
            @Nullable RowExpressions computed) {
        this.logged = logged;
        this.identity = table.identity();
        this.filter = filter;
        this.computed = computed;
        List<String> added = List.copyOf(table.selection().computed().keySet());
        this.identityIndexes = indexes(identity, logged, List.of());
        this.filterIndexes = indexes(filter == null ? List.of() : filter.columns(), logged, List.of());
        this.computedIndexes = indexes(computed == null ? List.of() : computed.columns(), identity, List.of());
        this.rowIndexes = indexes(table.sourceColumns(), logged, added);
        this.keyIndexes = indexes(table.sourceKey(), identity, added);
    }

    /** Every row, as it is stored. */
    static RowSelection all(CapturedTable table) {
        return new RowSelection(table, table.sourceColumns(), null, null);
    }

    private static List<String> logged(CapturedTable table, TableInfo info, @Nullable RowExpressions filter) {
        List<String> logged = new ArrayList<>(table.sourceColumns());
        logged.removeAll(table.selection().computed().keySet());
        for (TableInfo.Column column : info.columns()) {
            boolean asked = filter != null && filter.columns().contains(column.name());
            if ((asked || table.identity().contains(column.name())) && !logged.contains(column.name())) {
                logged.add(column.name());
            }
        }
        return List.copyOf(logged);
    }

    private static int[] indexes(List<String> columns, List<String> stored, List<String> added) {
        return columns.stream()
                .mapToInt(column ->
                        added.contains(column) ? stored.size() + added.indexOf(column) : stored.indexOf(column))
                .toArray();
    }

    /** The columns of an image. */
    List<String> logged() {
        return logged;
    }

    /** The source's columns that tell its rows apart. */
    List<String> identity() {
        return identity;
    }

    @Nullable
    Object[] identity(@Nullable Object[] image) {
        return pick(image, identityIndexes);
    }

    /** @throws Refusal when the condition fails on the row */
    boolean holds(@Nullable Object[] image) throws Refusal {
        RowExpressions asked = filter;
        return asked == null || Long.valueOf(1).equals(asked.evaluate(pick(image, filterIndexes))[0]);
    }

    /** The row in the order of the captured columns. */
    @Nullable
    Object[] row(@Nullable Object[] image) throws Refusal {
        return computed == null ? row(image, image) : row(image, with(image, identity(image)));
    }

    /** As {@link #row}, with NULL for what is computed. */
    @Nullable
    Object[] storedRow(@Nullable Object[] image) {
        return row(image, Arrays.copyOf(image, image.length + rowIndexes.length));
    }

    private @Nullable Object[] row(@Nullable Object[] image, @Nullable Object[] all) {
        return image.length == rowIndexes.length && computed == null ? image : pick(all, rowIndexes);
    }

    /** The target's key of a row, in key order. */
    @Nullable
    Object[] key(@Nullable Object[] identity) throws Refusal {
        return computed == null ? pick(identity, keyIndexes) : pick(with(identity, identity), keyIndexes);
    }

    /** Values, and behind them what is computed. */
    private @Nullable Object[] with(@Nullable Object[] values, @Nullable Object[] identity) throws Refusal {
        if (computed == null) {
            return values;
        }
        @Nullable Object[] more = computed.evaluate(pick(identity, computedIndexes));
        @Nullable Object[] all = Arrays.copyOf(values, values.length + more.length);
        System.arraycopy(more, 0, all, values.length, more.length);
        return all;
    }

    private static @Nullable Object[] pick(@Nullable Object[] values, int[] indexes) {
        @Nullable Object[] picked = new @Nullable Object[indexes.length];
        for (int i = 0; i < indexes.length; i++) {
            picked[i] = values[indexes[i]];
        }
        return picked;
    }
}
