package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.event.Rejected;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.ordered.OrderedRecord;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
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

    private BatchApplier(String pipeline, String lane, BoundTables tables, FaultPoints faults) {
        this.pipeline = pipeline;
        this.lane = lane;
        this.tables = tables;
        this.faults = faults;
        this.deadLetters = new DeadLetters(pipeline, lane, arrays);
        this.rows = new RowWriter(
                tables,
                new StepWriter(arrays),
                deadLetters,
                new ParentLookup(pipeline, tables, deadLetters, arrays),
                faults);
    }

    /** Reads the target's catalog. */
    public static BatchApplier of(
            String pipeline, String lane, Catalog captured, TargetDatabase database, FaultPoints faults) {
        return new BatchApplier(pipeline, lane, BoundTables.of(captured, database), faults);
    }

    /** Learns what earlier sinks left; once per claim of the lane, and again after a failure. */
    public void load(Connection connection) throws SQLException {
        deadLetters.load(connection);
    }

    /**
     * @param applied changes of rows that were applied
     * @param deadLettered events that became dead letters
     */
    public record Outcomes(long applied, long deadLettered) {}

    public Outcomes apply(Connection connection, List<OrderedRecord> records) throws SQLException {
        RowBatch batch = new RowBatch(tables::bind);
        List<DeadLetter> unreadable = new ArrayList<>();
        WaitingRows waiting = new WaitingRows();
        TablePhases phases = new TablePhases();
        for (OrderedRecord incoming : records) {
            OrderedHeader header = incoming.header();
            Event event = incoming.event();
            if (event instanceof Change change) {
                waiting.add(header, change);
                batch.add(header, change);
                phases.add(header, change);
            } else if (event instanceof Control control) {
                phases.add(control);
            } else if (event instanceof Rejected refused) {
                unreadable.add(DeadLetter.of(refused, header.sequence()));
                phases.add(refused);
            }
        }
        RowWriter.Result result = rows.write(connection, batch.written());
        addDeadLetters(connection, unreadable, batch.quarantined());
        List<DeadLetter> refused = Stream.concat(result.refused().stream(), batch.quarantined().stream())
                .toList();
        List<RowChange> done = Stream.concat(result.applied().stream(), batch.forgotten().stream())
                .toList();
        deadLetters.supersedeApplied(connection, done, refused);
        waiting.write(connection, pipeline, lane, arrays, faults);
        refused.forEach(phases::addRefused);
        phases.write(connection, pipeline, faults);
        return new Outcomes(result.applied().size(), refused.size() + (long) unreadable.size());
    }

    /**
     * Applies records again, each the newest of its row that may be applied now. What waits is none of their business, nor is a table's phase.
     *
     * @param dependencies of these records, perhaps with others; null where every parent stands before its children
     */
    public Outcomes replay(Connection connection, List<OrderedRecord> records, @Nullable Dependencies dependencies)
            throws SQLException {
        List<RowChange> changes = changes(records);
        RowWriter.Result result =
                rows.write(connection, dependencies == null ? changes : ParentsFirst.of(changes, dependencies::needs));
        deadLetters.supersedeApplied(connection, result.applied(), result.refused());
        return new Outcomes(result.applied().size(), result.refused().size());
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
                        tables.bind(change.table()), change, incoming.header().sequence(), evicts, RowChange.ALONE));
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
