package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.Transformed;
import dev.sluice.schemas.relational.TableId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A change that is to be applied.
 *
 * @param sequence the sequence under which it stands in {@code ordered}: of a release, the trigger's
 * @param evicts the row leaves, whatever the event says
 * @param fresh a row that was read comes for the first time: it is no release
 * @param run changes of one batch with the same number, other than {@link #ALONE}, are applied as one
 */
record RowChange(BoundTable table, Change change, long sequence, boolean evicts, boolean fresh, int run) {
    static final int ALONE = 0;

    RowChange(BoundTable table, Change change, long sequence) {
        this(table, change, sequence, false, false, ALONE);
    }

    /** Identity of a row within a batch; two bindings of one table hold the same rows. */
    record Key(TableId table, List<Object> values) {
        /** With whole numbers of one Java type, so that the keys of a child and of its parent can be compared whatever their widths. */
        Key comparable() {
            return new Key(
                    table,
                    values.stream()
                            .map(value -> value instanceof Integer number ? (Object) number.longValue() : value)
                            .toList());
        }

        /** As schema {@code sluice} spells it. */
        String text() {
            Object[] plain = values.stream().map(Key::plain).toArray();
            return ControlText.key(KeyText.of(plain));
        }

        private static Object plain(Object value) {
            if (!(value instanceof ByteBuffer buffer)) {
                return value;
            }
            byte[] bytes = new byte[buffer.remaining()];
            buffer.duplicate().get(bytes);
            return bytes;
        }
    }

    StepKind kind() {
        if (change.op() == Op.TRUNCATE) {
            return StepKind.TRUNCATE;
        }
        if (change.isDelete() || evicts) {
            return StepKind.DELETE;
        }
        return change.unchanged().isEmpty() ? StepKind.UPSERT : StepKind.UPDATE;
    }

    /** Whether a rule changed a value of the row, on its way or here. */
    boolean isTransformed() {
        return !change.transformed().isEmpty() || (needsDefault() && table.defaulted(row(), delivered()).length > 0);
    }

    /** Whether the row is written with NULL in place of a reference, until the parent comes. */
    boolean isNulled() {
        return change.transformed().stream().anyMatch(mark -> mark.rule().equals(Transformed.SET_NULL));
    }

    /** Whether nothing of an older version is left behind it: a whole version, or the row's end in the source. */
    boolean isWhole() {
        return !evicts && kind() != StepKind.UPDATE;
    }

    /** The row's values in the writer's order: after an upsert, before a delete. */
    @Nullable
    Object[] row() {
        return change.isDelete() ? change.before() : change.after();
    }

    /** Columns that a partial row delivers, in the writer's order; of other changes all. */
    int[] delivered() {
        if (change.unchanged().isEmpty()) {
            return table.allIndexes();
        }
        List<Integer> indexes = new ArrayList<>();
        for (int i = 0; i < table.columns().size(); i++) {
            if (!change.unchanged().contains(table.column(i).name())) {
                indexes.add(i);
            }
        }
        return indexes.stream().mapToInt(Integer::intValue).toArray();
    }

    /** Whether a NULL of the row becomes its column's default, which only PostgreSQL can evaluate. */
    boolean needsDefault() {
        return (kind() == StepKind.UPSERT || kind() == StepKind.UPDATE) && table.needsDefault(row());
    }

    Key key() {
        int[] indexes = table.keyIndexes();
        @Nullable Object[] row = row();
        List<Object> values = new ArrayList<>(indexes.length);
        for (int index : indexes) {
            Object value = row[index];
            values.add(value instanceof byte[] bytes ? ByteBuffer.wrap(bytes) : value == null ? "" : value);
        }
        return new Key(table.id(), values);
    }

    /**
     * Some columns as a key of a table, to be compared with a row's own; null where one of them is NULL.
     *
     * @param columns in the order of that key
     */
    @Nullable
    Key reference(TableId parent, int[] columns) {
        @Nullable Object[] row = row();
        List<Object> values = new ArrayList<>(columns.length);
        for (int column : columns) {
            Object value = row[column];
            if (value == null) {
                return null;
            }
            values.add(value instanceof byte[] bytes ? ByteBuffer.wrap(bytes) : value);
        }
        return new Key(parent, values).comparable();
    }

    /** The event's own sequence: of a release, older than the one under which it stands. */
    long origin() {
        return change.source().sequence();
    }

    /** Of a truncate, {@value ControlText#WHOLE_TABLE}. */
    String keyText() {
        return ControlText.key(change);
    }
}
