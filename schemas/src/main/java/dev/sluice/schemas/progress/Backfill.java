package dev.sluice.schemas.progress;

import org.jspecify.annotations.Nullable;

/**
 * Why a table that was read already is, or was last, read again.
 *
 * @param signal the id of the signal that asked for it; the same for all its tables
 * @param where the condition of the rows that are read, in the source's own language; null for all
 * @param truncate whether the table was emptied first
 */
public record Backfill(String signal, @Nullable String where, boolean truncate) {
    /** The same request without its condition. */
    public Backfill ofAllRows() {
        return new Backfill(signal, null, truncate);
    }
}
