package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.OrderedHeader;
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
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

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
                new PartialRows(arrays),
                faults);
    }

    /**
     * Reads the target's catalog.
     *
     * @param nullDefaults columns whose NULL becomes the target's default
     */
    public static BatchApplier of(
            String pipeline,
            String lane,
            Catalog captured,
            Map<TableId, Set<String>> nullDefaults,
            TargetDatabase database,
            FaultPoints faults) {
        return new BatchApplier(pipeline, lane, BoundTables.of(captured, nullDefaults, database), faults);
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
        TransformedValues transformed = new TransformedValues();
        List<DeadLetter> missing = missing(connection, result.missing(), phases, transformed);
        List<DeadLetter> refused = Stream.of(result.refused(), batch.quarantined(), missing)
                .flatMap(List::stream)
                .toList();
        List<RowChange> done = Stream.concat(result.applied().stream(), batch.forgotten().stream())
                .toList();
        deadLetters.supersedeApplied(connection, done, refused);
        result.applied().forEach(transformed::add);
        transformed.write(connection, pipeline, arrays, faults);
        waiting.write(connection, pipeline, lane, arrays, faults);
        refused.forEach(phases::addRefused);
        phases.write(connection, pipeline, faults);
        return new Outcomes(result.applied().size(), refused.size() + (long) unreadable.size());
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
