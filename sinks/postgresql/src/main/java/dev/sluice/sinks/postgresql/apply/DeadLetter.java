package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.event.Rejected;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An event that could not become a row.
 *
 * @param table {@code schema.table}
 * @param sequence the event's own: what was released later does not make an old version newer
 * @param key as {@link ControlText#key} gives it
 * @param standing the sequence under which it stands in {@code ordered}
 * @param whole nothing of an older version is left behind it
 * @param fresh of a row that was read, and came for the first time
 * @param parents rows that are not in the target, and for whose want this one is refused
 */
@SuppressWarnings("ArrayRecordComponent") // shared, not copied, and never compared
record DeadLetter(
        String table,
        String key,
        long sequence,
        String op,
        @Nullable String column,
        String reason,
        String message,
        byte[] raw,
        String rawFormat,
        long standing,
        boolean whole,
        boolean fresh,
        List<RowKey> parents) {
    RowKey row() {
        return new RowKey(table, key);
    }

    DeadLetter withKey(String other) {
        return new DeadLetter(
                table, other, sequence, op, column, reason, message, raw, rawFormat, standing, whole, fresh, parents);
    }

    /** A source record that the producer could not convert. */
    static DeadLetter of(Rejected rejected, long sequence) {
        return new DeadLetter(
                rejected.table().toString(),
                ControlText.key(rejected.key()),
                sequence,
                rejected.op().code(),
                rejected.column(),
                rejected.reason(),
                ControlText.clean(rejected.message()),
                rejected.raw(),
                rejected.rawFormat(),
                sequence,
                true,
                rejected.source().snapshot(),
                List.of());
    }

    /** A change that PostgreSQL refused. */
    static DeadLetter of(RowChange change, Refusal refusal, List<RowKey> parents) {
        return of(change, refusal.column(), refusal.reason(), refusal.message(), parents);
    }

    /** A part of a row that is not there. */
    static DeadLetter missing(RowChange partial) {
        return of(
                partial,
                null,
                LetterRefresh.MISSING_ROW,
                "the event brings some columns of a row only, and the row is not in the target: it was deleted there by somebody else");
    }

    static DeadLetter of(RowChange change, @Nullable String column, String reason, String message) {
        return of(change, column, reason, message, List.of());
    }

    static DeadLetter of(
            RowChange change, @Nullable String column, String reason, String message, List<RowKey> parents) {
        return new DeadLetter(
                change.table().id().toString(),
                change.keyText(),
                change.origin(),
                change.change().op().code(),
                column,
                reason,
                message,
                RowJson.encode(change),
                RowJson.FORMAT,
                change.sequence(),
                change.isWhole(),
                change.fresh(),
                parents);
    }
}
