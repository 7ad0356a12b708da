package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.TargetPreparation;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.ordered.OrderedRecord;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Applies records inside a transaction that the caller holds the cursor in: rows, and what schema {@code sluice} says about them. Applying the same records
 * again changes nothing. Not thread-safe.
 */
public final class BatchApplier {
    private final String pipeline;
    private final String lane;
    private final BoundTables tables;
    private final ArrayEncoder arrays = new ArrayEncoder();
    private final DeadLetters deadLetters;
    private final RowWriter rows;
    private final FaultPoints faults;

    private final ComparedRows compared;

    private BatchApplier(String pipeline, String lane, BoundTables tables, FaultPoints faults) {
        this.pipeline = pipeline;
        this.lane = lane;
        this.tables = tables;
        this.faults = faults;
        this.deadLetters = new DeadLetters(pipeline, lane, arrays);
        this.compared = new ComparedRows(pipeline, tables, arrays, faults);
        this.rows = new RowWriter(
                tables,
                new StepWriter(arrays),
                deadLetters,
                new ParentLookup(pipeline, tables, deadLetters, arrays),
                new PartialRows(arrays),
                faults);
    }

    /**
     * Reads the target's catalog.
     *
     * @param nullDefaults columns whose NULL becomes the target's default
     * @param expressions of columns that are computed from the row's others, by the target's name
     */
    public static BatchApplier of(
            String pipeline,
            String lane,
            Catalog captured,
            Map<TableId, Set<String>> nullDefaults,
            Map<TableId, Map<String, String>> expressions,
            TargetDatabase database,
            FaultPoints faults) {
        TargetPreparation preparation = new TargetPreparation(database, pipeline, InstantSource.system());
        BoundTables tables =
                BoundTables.of(captured, nullDefaults, expressions, database, preparation::unguardedTables);
        return new BatchApplier(pipeline, lane, tables, faults);
    }

    /** Learns what earlier sinks left; once per claim of the lane, and again after a failure. */
    public void load(Connection connection) throws SQLException {
        deadLetters.load(connection);
    }

    /** Whether dead letters were added or settled since this was asked last, so that there may be something to ask the source for. */
    public boolean takeLettersChanged() {
        return deadLetters.takeChanged();
    }

    /**
     * @param applied changes of rows that were applied
     * @param deadLettered events that became dead letters
     */
    public record Outcomes(long applied, long deadLettered) {}

    /**
     * Sorts records by what becomes of them.
     *
     * @param loading tables whose snapshot is under way before the first of them
     */
    public PreparedBatch prepare(List<OrderedRecord> records, Collection<TableId> loading) {
        return PreparedBatch.of(records, tables, loading);
    }

    public Outcomes apply(Connection connection, List<OrderedRecord> records) throws SQLException {
        return apply(connection, prepare(records, List.of()));
    }

    public Outcomes apply(Connection connection, PreparedBatch batch) throws SQLException {
        deadLetters.forgetUnsettled();
        SnapshotRows snapshots = new SnapshotRows(connection, pipeline, arrays, batch.phases());
        snapshots.begin(batch.begun());
        RowWriter.Result result = rows.write(connection, batch.left());
        List<DeadLetter> quarantined = batch.rows().quarantined();
        List<DeadLetter> unreadable = new KeylessRows(connection, pipeline, arrays).apart(batch.unreadable());
        addDeadLetters(connection, unreadable, quarantined);
        TransformedValues transformed = new TransformedValues();
        List<DeadLetter> missing = missing(connection, result.missing(), batch.phases(), transformed);
        List<DeadLetter> refused = Stream.of(result.refused(), quarantined, missing)
                .flatMap(List::stream)
                .toList();
        List<RowChange> loaded = batch.loaded();
        List<RowChange> done = Stream.of(loaded, result.applied(), batch.rows().forgotten())
                .flatMap(List::stream)
                .toList();
        // First, so that what a truncate takes away is counted while it is all there.
        Map<RowKey, SnapshotRows.Ended> settled =
                batch.waiting().write(connection, pipeline, lane, arrays, batch.phases(), faults);
        deadLetters.supersedeApplied(connection, done, refused);
        List<RowChange> applied = loaded.isEmpty()
                ? result.applied()
                : Stream.concat(loaded.stream(), result.applied().stream()).toList();
        applied.forEach(transformed::add);
        transformed.write(connection, pipeline, arrays, faults);
        batch.phases().addApplied(connection, pipeline, applied);
        List<DeadLetter> letters =
                Stream.concat(unreadable.stream(), refused.stream()).toList();
        snapshots.end(done, letters, settled, deadLetters.takeUnsettled());
        refused.forEach(batch.phases()::addRefused);
        batch.phases().write(connection, pipeline, arrays, faults);
        return new Outcomes(applied.size(), refused.size() + (long) unreadable.size());
    }

    /** Notes what the target holds under the keys of a compare event, when everything up to it is applied, and nothing behind it. Changes no row, and fails only where the lane would fail without it. */
    public void compare(Connection connection, OrderedRecord question) throws SQLException {
        if (question.event() instanceof Control control) {
            compared.note(connection, control, question.header().sequence());
        }
    }

