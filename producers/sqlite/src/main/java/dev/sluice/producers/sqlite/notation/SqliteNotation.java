package dev.sluice.producers.sqlite.notation;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.Notation;
import dev.sluice.producers.api.ValueRules;
import dev.sluice.producers.api.ValueRules.OnNull;
import dev.sluice.producers.sqlite.SqliteSettings.RealTimestamps;
import dev.sluice.schemas.relational.Column;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How SQLite writes the values of one table. Stored are {@link Long} (INTEGER), {@link Double} (REAL), {@link String} (TEXT), {@code byte[]} (BLOB, and TEXT that is not UTF-8), and null.
 *
 * <p>Goes backwards: the value of the target is written in the style that the stored value shows (its separator, digits, offset, case, unit), and compared with it. Nothing here reads a stored value the way the
 * conversions do, and nothing of theirs can be seen from here. {@code OTHER} is never said of a value that was converted as {@code docs/conversions.md} has it. {@code UNKNOWN} is said
 * where PostgreSQL has a notation of its own that only it can write (arrays, {@code inet}, …), and of a NULL in whose place the target has a default.
 *
 * <p>Thread-safe.
 */
public final class SqliteNotation implements Notation {
    private final ColumnNotation[] columns;
    /** Whether a value may stand in the target where NULL is stored. */
    private final boolean[] defaults;

    private SqliteNotation(CapturedTable table, RealTimestamps reals) {
        List<Column> targets = table.target().columns();
        this.columns = new ColumnNotation[targets.size()];
        this.defaults = new boolean[targets.size()];
        for (int i = 0; i < columns.length; i++) {
            Column column = targets.get(i);
            ValueRules rules = table.rules(column.name());
            columns[i] = of(column, rules.timeZone().orElse(ZoneOffset.UTC), reals);
            defaults[i] = !column.nullable() && column.hasDefault() && rules.of(OnNull.class) == OnNull.DEFAULT;
        }
    }

    /** @param reals what a REAL in a timestamp column means */
    public static SqliteNotation of(CapturedTable table, RealTimestamps reals) {
        return new SqliteNotation(table, reals);
    }

    private static ColumnNotation of(Column column, ZoneId zone, RealTimestamps reals) {
        return switch (column.type()) {
            case BOOLEAN -> NumberNotation::bool;
            case INT16, INT32, INT64 -> NumberNotation::integer;
            case FLOAT32 -> NumberNotation::single;
            case FLOAT64 -> NumberNotation::doublePrecision;
            case DECIMAL -> NumberNotation::decimal;
            case TEXT -> TextNotation.of(column);
            case NATIVE -> TextNotation::nativeText;
            case BYTES -> TextNotation::bytes;
            case UUID -> UuidNotation::compare;
            case DATE, TIME, TIMESTAMP, TIMESTAMPTZ -> TimeNotation.of(column.type(), zone.getRules(), reals);
            case JSON -> new JsonNotation(column.nativeType().equals("json"));
        };
    }

    @Override
    public Answer compare(int column, @Nullable Object stored, @Nullable Object value) {
        if (stored == null) {
            return value != null && defaults[column] ? Answer.UNKNOWN : ColumnNotation.same(value == null);
        }
        return value == null ? Answer.OTHER : columns[column].compare(stored, value);
    }
}
