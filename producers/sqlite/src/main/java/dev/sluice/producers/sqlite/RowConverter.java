package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.SourceRecord;
import dev.sluice.producers.sqlite.SqliteSettings.RealTimestamps;
import dev.sluice.producers.sqlite.StoredValue.RawText;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.Table;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Turns stored rows of one table into records. A value that cannot be converted refuses its row, never more. */
final class RowConverter {
    private final Table table;
    private final List<String> sourceColumns;
    private final List<String> sourceKey;
    private final Conversion[] conversions;
    private final int[] keyIndexes;

    RowConverter(CapturedTable captured, RealTimestamps realTimestamps) {
        this.table = captured.target();
        this.sourceColumns = captured.sourceColumns();
        this.sourceKey = captured.sourceKey();
        this.conversions = table.columns().stream()
                .map(column -> Conversion.to(column, realTimestamps))
                .toArray(Conversion[]::new);
        this.keyIndexes = table.keyIndexes();
    }

    Table table() {
        return table;
    }

    /** @param stored in the order of the table's columns */
    SourceRecord upsert(Op op, @Nullable Object[] stored) {
        return upsert(op, stored, Set.of());
    }

    /** @param unchanged target columns that {@code stored} does not know; they are null in it */
    SourceRecord upsert(Op op, @Nullable Object[] stored, Set<String> unchanged) {
        @Nullable Object[] row = new @Nullable Object[stored.length];
        int index = 0;
        try {
            for (; index < stored.length; index++) {
                Object value = stored[index];
                row[index] = value == null ? null : conversions[index].convert(value);
            }
        } catch (Refusal refusal) {
            return refused(op, key(stored), index, refusal, RawRow.of(sourceColumns, stored));
        }
        int missing = nullKey(row);
        if (missing >= 0) {
            Refusal refusal = Refusal.of("null-key", "a key without NULL was expected, NULL was found");
            return refused(op, key(stored), keyIndexes[missing], refusal, RawRow.of(sourceColumns, stored));
        }
        return new SourceRecord.Row(table, op, null, row, unchanged);
    }

    /** @param storedKey in key order */
    SourceRecord delete(@Nullable Object[] storedKey) {
        @Nullable Object[] before = new @Nullable Object[conversions.length];
        int index = 0;
        try {
            for (; index < storedKey.length; index++) {
                Object value = storedKey[index];
                if (value == null) {
                    throw Refusal.of("null-key", "a key without NULL was expected, NULL was found");
                }
                before[keyIndexes[index]] = conversions[keyIndexes[index]].convert(value);
            }
        } catch (Refusal refusal) {
            return refused(Op.DELETE, storedKey, keyIndexes[index], refusal, RawRow.of(sourceKey, storedKey));
        }
        return SourceRecord.Row.delete(table, before);
    }

    /** Whether two stored keys are the same row of the target. */
    boolean isSameKey(@Nullable Object[] storedOne, @Nullable Object[] storedOther) {
        if (Arrays.deepEquals(storedOne, storedOther)) {
            return true;
        }
        Object[] one = convertedKey(storedOne);
        return one != null && Arrays.deepEquals(one, convertedKey(storedOther));
    }

    /** The key's stored values in key order. */
    @Nullable
    Object[] key(@Nullable Object[] stored) {
        @Nullable Object[] key = new @Nullable Object[keyIndexes.length];
        for (int i = 0; i < key.length; i++) {
            key[i] = stored[keyIndexes[i]];
        }
        return key;
    }

    private int nullKey(@Nullable Object[] row) {
        for (int i = 0; i < keyIndexes.length; i++) {
            if (row[keyIndexes[i]] == null) {
                return i;
            }
        }
        return -1;
    }

    private @Nullable Object @Nullable [] convertedKey(@Nullable Object[] stored) {
        @Nullable Object[] key = new @Nullable Object[stored.length];
        try {
            for (int i = 0; i < stored.length; i++) {
                Object value = stored[i];
                if (value == null) {
                    return null;
                }
                key[i] = conversions[keyIndexes[i]].convert(value);
            }
            return key;
        } catch (Refusal e) {
            return null;
        }
    }

    private SourceRecord.Refused refused(
            Op op, @Nullable Object[] storedKey, int columnIndex, Refusal refusal, byte[] raw) {
        Column column = table.columns().get(columnIndex);
        @Nullable Object[] key = convertedKey(storedKey);
        String message = "column " + column.name() + " (" + column.nativeType() + "; in the source "
                + sourceColumns.get(columnIndex) + "): " + refusal.text();
        return new SourceRecord.Refused(
                table.id(),
                op,
                KeyText.of(key != null ? key : spelled(storedKey)),
                column.name(),
                refusal.reason(),
                message,
                raw,
                RawRow.FORMAT);
    }

    private static @Nullable Object[] spelled(@Nullable Object[] storedKey) {
        @Nullable Object[] spelled = storedKey.clone();
        for (int i = 0; i < spelled.length; i++) {
            if (spelled[i] instanceof RawText) {
                spelled[i] = ((RawText) spelled[i]).bytes();
            }
        }
        return spelled;
    }
}