    /** Loads rows of snapshots beside the lane's own transactions. */
    public Loader loader(BackfillSettings settings, TargetDatabase database, LaneCursor cursor) {
        return new Loader(settings, database, pipeline, lane, cursor, tables, faults);
    }

    /**
     * Applies records again, each the newest of its row that may be applied now. What waits is none of their business, nor is a table's phase; what rules changed counts once only, when it was applied first.
     * A part of a row that is not there becomes a dead letter, unless the records themselves delete the row, or its snapshot is still to come.
     *
     * @param dependencies of these records, perhaps with others; null where every parent stands before its children
     */
    public Outcomes replay(Connection connection, List<OrderedRecord> records, @Nullable Dependencies dependencies)
            throws SQLException {
        deadLetters.forgetUnsettled();
        List<RowChange> changes = changes(records);
        RowWriter.Result result =
                rows.write(connection, dependencies == null ? changes : ParentsFirst.of(changes, dependencies::needs));
        List<DeadLetter> refused = new ArrayList<>(result.refused());
        refused.addAll(lost(connection, changes, result));
        deadLetters.supersedeApplied(connection, result.applied(), refused);
        new SnapshotRows(connection, pipeline, arrays, new TablePhases())
                .replayed(result.applied(), refused, deadLetters.takeUnsettled(), faults);
        return new Outcomes(result.applied().size(), refused.size());
    }

    /** Parts of rows that somebody has deleted. Where the whole row was refused just now, that says it. */
    private List<DeadLetter> lost(Connection connection, List<RowChange> changes, RowWriter.Result result)
            throws SQLException {
        if (result.missing().isEmpty()) {
            return List.of();
        }
        Set<RowChange.Key> deleted = changes.stream()
                .filter(change -> change.kind() == StepKind.DELETE)
                .map(RowChange::key)
                .collect(Collectors.toSet());
        Set<RowKey> refused = result.refused().stream()
                .map(letter -> new RowKey(letter.table(), letter.key()))
                .collect(Collectors.toSet());
        List<RowChange> parts = result.missing().stream()
                .filter(part -> !deleted.contains(part.key())
                        && !refused.contains(new RowKey(part.table().id().toString(), part.keyText())))
                .toList();
        return missing(connection, parts, new TablePhases(), new TransformedValues());
    }

    /**
     * Reads the target's catalog again.
     *
     * @throws SluiceException when a table does not match the records any more
     */
    public void requireFits(List<OrderedRecord> records) {
        tables.readAgain();
        changes(records);
    }

    /** Whether the rows of a captured table say how new they are. */
    public boolean isGuarded(TableId table) {
        return tables.isGuarded(table);
    }

    public Dependencies dependencies(Connection connection, List<OrderedRecord> records) throws SQLException {
        return Dependencies.of(arrays, connection, tables, changes(records));
    }

    /** Which of the records refer to rows that are neither in the target nor, in the end, among the others. */
    public Set<OrderedRecord> orphans(List<OrderedRecord> records, Dependencies dependencies) {
        return records.stream()
                .filter(incoming -> changes(List.of(incoming)).stream().anyMatch(dependencies::isOrphan))
                .collect(Collectors.toSet());
    }

    /** What is applied as one stands nowhere near each other any more. */
    private List<RowChange> changes(List<OrderedRecord> records) {
        List<RowChange> changes = new ArrayList<>();
        for (OrderedRecord incoming : records) {
            if (incoming.event() instanceof Change change) {
                boolean evicts = incoming.header().outcome() == Outcome.EVICT;
                changes.add(new RowChange(
                        tables.bind(change.table()),
                        change,
                        incoming.header().sequence(),
                        evicts,
                        false,
                        RowChange.ALONE));
            }
        }
        return changes;
    }

    /** Whether a captured table refers to itself or is in a cycle of foreign keys. */
    public boolean hasCycles() {
        return tables.hasCycles();
    }

    /** Captured tables, parents before children as far as there is such an order. */
    public List<TableId> parentsFirst() {
        return tables.parentsFirst();
    }

    /** Parts of rows that are not there: where the rows are still to be read they are let go, and counted; elsewhere somebody has deleted the rows. */
    private List<DeadLetter> missing(
            Connection connection, List<RowChange> partial, TablePhases phases, TransformedValues transformed)
            throws SQLException {
        List<DeadLetter> letters = new ArrayList<>();
        for (RowChange change : partial) {
            if (phases.isLive(connection, pipeline, change)) {
                letters.add(DeadLetter.missing(change));
            } else {
                transformed.addIgnored(change);
            }
        }
        deadLetters.add(connection, letters);
        return letters;
    }

    private void addDeadLetters(Connection connection, List<DeadLetter> unreadable, List<DeadLetter> quarantined)
            throws SQLException {
        List<DeadLetter> letters = Stream.concat(unreadable.stream(), quarantined.stream())
                .sorted(Comparator.comparingLong(DeadLetter::sequence))
                .toList();
        if (!letters.isEmpty()) {
            faults.before("rejected records");
            deadLetters.add(connection, letters);
        }
    }
}
