package dev.sluice.schemas.event;

import dev.sluice.schemas.relational.Table;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A change of one row, or a truncate.
 *
 * <p>Rows are arrays in the order of {@code table.columns()}, of the Java types that
 * {@link dev.sluice.schemas.relational.LogicalType} names. They are shared, not copied: nobody changes them.
 */
public final class Change implements Event {
    private final Table table;
    private final Op op;
    private final @Nullable Object @Nullable [] before;
    private final @Nullable Object @Nullable [] after;
    private final Set<String> unchanged;
    private final Source source;
    private final Transaction transaction;
    private final long publishedMillis;
    private final List<Transformed> transformed;

    /**
     * @param before of a delete: at least the key's columns, the others may be null; otherwise null. A changed key is a delete and a create.
     * @param after of an upsert: the full row; otherwise null
     * @param unchanged columns that the source did not deliver because they did not change; they are null in {@code after}
     * @param transformed values of {@code after} that are not the source's own
     */
    public Change(
            Table table,
            Op op,
            @Nullable Object @Nullable [] before,
            @Nullable Object @Nullable [] after,
            Set<String> unchanged,
            Source source,
            Transaction transaction,
            long publishedMillis,
            List<Transformed> transformed) {
        boolean deletes = op == Op.DELETE;
        boolean upserts = !deletes && op != Op.TRUNCATE;
        if ((after != null) != upserts || (before == null && deletes)) {
            throw new IllegalArgumentException(
                    "a change with op " + op.code() + " of " + table.id() + " has the wrong images");
        }
        this.table = table;
        this.op = op;
        this.before = before;
        this.after = after;
        this.unchanged = Set.copyOf(unchanged);
        this.source = source;
        this.transaction = transaction;
        this.publishedMillis = publishedMillis;
        this.transformed = List.copyOf(transformed);
    }

    /** A change whose values are all the source's own. */
    public Change(
            Table table,
            Op op,
            @Nullable Object @Nullable [] before,
            @Nullable Object @Nullable [] after,
            Set<String> unchanged,
            Source source,
            Transaction transaction,
            long publishedMillis) {
        this(table, op, before, after, unchanged, source, transaction, publishedMillis, List.of());
    }

    public Table table() {
        return table;
    }

    public Op op() {
        return op;
    }

    public boolean isUpsert() {
        return after != null;
    }

    public boolean isDelete() {
        return op == Op.DELETE;
    }

    /** The row after an upsert. */
    public @Nullable Object[] after() {
        return Objects.requireNonNull(after, "only an upsert has an after image");
    }

    /** The row, at least its key, before a delete. */
    public @Nullable Object[] before() {
        return Objects.requireNonNull(before, "only a delete has a before image");
    }

    /** The key's values, in key order. Not for a truncate. */
    public @Nullable Object[] key() {
        @Nullable Object[] row = after != null ? after : before();
        int[] indexes = table.keyIndexes();
        @Nullable Object[] key = new @Nullable Object[indexes.length];
        for (int i = 0; i < indexes.length; i++) {
            key[i] = row[indexes[i]];
        }
        return key;
    }

    public Set<String> unchanged() {
        return unchanged;
    }

    /** Values that are not the source's own, by the producer's rules or the gate's. */
    public List<Transformed> transformed() {
        return transformed;
    }

    @Override
    public Source source() {
        return source;
    }

    @Override
    public Transaction transaction() {
        return transaction;
    }

    @Override
    public long publishedMillis() {
        return publishedMillis;
    }

    /** Names the change without its values. */
    @Override
    public String toString() {
        return op + " of " + table.id() + " at sequence " + source.sequence();
    }
}
