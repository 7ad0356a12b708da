package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.event.Rejected;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.ordered.OrderedRecord;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

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
        List<RowChange> changes = new ArrayList<>();
        List<DeadLetter> rejected = new ArrayList<>();
        WaitingRows waiting = new WaitingRows();
        TablePhases phases = new TablePhases();
        List<RowChange> forgotten = new ArrayList<>();
        Set<Long> snapshotOrigins = new HashSet<>();
        for (OrderedRecord incoming : records) {
            OrderedHeader header = incoming.header();
            Event event = incoming.event();
            if (event instanceof Change change) {
                waiting.add(header, change);
                if (header.outcome() == Outcome.APPLY) {
                    changes.add(new RowChange(tables.bind(change.table()), change, header.sequence()));
                } else if (header.outcome() == Outcome.FORGET) {
                    forgotten.add(new RowChange(tables.bind(change.table()), change, header.sequence()));
                }
            } else if (event instanceof Control control) {
                phases.add(control);
            } else if (event instanceof Rejected refused) {
                rejected.add(DeadLetter.of(refused, header.sequence()));
            }
            countSnapshot(header, event, phases, snapshotOrigins);
        }
        RowWriter.Result result = rows.write(connection, changes);
        if (!rejected.isEmpty()) {
            faults.before("rejected records");
            deadLetters.add(connection, rejected);
        }
        deadLetters.supersedeApplied(connection, result.applied());
        deadLetters.supersedeApplied(connection, forgotten);
        waiting.write(connection, pipeline, lane, arrays, faults);
        result.refused().stream()
                .filter(letter -> snapshotOrigins.contains(letter.sequence()))
                .forEach(letter -> phases.countRejected(letter.table()));
        phases.write(connection, pipeline, faults);
        return new Outcomes(result.applied().size(), result.refused().size() + (long) rejected.size());
    }

    /** A row counts when it is read; whether it was refused shows perhaps only when it is released, much later. */
    private static void countSnapshot(
            OrderedHeader header, Event event, TablePhases phases, Set<Long> snapshotOrigins) {
        if (!event.source().snapshot()) {
            return;
        }
        if (event instanceof Change change) {
            snapshotOrigins.add(change.source().sequence());
            if (!header.isRelease()) {
                phases.countRow(change.table().id().toString());
            }
        } else if (event instanceof Rejected refused) {
            phases.countRow(refused.table().toString());
            phases.countRejected(refused.table().toString());
        }
    }
}
