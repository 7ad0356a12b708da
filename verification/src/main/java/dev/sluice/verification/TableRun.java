package dev.sluice.verification;

import dev.sluice.producers.api.SnapshotChunk;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.relational.Table;
import dev.sluice.verification.SourceReader.TimedChunk;
import dev.sluice.verification.TableState.Phase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Compares one table, from wherever an earlier run left it. Each step is one transaction of the target that also says how far the table has come, so a run that is killed repeats one step at most.
 *
 * <table>
 * <caption>Phases</caption>
 * <tr><td>forward</td><td>chunks of the source are looked up in the target; what is unequal becomes a candidate</td></tr>
 * <tr><td>backward</td><td>pages of the target; what did not come by becomes a candidate</td></tr>
 * <tr><td>settling</td><td>candidates get their verdict, page by page</td></tr>
 * <tr><td>done</td><td></td></tr>
 * </table>
 */
final class TableRun {
    private static final int PAGE = 20_000;
    private static final int SETTLED_AT_ONCE = 2_000;

    private final RunContext run;
    private final TableTask task;
    private final Table table;
    private final SourceReader source;
    private final TargetTable target;
    private final ChunkComparison comparison;
    private final Settler settler;
    private final PageSize size = new PageSize();
    private final Brake.SourceLoad load = new Brake.SourceLoad();
    /** Whether the account is where it was left. */
    private boolean inStep = true;

    private long pages;
    private long settled;

    /** Key of the last candidate that has its verdict; those before it are not looked through again. */
    private String settledUpTo = "";

    private TableState state = TableState.begun(0, 0);
    private long stepBegan;

    TableRun(RunContext run, TableTask task, SourceReader source) {
        this.run = run;
        this.task = task;
        this.table = task.captured().target();
        this.source = source;
        this.target = new TargetTable(table, task.guarded(), size);
        RowComparison rows =
                new RowComparison(task.captured(), source.description().notation(table.id()));
        this.comparison = new ChunkComparison(task, target, rows, new Sampling(run.samplePercent()));
        this.settler = new Settler(
                task,
                source,
                run.sessions(),
                target,
                run.ledger(),
                run.passage(),
                run.live(),
                new Judge(rows, table),
                size,
                run.settings().showValues());
    }

    void toTheEnd() {
        do {
            stepBegan = run.clock().millis();
            settledUpTo = "";
            inStep = true;
            begin();
            report(Ledger.text(state.phase()), state.compared(), state.compared());
            if (state.phase() == Phase.FORWARD) {
                forward();
            }
            while (inStep && state.phase() == Phase.BACKWARD) {
                run.pause(table.id());
                backward();
            }
            long candidates = inStep && state.phase() == Phase.SETTLING ? candidates() : 0;
            settled = 0;
            while (inStep && state.phase() == Phase.SETTLING) {
                settle(candidates);
            }
        } while (state.phase() != Phase.DONE);
    }

    private void report(String step, long rows, long expected) {
        run.listener().compared(table.id(), step, rows, Math.max(rows, expected));
    }

    private long candidates() {
        return run.sessions()
                .inTransaction(connection -> run.ledger().found().countCandidates(connection, run.id(), table.id()));
    }

    /** Goes on, or begins anew where the server has lost the keys. */
    private void begin() {
        state = run.sessions().inTransaction(connection -> {
            TableState stored = run.ledger().state(connection, run.id(), table.id());
            boolean needsKeys = stored.phase() == Phase.FORWARD || stored.phase() == Phase.BACKWARD;
            boolean isLost = needsKeys
                    && !(run.ledger().hasTableOfKeys(connection, run.id(), stored)
                            && run.ledger().hasKeys(connection, run.id(), stored));
            if (stored.phase() != Phase.PENDING && !isLost) {
                return stored;
            }
            TableState begun =
                    TableState.begun(stored.ordinal(), run.ledger().facts().applied(connection, task.lane()));
            run.ledger().found().clear(connection, run.id(), table.id());
            run.ledger().dropKeys(connection, run.id(), stored.ordinal());
            target.createKeys(connection, keys(stored));
            run.ledger().save(connection, run.id(), table.id(), begun);
            return begun;
        });
    }

