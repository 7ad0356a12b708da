package dev.sluice.streams.gate;

import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import dev.sluice.streams.state.ByteReader;
import dev.sluice.streams.state.ByteWriter;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A key of a gated table, its primary key or another unique one: columns in the order of their names, so that every foreign key to it gives
 * the same bytes. Images: the spec's id, then per column 0 for NULL or 1 and the value; no image is a prefix of another.
 */
final class KeySpec {
    static final int ID_BYTES = 2;

    private final int id;
    private final Table table;
    private final int tableOrdinal;
    private final List<String> columns;
    private final KeyKind[] kinds;
    private final boolean primary;

    KeySpec(int id, Table table, int tableOrdinal, List<String> columns) {
        this.id = id;
        this.table = table;
        this.tableOrdinal = tableOrdinal;
        this.columns = columns;
        this.primary = columns.equals(table.primaryKey().stream().sorted().toList());
        this.kinds = columns.stream()
                .map(c -> KeyKind.of(table.columns().get(table.indexOf(c))))
                .toArray(KeyKind[]::new);
    }

    int id() {
        return id;
    }

    Table table() {
        return table;
    }

    boolean isPrimary() {
        return primary;
    }

    int tableOrdinal() {
        return tableOrdinal;
    }

    List<String> columns() {
        return columns;
    }

    /**
     * @param row a row of the side that refers
     * @param indexes where the values stand in it, in the order of {@link #columns}
     */
    KeyImage image(@Nullable Object[] row, int[] indexes, boolean matchFull, ByteWriter out) {
        out.reset().i16(id);
        int nulls = 0;
        for (int i = 0; i < kinds.length; i++) {
            nulls += write(row[indexes[i]], kinds[i], out);
        }
        return KeyImage.of(kind(nulls, matchFull), out.toBytes());
    }

    /** As {@link #image}, but columns that the event leaves out come from an earlier image. */
    KeyImage image(PartialRow partial, int[] indexes, boolean matchFull, KeyImage earlier, ByteWriter out) {
        out.reset().i16(id);
        byte[] known = earlier.bytes();
        ByteReader in = new ByteReader(known, ID_BYTES);
        int nulls = 0;
        for (int i = 0; i < kinds.length; i++) {
            int from = in.at();
            boolean wasNull = in.u8() == 0;
            if (!wasNull) {
                kinds[i].read(in);
            }
            if (partial.leavesOut(indexes[i])) {
                out.raw(known, from, in.at() - from);
                nulls += wasNull ? 1 : 0;
            } else {
                nulls += write(partial.row()[indexes[i]], kinds[i], out);
            }
        }
        return KeyImage.of(kind(nulls, matchFull), out.toBytes());
    }

    private static int write(@Nullable Object value, KeyKind kind, ByteWriter out) {
        if (value == null) {
            out.u8(0);
            return 1;
        }
        out.u8(1);
        kind.write(value, out);
        return 0;
    }

    private KeyImage.Kind kind(int nulls, boolean matchFull) {
        if (nulls == 0) {
            return KeyImage.Kind.KEY;
        }
        return matchFull && nulls < kinds.length ? KeyImage.Kind.IMPOSSIBLE : KeyImage.Kind.NULL;
    }

    /** The key's values, for people. */
    @Nullable
    Object[] values(byte[] image) {
        ByteReader in = new ByteReader(image, ID_BYTES);
        @Nullable Object[] values = new @Nullable Object[kinds.length];
        for (int i = 0; i < kinds.length; i++) {
            values[i] = in.u8() == 0 ? null : kinds[i].read(in);
        }
        return values;
    }

    /** The key's values as an event of its table carries them; equal to the row's own ones, the same only where {@link #givesValuesBack}. */
    Map<String, Object> valuesByColumn(byte[] image) {
        @Nullable Object[] values = values(image);
        Map<String, Object> row = new HashMap<>();
        for (int i = 0; i < values.length; i++) {
            Column column = table.column(columns.get(i)).orElseThrow();
            row.put(columns.get(i), typed(Objects.requireNonNull(values[i]), column.type()));
        }
        return row;
    }

    /** A value that is equal to what the image was made of, as a type on either side of a foreign key carries it. */
    static Object typed(Object value, LogicalType type) {
        return switch (type) {
            case INT16, INT32, DATE -> ((Number) value).intValue();
            case FLOAT32 -> ((Number) value).floatValue();
            case BOOLEAN, INT64, FLOAT64, DECIMAL, TEXT, BYTES, UUID, TIME, TIMESTAMP, TIMESTAMPTZ, JSON, NATIVE ->
                value;
        };
    }

    /** Whether a value can be told from its image to the last bit, so that it may be written in its place. */
    boolean givesValuesBack() {
        return Arrays.stream(kinds).allMatch(KeyKind::isExact);
    }

    /** How many bytes of an array, from an offset on, are an image of this spec. */
    int lengthAt(byte[] bytes, int from) {
        ByteReader in = new ByteReader(bytes, from + ID_BYTES);
        for (KeyKind kind : kinds) {
            if (in.u8() != 0) {
                kind.read(in);
            }
        }
        return in.at() - from;
    }

    /** The image of NULL in every column. */
    KeyImage nullImage() {
        byte[] bytes = Arrays.copyOf(prefix(), ID_BYTES + kinds.length);
        return KeyImage.of(KeyImage.Kind.NULL, bytes);
    }

    /** What every image of the spec begins with. */
    byte[] prefix() {
        return new byte[] {(byte) (id >>> 8), (byte) id};
    }

    boolean isImage(byte[] image) {
        return idOf(image) == id;
    }

    static int idOf(byte[] image) {
        return ((image[0] & 0xff) << 8) | (image[1] & 0xff);
    }

    boolean isOver(Set<String> names) {
        return Set.copyOf(columns).equals(names);
    }

    /** For the plan's fingerprint. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(table.id().toString()).append('(');
        for (int i = 0; i < kinds.length; i++) {
            text.append(i == 0 ? "" : ",").append(columns.get(i)).append(' ').append(kinds[i]);
        }
        return text.append(')').toString();
    }
}
