package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.DeferredIndexes;
import dev.sluice.sinks.postgresql.control.DeferredIndexes.Deferred;
import dev.sluice.sinks.postgresql.control.LoadedTables;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Loads rows of snapshots by COPY on several connections at once, in transactions of their own that precede the lane's. Each of them holds the lane's epoch, so none
 * is under way when a newer sink has claimed the lane. What it appends carries its sequence: applied again, or overtaken by a change, it gives way as every
 * row does. Indexes that wait for a table's end are made again before the table counts as loaded; after it the table is analyzed.
 *
 * <p>Used by the sink's thread; {@link #close} by any.
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
    private final ExecutorService workers;
    private Set<TableId> loading = Set.of();

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
        this.workers = Executors.newFixedThreadPool(
                settings.parallelism(), task -> new Thread(task, "sluice-load-" + pipeline + "-" + lane));
    }

    /** Learns which tables an earlier sink was loading, and does what it left undone behind those it had loaded. */
    public void resume(Consumer<String> doing) throws SQLException {
        LoadedTables known = database.transactOnce(connection -> LoadedTables.read(connection, pipeline));
        loading = tables.captured(known.loading());
        finish(tables.captured(known.finished()), doing);
        analyze(tables.captured(known.notAnalyzed()), doing);
    }

    /** Tables whose snapshot is under way behind the last batch that was applied. */
    public Set<TableId> loading() {
        return loading;
    }

    /** Before the lane's own transaction: appends what can be appended, and makes the indexes of tables whose snapshot ends. */
    public void before(PreparedBatch batch, Consumer<String> doing) throws SQLException {
        batch.clearLoaded();
        for (TableId table : batch.begun()) {
            begin(table);
        }
        Map<BoundTable, List<Integer>> rows = batch.loadable();
        rows.values().removeIf(indexes -> indexes.size() < FEWEST_ROWS);
        for (List<BoundTable> wave : waves(rows.keySet())) {
            List<Callable<List<Integer>>> parts = new ArrayList<>();
            for (BoundTable table : wave) {
                parts.addAll(parts(table, batch.rows().written(), rows.getOrDefault(table, List.of())));
            }
            together(parts).forEach(batch::loaded);
        }
        finish(batch.ended(), doing);
    }

    /** When the lane's own transaction is committed. Repeatable. */
    public void after(PreparedBatch batch, Consumer<String> doing) throws SQLException {
        loading = Set.copyOf(batch.loading());
        batch.ended().forEach(modes::end);
        finish(batch.ended(), doing);
        analyze(batch.ended(), doing);
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
    private List<Callable<List<Integer>>> parts(BoundTable table, List<RowChange> changes, List<Integer> indexes) {
        boolean refersToItself = table.target().foreignKeys().stream()
                .anyMatch(key -> key.key().parent().equals(table.id()));
        int slices = refersToItself ? 1 : Math.min(settings.parallelism(), Math.max(1, indexes.size() / FEWEST_ROWS));
        int size = (indexes.size() + slices - 1) / slices;
        List<Callable<List<Integer>>> parts = new ArrayList<>();
        for (int from = 0; from < indexes.size(); from += size) {
            List<Integer> slice = indexes.subList(from, Math.min(indexes.size(), from + size));
            parts.add(() -> new LoadPart(database, cursor, modes, faults, table, changes, slice).load());
        }
        return parts;
    }

    /** Tables that do not refer to each other stand in one wave, their parents in an earlier one. */
    private List<List<BoundTable>> waves(Collection<BoundTable> loadable) {
        List<BoundTable> left = new ArrayList<>(loadable);
        left.sort(java.util.Comparator.comparing(BoundTable::id, tables.order().parentsFirst()));
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

    /** Makes indexes again, several at once. */
    private void finish(Collection<TableId> loaded, Consumer<String> doing) throws SQLException {
        if (loaded.isEmpty()) {
            return;
        }
        List<Deferred> deferred = database.transactOnce(connection -> DeferredIndexes.of(connection, pipeline, loaded));
        if (!deferred.isEmpty()) {
            doing.accept("making " + deferred.size() + " deferred indexes again");
        }
        List<Callable<Boolean>> builds = new ArrayList<>();
        deferred.forEach(index -> builds.add(() -> beside(connection -> {
            faults.before("rebuild index");
            DeferredIndexes.rebuild(connection, pipeline, index);
            faults.before("commit index");
        })));
        together(builds);
    }

    private void analyze(Collection<TableId> loaded, Consumer<String> doing) throws SQLException {
        for (TableId table : loaded) {
            doing.accept("analyzing " + table);
            beside(connection -> {
                faults.before("analyze " + table);
                LoadedTables.analyze(connection, pipeline, table);
                faults.before("commit analyze");
            });
        }
    }

    /** A transaction beside the lane's; what it does is needed even while the lane is paused, and does not touch a row. */
    private boolean beside(TargetDatabase.Action action) throws SQLException {
        return database.transactOnce((Connection connection) -> {
            cursor.share(connection);
            action.run(connection);
            return true;
        });
    }

    /** All of them, on as many connections as there may be; when one fails the others are waited for all the same, so that none outlives a repetition. */
    private <T> List<T> together(List<Callable<T>> tasks) throws SQLException {
        if (tasks.size() == 1) {
            return List.of(call(tasks.get(0)));
        }
        List<Future<T>> futures = tasks.stream().map(workers::submit).toList();
        List<T> results = new ArrayList<>();
        Throwable failure = null;
        for (Future<T> future : futures) {
            try {
                results.add(future.get());
            } catch (ExecutionException e) {
                failure = with(failure, e.getCause() == null ? e : e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                failure = with(failure, e);
            }
        }
        rethrow(failure);
        return results;
    }

    private static <T> T call(Callable<T> task) throws SQLException {
        try {
            return task.call();
        } catch (SQLException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static Throwable with(@Nullable Throwable first, Throwable next) {
        if (first == null) {
            return next;
        }
        first.addSuppressed(next);
        return first;
    }

    private static void rethrow(@Nullable Throwable failure) throws SQLException {
        if (failure instanceof SQLException sql) {
            throw sql;
        }
        if (failure instanceof RuntimeException runtime) {
            throw runtime;
        }
        if (failure instanceof Error error) {
            throw error;
        }
        if (failure != null) {
            throw new IllegalStateException(failure);
        }
    }

    /** Parts under way end first. */
    @Override
    public void close() {
        workers.shutdown();
    }
}
