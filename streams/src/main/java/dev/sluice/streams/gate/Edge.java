package dev.sluice.streams.gate;

import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.TableId;
import java.util.List;

/**
 * A gated foreign key.
 *
 * @param ordinal its number in the plan
 * @param columns the child's columns, in the order of {@code parent.columns()}
 * @param nullable those of them that may be NULL
 * @param soft PostgreSQL can do without the parent for a moment: the key is deferrable, or NULL can stand in for it
 * @param light the source enforces it and who refers to whom is not remembered
 */
record Edge(
        int ordinal,
        TableId child,
        ForeignKey foreignKey,
        KeySpec parent,
        List<String> columns,
        List<String> nullable,
        boolean soft,
        boolean light,
        OnOrphan onOrphan) {
    boolean leavesTable() {
        return !child.equals(parent.table().id());
    }

    /** Whether it refers to the parent's primary key. */
    boolean isToPrimary() {
        return parent.isPrimary();
    }

    /** Whether it is remembered which rows refer to a key, not only how many. */
    boolean namesReferrers() {
        return onOrphan == OnOrphan.SET_NULL || onOrphan == OnOrphan.EVICT;
    }

    /** For the plan's fingerprint: all that the state depends on. */
    @Override
    public String toString() {
        return foreignKey.name() + ": " + child + columns + " -> " + parent
                + (foreignKey.matchFull() ? " match full" : "")
                + (light ? " enforced by the source" : "")
                + (namesReferrers() ? " with known referrers" : "");
    }
}
