package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.DeferredIndexes;
import dev.sluice.sinks.postgresql.control.LoadedTables;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.ordered.LanePosition;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;

/**
 * Loads rows of snapshots by COPY on several connections at once, in transactions of their own that precede the lane's. Each of them holds the lane's epoch, so none
 * is under way when a newer sink has claimed the lane. What it appends carries its sequence: applied again, or overtaken by a change, it gives way as every
 * row does. Indexes that wait for a table's end are made again before the table counts as loaded; after it the table is analyzed.
 *
 * <p>Used by the sink's thread; {@link #close} and {@link #cancel} by any.
 */
public final class Loader implements AutoCloseable {
    /** For fewer rows a transaction of their own costs more than COPY saves. */
    private static final int FEWEST_ROWS = 500;

    private final BackfillSettings settings;
    private final TargetDatabase database;
    private final String pipeline;
    private final LaneCursor cursor;
    private final BoundTables tables;
    private final FaultPoints faults;
    private final LoadModes modes;
    private final Workers workers;
    private final LoadEndings endings;
    private Set<TableId> loading = Set.of();
    /** The lane was paused when something was to be done behind a load. */
    private boolean unfinished;

    Loader(
            BackfillSettings settings,
            TargetDatabase database,
            String pipeline,
            String lane,
            LaneCursor cursor,
            BoundTables tables,
            FaultPoints faults) {
        this.settings = settings;
        this.database = database;
        this.pipeline = pipeline;
        this.cursor = cursor;
        this.tables = tables;
        this.faults = faults;
        this.modes = new LoadModes(settings.parallelism());
        this.workers = new Workers(settings.parallelism(), "sluice-load-" + pipeline + "-" + lane);
        this.endings = new LoadEndings(database, pipeline, cursor, workers, faults);
    }

    /** Learns which tables an earlier sink was loading, and does what it left undone behind those it had loaded. */
    public void resume(Consumer<String> doing) throws SQLException {
        LoadedTables known = database.transactOnce(connection -> LoadedTables.read(connection, pipeline));
        loading = tables.captured(known.loading());
        finish(tables.captured(known.finished()), tables.captured(known.notAnalyzed()), doing);
    }

    private void finish(Collection<TableId> loaded, Collection<TableId> notAnalyzed, Consumer<String> doing)
            throws SQLException {
        boolean indexed = endings.makeIndexes(loaded, doing);
        boolean analyzed = endings.analyze(notAnalyzed, doing);
        unfinished = !indexed || !analyzed;
    }

    /** Tables whose snapshot is under way behind the last batch that was applied. */
    public Set<TableId> loading() {
        return loading;
    }

    /**
     * Before the lane's own transaction: appends what can be appended, and makes the indexes of tables whose snapshot ends.
     *
     * @param position where the lane stands before the batch; nothing is appended where it stands elsewhere
     */
    public void before(PreparedBatch batch, LanePosition position, Consumer<String> doing) throws SQLException {
        batch.clearLoaded();
        if (unfinished) {
            resume(doing);
        }
        for (TableId table : tables.captured(batch.begun())) {
            begin(table);
        }
        Map<BoundTable, List<Integer>> rows = batch.loadable();
        rows.values().removeIf(indexes -> indexes.size() < FEWEST_ROWS);
        for (List<BoundTable> wave : waves(rows.keySet())) {
            List<Callable<List<Integer>>> parts = new ArrayList<>();
            for (BoundTable table : wave) {
                parts.addAll(parts(table, batch.rows().written(), rows.getOrDefault(table, List.of()), position));
            }
            workers.together(parts).forEach(batch::loaded);
        }
        endings.makeIndexes(tables.captured(batch.ended()), doing);
    }

    /**
     * When the lane's own transaction is committed. Repeatable.
     *
     * @param nowLoading tables whose snapshot is under way behind it
     * @param ended tables whose snapshot has ended in it
     */
    public void after(Set<TableId> nowLoading, Collection<TableId> ended, Consumer<String> doing) throws SQLException {
        loading = Set.copyOf(nowLoading);
        ended.forEach(modes::end);
        Set<TableId> captured = tables.captured(ended);
        if (!captured.isEmpty()) {
            finish(captured, captured, doing);
        }
    }

    private void begin(TableId table) throws SQLException {
        boolean empty = database.transactOnce(connection -> {
            boolean none = cursor.share(connection) && LoadedTables.isEmpty(connection, table);
            if (none && settings.deferIndexes() && tables.isGuarded(table)) {
                faults.before("defer indexes of " + table);
                DeferredIndexes.defer(connection, pipeline, table);
                faults.before("commit deferred indexes");
            }
            return none;
        });
        modes.begin(table, empty);
    }

    /** Slices of a table; a row may refer to one of the same table, which must not stand in another slice. */
    private List<Callable<List<Integer>>> parts(
            BoundTable table, List<RowChange> changes, List<Integer> indexes, LanePosition position) {
        boolean refersToItself = table.target().foreignKeys().stream()
                .anyMatch(key -> key.key().parent().equals(table.id()));
        int slices = refersToItself ? 1 : Math.min(settings.parallelism(), Math.max(1, indexes.size() / FEWEST_ROWS));
        int size = (indexes.size() + slices - 1) / slices;
        List<Callable<List<Integer>>> parts = new ArrayList<>();
        for (int from = 0; from < indexes.size(); from += size) {
            List<Integer> slice = indexes.subList(from, Math.min(indexes.size(), from + size));
            parts.add(() -> new LoadPart(database, cursor, position, modes, faults, table, changes, slice).load());
        }
        return parts;
    }

    /** Tables that do not refer to each other stand in one wave, their parents in an earlier one. */
    private List<List<BoundTable>> waves(Collection<BoundTable> loadable) {
        List<BoundTable> left = new ArrayList<>(loadable);
        left.sort(Comparator.comparing(BoundTable::id, tables.order().parentsFirst()));
        List<List<BoundTable>> waves = new ArrayList<>();
        while (!left.isEmpty()) {
            List<BoundTable> wave = new ArrayList<>();
            Set<TableId> waved = new HashSet<>();
            while (!left.isEmpty() && !refersTo(left.get(0), waved)) {
                waved.add(left.get(0).id());
                wave.add(left.remove(0));
            }
            waves.add(wave);
        }
        return waves;
    }

    private static boolean refersTo(BoundTable table, Set<TableId> others) {
        return table.target().foreignKeys().stream()
                .anyMatch(key -> others.contains(key.key().parent()));
    }

    /** Ends the making of indexes behind a load, which may take long; it is done another time. */
    public void cancel() {
        endings.cancel();
    }

    /** Parts under way end first. */
    @Override
    public void close() {
        workers.close();
    }
}
