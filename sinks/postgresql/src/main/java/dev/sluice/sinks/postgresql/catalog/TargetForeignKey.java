package dev.sluice.sinks.postgresql.catalog;

import dev.sluice.schemas.relational.ForeignKey;

/**
 * A foreign key with what PostgreSQL would do by itself.
 *
 * @param onDelete {@code NO ACTION}, {@code RESTRICT}, {@code CASCADE}, {@code SET NULL} or {@code SET DEFAULT}
 * @param onUpdate likewise
 * @param initiallyDeferred checked at commit unless told otherwise
 * @param validated false for {@code NOT VALID}
 */
public record TargetForeignKey(
        ForeignKey key, String onDelete, String onUpdate, boolean initiallyDeferred, boolean validated) {
    /** Whether a delete of the parent changes or deletes rows instead of being refused. */
    public boolean actsOnDelete() {
        return acts(onDelete);
    }

    /** Whether a change of the referenced columns changes rows that refer to them instead of being refused. */
    public boolean actsOnUpdate() {
        return acts(onUpdate);
    }

    private static boolean acts(String action) {
        return !action.equals("NO ACTION") && !action.equals("RESTRICT");
    }
}
