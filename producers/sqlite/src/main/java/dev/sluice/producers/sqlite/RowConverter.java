package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.Marks;
import dev.sluice.producers.api.SourceRecord;
import dev.sluice.producers.api.ValueRules;
import dev.sluice.producers.api.ValueRules.OnFraction;
import dev.sluice.producers.sqlite.LargeRows.LeftOut;
import dev.sluice.producers.sqlite.SqliteSettings.RealTimestamps;
import dev.sluice.producers.sqlite.StoredValue.RawText;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import java.math.BigDecimal;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Turns stored rows of one table into records. A value that cannot be converted refuses its row, never more. */
final class RowConverter {
    private static final int HASH_BYTES = 8;

    private final Table table;
    private final List<String> sourceColumns;
    private final String[] columns;
    private final Conversion[] conversions;
    private final int[] keyIndexes;

    RowConverter(CapturedTable captured, RealTimestamps realTimestamps) {
        this.table = captured.target();
        this.sourceColumns = captured.sourceColumns();
        this.columns = table.columns().stream().map(Column::name).toArray(String[]::new);
        this.conversions = table.columns().stream()
                .map(column -> Conversion.to(column, rules(captured, column.name()), realTimestamps))
                .toArray(Conversion[]::new);
        this.keyIndexes = table.keyIndexes();
    }

    /** Two keys that differ in digits that are cut off would become one. */
    private static ValueRules rules(CapturedTable captured, String column) {
        ValueRules rules = captured.rules(column);
        return captured.target().primaryKey().contains(column) ? rules.with(OnFraction.REJECT) : rules;
    }

    Table table() {
        return table;
    }

    /** @param stored in the order of the table's columns; a row that was read keeps it for comparisons */
    SourceRecord upsert(Op op, @Nullable Object[] stored) {
        @Nullable Object[] row = new @Nullable Object[stored.length];
        Marks marks = new Marks();
        int index = 0;
        try {
            for (; index < stored.length; index++) {
                Object value = stored[index];
                row[index] = value == null ? null : converted(index, value, marks);
            }
        } catch (Refusal refusal) {
            return refused(op, key(stored), index, refusal, RawRow.of(sourceColumns, stored));
        }
        int missing = nullKey(row);
        if (missing >= 0) {
            Refusal refusal = Refusal.of("null-key", "a key without NULL was expected, NULL was found");
            return refused(op, key(stored), keyIndexes[missing], refusal, RawRow.of(sourceColumns, stored));
        }
        return op == Op.READ
                ? SourceRecord.Row.upsert(table, op, row, marks.all(), stored)
                : SourceRecord.Row.upsert(table, op, row, marks.all());
    }

    /**
     * Null for a key that cannot be converted: the target never had such a row.
     *
     * @param storedKey in key order
     */
    @Nullable
    SourceRecord delete(@Nullable Object[] storedKey) {
        @Nullable Object[] key = convertedKey(storedKey);
        if (key == null) {
            return null;
        }
        @Nullable Object[] before = new @Nullable Object[conversions.length];
        for (int i = 0; i < key.length; i++) {
            before[keyIndexes[i]] = key[i];
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

    /** A target's key in a form that is equal when the keys are: decimals without trailing zeros. */
    String canonical(@Nullable Object[] key) {
        @Nullable Object[] canonical = key.clone();
        for (int i = 0; i < canonical.length; i++) {
            boolean decimal = table.columns().get(keyIndexes[i]).type() == LogicalType.DECIMAL;
            if (decimal && canonical[i] instanceof String text && Character.isDigit(text.charAt(text.length() - 1))) {
                canonical[i] = new BigDecimal(text).stripTrailingZeros().toPlainString();
            }
        }
        return KeyText.of(canonical);
    }

    /** {@link #canonical} of what a stored key becomes; empty for one that cannot be converted. */
    String canonicalOf(@Nullable Object[] storedKey) {
        @Nullable Object[] key = convertedKey(storedKey);
        return key == null ? "" : canonical(key);
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
                key[i] = converted(keyIndexes[i], value, new Marks());
            }
            return key;
        } catch (Refusal e) {
            return null;
        }
    }

    private @Nullable Object converted(int index, Object value, Marks marks) throws Refusal {
        if (value instanceof LeftOut leftOut) {
            throw leftOut.refusal();
        }
        marks.in(columns[index]);
        return conversions[index].convert(value, marks);
    }

    /** A row that is refused as a whole. */
    SourceRecord refused(Op op, @Nullable Object[] stored, Refusal refusal) {
        byte[] raw = RawRow.of(sourceColumns, stored);
        String key = keyText(key(stored), raw);
        return new SourceRecord.Refused(
                table.id(), op, key, null, refusal.reason(), refusal.text(), raw, RawRow.FORMAT);
    }

    private SourceRecord.Refused refused(
            Op op, @Nullable Object[] storedKey, int columnIndex, Refusal refusal, byte[] raw) {
        Column column = table.columns().get(columnIndex);
        String message = "column " + column.name() + " (" + column.nativeType() + "; in the source "
                + sourceColumns.get(columnIndex) + "): " + refusal.text();
        return new SourceRecord.Refused(
                table.id(), op, keyText(storedKey, raw), column.name(), refusal.reason(), message, raw, RawRow.FORMAT);
    }

    /** Rows with NULL in their key are told apart by what is in them. */
    private String keyText(@Nullable Object[] storedKey, byte[] raw) {
        @Nullable Object[] key = convertedKey(storedKey);
        String text = KeyText.of(key != null ? key : spelled(storedKey));
        return Arrays.asList(storedKey).contains(null) ? text + '#' + hash(raw) : text;
    }

    private static String hash(byte[] raw) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(raw);
            return HexFormat.of().formatHex(digest, 0, HASH_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw SluiceException.of(ErrorKind.BUG, "every Java platform has SHA-256", e);
        }
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
