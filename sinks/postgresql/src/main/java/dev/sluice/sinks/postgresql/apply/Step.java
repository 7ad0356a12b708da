package dev.sluice.sinks.postgresql.apply;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One statement.
 *
 * @param columns indexes into {@code table.columns()} that rows carry; of a delete the key's
 */
@SuppressWarnings("ArrayRecordComponent") // shared, not copied, and never compared
record Step(StepKind kind, BoundTable table, int[] columns, List<Row> rows) {
    /**
     * @param values in the table's order of columns; only those named by {@code columns} count
     * @param sequence under which the event stands in {@code ordered}
     */
    @SuppressWarnings("ArrayRecordComponent") // shared, not copied, and never compared
    record Row(@Nullable Object[] values, long sequence) {}

    /** For fault points and log lines. */
    String describe() {
        return kind.name().toLowerCase(java.util.Locale.ROOT) + " " + table;
    }
}