    private String keys(TableState of) {
        return Ledger.keys(run.id(), of.ordinal());
    }

    private void forward() {
        long expected = source.ask(() -> source.description().estimateRows(table.id()));
        long rows = Math.round(state.compared() * 100 / run.samplePercent());
        run.pause(table.id());
        Future<TimedChunk> next = source.begin(table, state.sourceCursor(), rows());
        while (inStep && state.phase() == Phase.FORWARD) {
            TimedChunk read = SourceReader.await(next);
            SnapshotChunk chunk = read.chunk();
            size.read(chunk.records());
            run.brake().read(chunk.read());
            run.hold(load.read(chunk.read(), read.took()));
            if (!chunk.isLast()) {
                run.pause(table.id());
                next = source.begin(table, chunk.cursor(), rows());
            }
            compare(chunk);
            rows += chunk.read();
            report("forward", rows, expected);
        }
        if (!inStep && !next.isDone()) {
            // What was read ahead is read again.
            SourceReader.await(next);
        }
    }

    private void compare(SnapshotChunk chunk) {
        try {
            step(connection -> compare(connection, chunk, Set.of()));
        } catch (SluiceException e) {
            if (!DataErrors.isOne(e)) {
                throw e;
            }
            Set<String> untakable = untakable(chunk);
            step(connection -> compare(connection, chunk, untakable));
        }
    }

    /** Keys that the source has and PostgreSQL does not take, so that the target cannot. */
    private Set<String> untakable(SnapshotChunk chunk) {
        List<@Nullable Object[]> keys = comparison.keys(chunk);
        Set<Integer> places =
                run.sessions().inTransaction(connection -> target.untakable(connection, keys(state), keys));
        return places.stream().map(place -> KeyText.of(keys.get(place))).collect(Collectors.toSet());
    }

    private int rows() {
        return size.atMost(run.brake().atMost(run.settings().chunkRows()));
    }

    private TableState compare(Connection connection, SnapshotChunk chunk, Set<String> untakable) throws SQLException {
        byte[] position = chunk.position().bytes();
        byte[] first = state.firstPosition() == null ? position : state.firstPosition();
        ChunkComparison.Seen seen = comparison.forward(
                connection, chunk, keys(state), key -> untakable.isEmpty() || !untakable.contains(KeyText.of(key)));
        seen.sum().quiet = Arrays.equals(first, position);
        Phase next = chunk.isLast() ? Phase.BACKWARD : Phase.FORWARD;
        return add(connection, seen).at(next, chunk.cursor(), null, first);
    }

    /** A key that came by before and was matched is not any more. */
    private TableState add(Connection connection, ChunkComparison.Seen seen) throws SQLException {
        Ledger ledger = run.ledger();
        int again = ledger.found().addCandidates(connection, run.id(), table.id(), seen.again());
        int added = again + ledger.found().addCandidates(connection, run.id(), table.id(), seen.candidates());
        seen.sum().matched -= again;
        seen.sum().sourceRows -= again;
        seen.sum().targetRows -= again;
        seen.sum().compared = seen.sum().matched + added;
        return state.plus(seen.sum(), elapsed());
    }

    private void backward() {
        step(connection -> {
            String[] last = state.targetCursor();
            String[] end = target.pageEnd(connection, last, PAGE);
            ChunkComparison.Seen seen = comparison.backward(connection, keys(state), last, end);
            TableState next = add(connection, seen);
            if (end == null) {
                run.ledger().dropKeys(connection, run.id(), state.ordinal());
                return next.at(Phase.SETTLING, null, null, state.firstPosition());
            }
            return next.at(Phase.BACKWARD, null, end, state.firstPosition());
        });
        pages++;
        report("backward", pages * PAGE, state.compared());
    }

