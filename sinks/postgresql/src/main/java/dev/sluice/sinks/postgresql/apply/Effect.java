package dev.sluice.sinks.postgresql.apply;

import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a batch does to one row in the end.
 *
 * @param only it is what one change does, the row's only one in the batch
 */
@SuppressWarnings("ArrayRecordComponent") // shared, not copied, and never compared
record Effect(StepKind kind, BoundTable table, int[] columns, Step.Row row, boolean only) {
    static Effect of(RowChange change, boolean only) {
        int[] columns = change.kind() == StepKind.DELETE ? change.table().keyIndexes() : change.delivered();
        return new Effect(change.kind(), change.table(), columns, new Step.Row(change.row(), change.sequence()), only);
    }

    /** This effect, an upsert or partial update, and then a partial update of the same shape. */
    Effect with(RowChange partial) {
        @Nullable Object[] values = row.values().clone();
        @Nullable Object[] newer = partial.row();
        int[] delivered = partial.delivered();
        for (int index : delivered) {
            values[index] = newer[index];
        }
        int[] union = IntStream.concat(IntStream.of(columns), IntStream.of(delivered))
                .distinct()
                .sorted()
                .toArray();
        return new Effect(kind, table, union, new Step.Row(values, partial.sequence()), false);
    }
}
