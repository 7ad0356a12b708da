package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.SourceRecord;
import dev.sluice.schemas.event.Op;
import org.jspecify.annotations.Nullable;

/** Turns images of one table's rows into records: what is selected as an upsert, everything else as a delete of its key. */
record SelectedRows(RowSelection selection, RowConverter converter) {
    /** Null for a row that stays behind; refused when the source's SQL fails on it, or a value cannot be converted. */
    @Nullable
    SourceRecord upsert(Op op, @Nullable Object[] image) {
        try {
            return selection.holds(image) ? converter.upsert(op, selection.row(image)) : null;
        } catch (Refusal refusal) {
            return converter.refused(op, known(image), refusal);
        }
    }

    /** As much as can be said of a row that is refused. */
    private @Nullable Object[] known(@Nullable Object[] image) {
        try {
            return selection.row(image);
        } catch (Refusal refusal) {
            return selection.storedRow(image);
        }
    }

    /**
     * Null when the target cannot have such a row.
     *
     * @param identity as {@link RowSelection#identity} has it
     */
    @Nullable
    SourceRecord delete(@Nullable Object[] identity) {
        try {
            return converter.delete(selection.key(identity));
        } catch (Refusal refusal) {
            return null;
        }
    }

    /** {@link RowConverter#canonical} of a row's key; empty for one that the target cannot have. */
    String canonicalOf(@Nullable Object[] identity) {
        try {
            return converter.canonicalOf(selection.key(identity));
        } catch (Refusal refusal) {
            return "";
        }
    }

    /** Whether two rows of the source are one of the target. */
    boolean isSameKey(@Nullable Object[] one, @Nullable Object[] other) {
        try {
            return converter.isSameKey(selection.key(one), selection.key(other));
        } catch (Refusal refusal) {
            return false;
        }
    }
}
