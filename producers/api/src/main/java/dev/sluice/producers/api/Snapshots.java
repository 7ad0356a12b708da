package dev.sluice.producers.api;

import dev.sluice.schemas.progress.Backfill;
import dev.sluice.schemas.progress.SnapshotProgress;
import dev.sluice.schemas.relational.TableId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** How far the snapshot of each captured table has come, in the order in which they are read. */
final class Snapshots {
    private final Map<TableId, SnapshotProgress> tables = new LinkedHashMap<>();

    private Snapshots() {}

    /**
     * A table that is captured for the first time, or under another capture than its progress, is read from its beginning, without a condition; one that is no
     * longer captured is forgotten.
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
                .forEach(snapshots::resume);
        return snapshots;
    }

    private void resume(SnapshotProgress known) {
        String capture = get(known.table()).capture();
        Backfill backfill = known.backfill();
        if (capture.equals(known.capture())) {
            put(known);
        } else if (backfill != null && !known.done()) {
            put(SnapshotProgress.begin(known.table(), capture, backfill.ofAllRows()));
        }
    }

    /** The table to be read next. */
    Optional<SnapshotProgress> next() {
        return next(table -> true);
    }

    /** The table to be read next of those that are wanted. */
    Optional<SnapshotProgress> next(Predicate<SnapshotProgress> wanted) {
        return tables.values().stream()
                .filter(table -> !table.done())
                .filter(wanted)
                .findFirst();
    }

    /** What is left to be read for a signal. */
    List<SnapshotProgress> underWayFor(String signal) {
        return tables.values().stream()
                .filter(table -> table.isUnderWayFor(signal))
                .toList();
    }

    /** Empty for a table that is not captured. */
    Optional<SnapshotProgress> of(TableId id) {
        return Optional.ofNullable(tables.get(id));
    }

    /** A table is read from its beginning again. */
    void restart(TableId id, Backfill backfill) {
        put(SnapshotProgress.begin(id, get(id).capture(), backfill));
    }

    /** A table is not read any further. */
    void giveUp(TableId id) {
        put(get(id).read(null, 0, 0, true));
    }

    /** A chunk of a table has been read; without a further cursor it was the last. */
    SnapshotProgress read(TableId id, byte @Nullable [] cursor, long rows, long rejected) {
        SnapshotProgress now = get(id).read(cursor, rows, rejected, cursor == null);
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
