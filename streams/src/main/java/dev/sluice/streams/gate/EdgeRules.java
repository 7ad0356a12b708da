package dev.sluice.streams.gate;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.Table;
import java.util.List;

/** What a foreign key must be like for its rule to be possible. */
final class EdgeRules {
    /** The gate notes in a bit each which of them are NULL for now. */
    private static final int MOST_FOREIGN_KEYS = 60;

    private EdgeRules() {}

    /** @throws SluiceException when it is not */
    static void require(Table child, Edge edge) {
        if (edge.namesReferrers()) {
            requireExactKey(child, edge);
        }
        if (edge.onOrphan() == OnOrphan.SET_NULL) {
            requireFew(child, edge);
            requireNullable(child, edge);
        }
    }

    private static void requireExactKey(Table child, Edge edge) {
        boolean exact = child.primaryKey().stream()
                .allMatch(c -> KeyKind.of(child.column(c).orElseThrow()).isExact());
        if (!exact) {
            throw refused(
                    child,
                    edge,
                    "cannot name the rows of the table, because values of its key " + child.primaryKey()
                            + " may be equal and yet be spelt differently");
        }
    }

    private static void requireFew(Table child, Edge edge) {
        if (child.foreignKeys().size() > MOST_FOREIGN_KEYS) {
            throw refused(child, edge, "needs a table with at most " + MOST_FOREIGN_KEYS + " foreign keys");
        }
    }

    private static void requireNullable(Table child, Edge edge) {
        List<String> needed = edge.foreignKey().matchFull() ? edge.columns() : List.of();
        if (edge.nullable().isEmpty() || !edge.nullable().containsAll(needed)) {
            throw refused(
                    child, edge, "needs a column that may be NULL" + (needed.isEmpty() ? "" : ", here all of them"));
        }
        for (String column : edge.nullable()) {
            if (isShared(child, edge, column)) {
                throw refused(
                        child,
                        edge,
                        "cannot set column " + column + " to NULL, which another key of the table has too");
            }
        }
        if (!edge.parent().givesValuesBack()) {
            throw refused(
                    child,
                    edge,
                    "cannot write the reference back, because values of "
                            + edge.parent().columns() + " may be equal and yet be spelt differently");
        }
    }

    private static boolean isShared(Table child, Edge edge, String column) {
        boolean other = child.foreignKeys().stream()
                .filter(f -> !f.name().equals(edge.foreignKey().name()))
                .map(ForeignKey::columns)
                .anyMatch(c -> c.contains(column));
        return other
                || child.uniqueKeys().stream().anyMatch(u -> u.columns().contains(column))
                || child.primaryKey().contains(column);
    }

    private static SluiceException refused(Table child, Edge edge, String why) {
        return SluiceException.of(
                ErrorKind.CONFIGURATION,
                "foreign key " + edge.foreignKey().name() + " of " + child.id() + " has on-orphan: "
                        + (edge.onOrphan() == OnOrphan.EVICT ? "evict" : "set-null") + ", which " + why
                        + "; choose wait or quarantine");
    }
}
