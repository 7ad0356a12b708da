package dev.sluice.sinks.postgresql.replay;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.sinks.postgresql.apply.ControlText;
import dev.sluice.sinks.postgresql.ordered.LoggedRecord;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A record that wrote or deleted a row.
 *
 * @param key of a truncate the whole table's
 * @param unchanged columns that it leaves as they are; empty of whole rows, deletes and truncates
 */
@SuppressWarnings("ArrayRecordComponent") // shared, not copied, and never compared
record Entry(
        String table,
        String key,
        long sequence,
        Set<String> unchanged,
        boolean truncates,
        int rank,
        byte[] header,
        byte[] value) {
    Entry {
        unchanged = Set.copyOf(unchanged);
    }

    /**
     * Empty where nothing was written of the record, or to a table that is not wanted.
     *
     * @param tables those that are wanted, with the sequence in which each begins
     */
    static Optional<Entry> of(LoggedRecord logged, Map<String, Long> tables, Ranks ranks) {
        OrderedHeader header = logged.header();
        if (!(logged.event() instanceof Change change)
                || !writes(header.outcome())
                || header.sequence() < tables.getOrDefault(change.table().id().toString(), Long.MAX_VALUE)) {
            return Optional.empty();
        }
        boolean evicts = header.outcome() == Outcome.EVICT;
        boolean upserts = change.isUpsert() && !evicts;
        return Optional.of(new Entry(
                change.table().id().toString(),
                ControlText.key(change),
                header.sequence(),
                upserts ? change.unchanged() : Set.of(),
                change.op() == Op.TRUNCATE,
                upserts
                        ? ranks.upsert(change.table().id())
                        : ranks.delete(change.table().id()),
                logged.encodedHeader(),
                logged.value()));
    }

    private static boolean writes(Outcome outcome) {
        return switch (outcome) {
            case APPLY, SET_NULL, EVICT -> true;
            case WAIT, STALE, HOLD, FORGET, CONTROL, QUARANTINE -> false;
        };
    }

    /** Whether nothing of an older record of the same row is left behind this one. */
    boolean replaces(Entry older) {
        return older.unchanged.containsAll(unchanged);
    }

    /** A JSON array. */
    String unchangedText() {
        return KeyText.of(unchanged.stream().sorted().toArray());
    }
}
