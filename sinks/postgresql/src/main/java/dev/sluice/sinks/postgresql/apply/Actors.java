package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.catalog.TargetCatalog;
import dev.sluice.sinks.postgresql.catalog.TargetForeignKey;
import dev.sluice.sinks.postgresql.catalog.TargetTable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The foreign keys whose declared action would change or delete rows, by the table they refer to: those of every table of the target that the sink's user may read, captured or
 * not.
 */
final class Actors {
    private final Map<TableId, List<Referrer>> onDelete = new HashMap<>();
    private final Map<TableId, List<Referrer>> onUpdate = new HashMap<>();

    private Actors() {}

    static Actors of(TargetCatalog target) {
        Actors actors = new Actors();
        for (TargetTable child : target.tables()) {
            if (!child.missingPrivileges().contains("SELECT")) {
                child.foreignKeys().forEach(key -> actors.add(child, key));
            }
        }
        return actors;
    }

    private void add(TargetTable child, TargetForeignKey key) {
        Referrer referrer = new Referrer(child.id(), child.primaryKey(), key.key());
        if (key.actsOnDelete()) {
            onDelete.computeIfAbsent(key.key().parent(), parent -> new ArrayList<>())
                    .add(referrer);
        }
        if (key.actsOnUpdate()) {
            onUpdate.computeIfAbsent(key.key().parent(), parent -> new ArrayList<>())
                    .add(referrer);
        }
    }

    List<Referrer> onDelete(TableId parent) {
        return onDelete.getOrDefault(parent, List.of());
    }

    /** @param assigned names of the columns that get values */
    List<Referrer> onUpdate(TableId parent, Set<String> assigned) {
        List<Referrer> all = onUpdate.getOrDefault(parent, List.of());
        return all.isEmpty()
                ? all
                : all.stream()
                        .filter(referrer ->
                                !Collections.disjoint(referrer.foreignKey().parentColumns(), assigned))
                        .toList();
    }
}
