package dev.sluice.streams.gate;

import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.TableId;
import java.util.List;

/**
 * A gated foreign key.
 *
 * @param ordinal its number in the plan
 * @param columns the child's columns, in the order of {@code parent.columns()}
 */
record Edge(int ordinal, TableId child, ForeignKey foreignKey, KeySpec parent, List<String> columns) {
    boolean leavesTable() {
        return !child.equals(parent.table().id());
    }

    @Override
    public String toString() {
        return foreignKey.name() + ": " + child + columns + " -> " + parent
                + (foreignKey.matchFull() ? " match full" : "");
    }
}