    private void settle(long expected) {
        List<String> keys = run.sessions()
                .inTransaction(connection -> run.ledger()
                        .found()
                        .candidates(connection, run.id(), table.id(), settledUpTo, size.atMost(SETTLED_AT_ONCE)));
        if (keys.isEmpty()) {
            boolean stood =
                    Arrays.equals(state.firstPosition(), source.present().bytes());
            step(connection -> {
                TableState.Sum sum = new TableState.Sum();
                sum.quiet = stood;
                noteWhatHasNoWayBack(connection);
                return state.plus(sum, elapsed()).in(Phase.DONE);
            });
            return;
        }
        run.pause(table.id());
        List<Settled> found = settler.settle(keys, state.sequence());
        run.requireGoingOn();
        settledUpTo = keys.get(keys.size() - 1);
        step(connection -> {
            long applied = run.ledger().facts().applied(connection, task.lane());
            run.ledger().found().settle(connection, run.id(), table.id(), applied, found);
            return state.plus(sum(found), elapsed());
        });
        settled += keys.size();
        report("settling", settled, expected);
    }

    private void noteWhatHasNoWayBack(Connection connection) throws SQLException {
        List<String> columns = run.ledger().facts().changedColumns(connection, table.id()).stream()
                .filter(column -> !task.covered().contains(column))
                .toList();
        if (!columns.isEmpty()) {
            run.ledger()
                    .note(
                            connection,
                            run.id(),
                            table.id(),
                            "rules have changed values of " + String.join(", ", columns)
                                    + ": these were compared as the rules make them, and cannot be brought back into the source's notation. A check in SQL can stand for them (checks.<name>.covers)");
        }
    }

    /** What was equal in the end was under way at first, so that the checksums are of several moments. */
    private static TableState.Sum sum(List<Settled> settled) {
        TableState.Sum sum = new TableState.Sum();
        for (Settled key : settled) {
            if (key.difference() != null) {
                continue;
            }
            sum.quiet = false;
            if (key.sourceRows() == 0) {
                sum.compared--;
            } else {
                sum.matched++;
                sum.sourceRows += key.sourceRows();
                sum.targetRows += key.targetRows();
            }
        }
        return sum;
    }

    /** Compares keys again that were not equal. */
    void again(List<String> keys) {
        long begun = run.sessions()
                .inTransaction(connection -> run.ledger().state(connection, run.id(), table.id()))
                .sequence();
        for (int from = 0; from < keys.size(); ) {
            int to = Math.min(keys.size(), from + size.atMost(SETTLED_AT_ONCE));
            List<Settled> settled = settler.settle(keys.subList(from, to), begun);
            run.requireGoingOn();
            run.sessions().inTransaction(connection -> {
                long applied = run.ledger().facts().applied(connection, task.lane());
                run.ledger().found().settle(connection, run.id(), table.id(), applied, settled);
                // Its checksums are those of the rows as they were seen first.
                run.ledger().moved(connection, run.id(), table.id());
                return true;
            });
            from = to;
        }
    }

    private long elapsed() {
        long now = run.clock().millis();
        return Math.max(0, now - stepBegan);
    }

    /** What is done, and how far the table has come by it. */
    private interface Step {
        TableState run(Connection connection) throws SQLException;
    }

    /** Leaves {@link #inStep} false where the account is not where it was left: a server that crashed may have lost the last steps, and with them what they found; and all noted keys, which are not logged. */
    private void step(Step step) {
        @Nullable TableState[] attempted = new @Nullable TableState[1];
        TableState base = state;
        AtomicBoolean stands = new AtomicBoolean();
        state = run.sessions().inTransaction(connection -> {
            Snapshots.begin(connection);
            TableState stored = run.ledger().state(connection, run.id(), table.id());
            TableState tried = attempted[0];
            stands.set(true);
            if (tried != null && !stored.isAt(base) && stored.isAt(tried)) {
                // The commit that failed had happened.
                return tried;
            }
            boolean needsKeys = base.phase() == Phase.FORWARD || base.phase() == Phase.BACKWARD;
            if (!stored.isAt(base) || (needsKeys && !run.ledger().hasKeys(connection, run.id(), stored))) {
                stands.set(false);
                return base;
            }
            TableState reached = step.run(connection);
            run.ledger().save(connection, run.id(), table.id(), reached);
            attempted[0] = reached;
            return reached;
        });
        inStep = stands.get();
        stepBegan = run.clock().millis();
        if (!inStep) {
            run.listener()
                    .say("table " + table.id()
                            + ": the server has lost the last steps, in a crash perhaps; they are done again");
        }
    }
}
