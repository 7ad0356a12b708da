package dev.sluice.cli.binding;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.SourceTable;
import dev.sluice.runtime.Finding;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.TableId;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Warns of ON UPDATE CASCADE on a unique key. A change of a primary key travels as a delete and a create, between which the children move; a change of
 * another key is one update of the parent, which waits for children that wait for it.
 */
final class CascadingUpdates {
    private final Map<TableId, CapturedTable> captured = new HashMap<>();
    private final Map<String, SourceTable> source = new HashMap<>();

    private CascadingUpdates(Collection<CapturedTable> captured, Collection<SourceTable> source) {
        captured.forEach(t -> this.captured.put(t.target().id(), t));
        source.forEach(t -> this.source.put(t.name(), t));
    }

    /** @param captured with those foreign keys only that have to be kept */
    static void check(List<CapturedTable> captured, Collection<SourceTable> source, List<Finding> findings) {
        CascadingUpdates updates = new CascadingUpdates(captured, source);
        for (CapturedTable child : captured) {
            for (ForeignKey key : child.target().foreignKeys()) {
                updates.check(child, key).ifPresent(findings::add);
            }
        }
    }

    private Optional<Finding> check(CapturedTable child, ForeignKey key) {
        CapturedTable parent = captured.get(key.parent());
        SourceTable declaring = source.get(child.sourceName());
        if (parent == null
                || declaring == null
                || Set.copyOf(key.parentColumns())
                        .equals(Set.copyOf(parent.target().primaryKey()))
                || declaring.foreignKeys().stream().noneMatch(k -> cascades(k, child, parent, key))) {
            return Optional.empty();
        }
        return Optional.of(Finding.warning(
                "cascading-key-change",
                "table " + child.sourceName(),
                "foreign key " + key.name() + " follows changes of " + key.parent() + " " + key.parentColumns()
                        + " in the source (ON UPDATE CASCADE), which is not its primary key; in this version parent and children of such a"
                        + " change wait for each other",
                "do not change referenced keys while the pipeline runs, or refer to the primary key"));
    }

    private static boolean cascades(
            SourceTable.ForeignKey declared, CapturedTable child, CapturedTable parent, ForeignKey key) {
        Set<String> columns = new HashSet<>();
        for (String column : declared.columns()) {
            int index = child.sourceColumns().indexOf(column);
            if (index >= 0) {
                columns.add(child.target().columns().get(index).name());
            }
        }
        return declared.onUpdate().equalsIgnoreCase("CASCADE")
                && declared.parentTable().equalsIgnoreCase(parent.sourceName())
                && columns.equals(Set.copyOf(key.columns()));
    }
}
