package dev.sluice.producers.api;

import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.Transformed;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One record of a source, already in the target's notation. */
public sealed interface SourceRecord {
    TableId tableId();

    Op op();

    /**
     * A change of a row, or a truncate. A changed key is two records: a delete of the old key, then a create of the new one.
     *
     * @param before of a delete: at least the key's columns; otherwise null
     * @param after of an upsert: the full row in the order of {@code table.columns()}; otherwise null
     * @param unchanged columns that the source did not deliver because they did not change; they are null in {@code after}
     * @param transformed values of {@code after} that {@link ValueRules} changed
     * @param stored of a row that was read by a source that knows it: the values as the source holds them, in the order of {@code after}, for its {@link Notation}; otherwise null
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Row(
            Table table,
            Op op,
            @Nullable Object @Nullable [] before,
            @Nullable Object @Nullable [] after,
            Set<String> unchanged,
            List<Transformed> transformed,
            @Nullable Object @Nullable [] stored)
            implements SourceRecord {
        public Row {
            transformed = List.copyOf(transformed);
        }

        public Row(
                Table table,
                Op op,
                @Nullable Object @Nullable [] before,
                @Nullable Object @Nullable [] after,
                Set<String> unchanged) {
            this(table, op, before, after, unchanged, List.of(), null);
        }

        @Override
        public TableId tableId() {
            return table.id();
        }

        /** The same row with other values. */
        public Row with(@Nullable Object[] other) {
            return new Row(table, op, before, other, unchanged, transformed, stored);
        }

        public static Row upsert(Table table, Op op, @Nullable Object[] after) {
            return new Row(table, op, null, after, Set.of());
        }

        public static Row upsert(Table table, Op op, @Nullable Object[] after, List<Transformed> transformed) {
            return new Row(table, op, null, after, Set.of(), transformed, null);
        }

        /** With the values that it was made of. */
        public static Row upsert(
                Table table,
                Op op,
                @Nullable Object[] after,
                List<Transformed> transformed,
                @Nullable Object[] stored) {
            return new Row(table, op, null, after, Set.of(), transformed, stored);
        }

        public static Row delete(Table table, @Nullable Object[] before) {
            return new Row(table, Op.DELETE, before, null, Set.of());
        }
    }

    /** A record that could not be decoded or converted; fields as in {@link dev.sluice.schemas.event.Rejected}. */
    @SuppressWarnings("ArrayRecordComponent")
    record Refused(
            TableId tableId,
            Op op,
            String key,
            @Nullable String column,
            String reason,
            String message,
            byte[] raw,
            String rawFormat)
            implements SourceRecord {}
}
