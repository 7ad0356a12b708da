package dev.sluice.producers.api;

import dev.sluice.schemas.progress.SnapshotProgress;
import dev.sluice.schemas.relational.TableId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** How far the snapshot of each captured table has come, in the order in which they are read. */
final class Snapshots {
    private final Map<TableId, SnapshotProgress> tables = new LinkedHashMap<>();

    private Snapshots() {}

    /**
     * A table that is captured for the first time, or under another capture than its progress, is read from its beginning; one that is no longer captured
     * is forgotten.
     */
    static Snapshots resume(
            List<CapturedTable> captured, Function<TableId, String> captures, Collection<SnapshotProgress> progress) {
        Snapshots snapshots = new Snapshots();
        for (CapturedTable table : captured) {
            TableId id = table.target().id();
            snapshots.put(SnapshotProgress.begin(id, captures.apply(id)));
        }
        progress.stream()
                .filter(table -> snapshots.tables.containsKey(table.table()))
                .filter(table -> snapshots.get(table.table()).capture().equals(table.capture()))
                .forEach(snapshots::put);
        return snapshots;
    }

    /** The table to be read next. */
    Optional<SnapshotProgress> next() {
        return tables.values().stream().filter(table -> !table.done()).findFirst();
    }

    /** A chunk of a table has been read; without a further cursor it was the last. */
    SnapshotProgress read(TableId id, byte @Nullable [] cursor, long rows, long rejected) {
        SnapshotProgress before = get(id);
        SnapshotProgress now = new SnapshotProgress(
                id, before.capture(), cursor, before.rows() + rows, before.rejected() + rejected, cursor == null);
        put(now);
        return now;
    }

    List<SnapshotProgress> progress() {
        return new ArrayList<>(tables.values());
    }

    private SnapshotProgress get(TableId id) {
        SnapshotProgress table = tables.get(id);
        if (table == null) {
            throw new IllegalArgumentException("table " + id + " is not captured");
        }
        return table;
    }

    private void put(SnapshotProgress table) {
        tables.put(table.table(), table);
    }
}
