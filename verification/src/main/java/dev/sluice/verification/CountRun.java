package dev.sluice.verification;

import dev.sluice.producers.api.Counted;
import dev.sluice.producers.api.SnapshotChunk;
import dev.sluice.schemas.Position;
import dev.sluice.schemas.relational.Table;
import dev.sluice.verification.TableState.Phase;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Counts the rows of one table on both sides: before and after the target has applied what the source held in between. */
final class CountRun {
    private static final int TRIES = 3;

    private final RunContext run;
    private final TableTask task;
    private final Table table;
    private final SourceReader source;

    CountRun(RunContext run, TableTask task, SourceReader source) {
        this.run = run;
        this.task = task;
        this.table = task.captured().target();
        this.source = source;
    }

    void toTheEnd() {
        long began = run.clock().millis();
        TableState stored =
                run.sessions().inTransaction(connection -> run.ledger().state(connection, run.id(), table.id()));
        if (stored.phase() == Phase.DONE) {
            return;
        }
        long applied =
                run.sessions().inTransaction(connection -> run.ledger().facts().applied(connection, task.lane()));
        Counts counts = count();
        for (int tries = 1; tries < TRIES && run.live() && !counts.isTold(); tries++) {
            counts = count();
        }
        Counts told = counts;
        run.sessions().inTransaction(connection -> {
            TableState.Sum sum = new TableState.Sum();
            sum.sourceRows = told.source();
            sum.targetRows = told.there;
            sum.quiet = told.isQuiet();
            TableState begun = TableState.begun(stored.ordinal(), applied);
            run.ledger()
                    .save(
                            connection,
                            run.id(),
                            table.id(),
                            begun.plus(sum, run.clock().millis() - began).in(Phase.DONE));
            return true;
        });
        run.listener().compared(table.id(), "counting", told.source(), told.source());
    }

    /** Both counts of the source, and the target's in between. */
    private record Counts(Counted before, long there, Counted after) {
        boolean isQuiet() {
            return before.position().equals(after.position());
        }

        boolean isTold() {
            return isQuiet() || before.rows() == there || after.rows() == there;
        }

        long source() {
            return before.rows() == there ? before.rows() : after.rows();
        }
    }

    private Counts count() {
        Counted before = countSource();
        if (run.live()) {
            run.passage().awaitPresent(table.id());
        }
        TargetTable target = new TargetTable(table, task.guarded());
        long there = run.sessions().inTransaction(connection -> {
            Snapshots.begin(connection);
            return target.count(connection);
        });
        return new Counts(before, there, countSource());
    }

    private Counted countSource() {
        return source.ask(() -> source.description().count(table.id())).orElseGet(this::countByReading);
    }

    private Counted countByReading() {
        long rows = 0;
        byte @Nullable [] cursor = null;
        @Nullable Position position;
        do {
            run.pause(table.id());
            SnapshotChunk chunk = SourceReader.await(
                            source.begin(table, cursor, run.settings().chunkRows()))
                    .chunk();
            run.brake().read(chunk.read());
            rows += chunk.records().size();
            cursor = chunk.cursor();
            position = chunk.position();
            run.listener().compared(table.id(), "counting", rows, rows);
        } while (cursor != null);
        return new Counted(Objects.requireNonNull(position), rows);
    }
}
