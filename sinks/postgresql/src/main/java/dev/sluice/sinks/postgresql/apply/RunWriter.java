package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.catalog.TargetForeignKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Writes changes that are applied as one, row by row, in an order that PostgreSQL accepts: in the given one, and what is refused is tried again behind what was not. Where that
 * does not end, nullable references give way: rows that are left lose those to tables of the run, then are written without them; at the end every row has its
 * own. Constraints are deferred by the caller.
 */
final class RunWriter {
    /** A run holds up to a thousand rows; references give way before the tries become a million. */
    private static final int MOST_ROUNDS = 8;

    private final Executor executor;
    private final Connection connection;
    private final Set<TableId> tables;
    private final List<RowChange> left;
    private final List<Step> attachments = new ArrayList<>();
    private @Nullable SQLException refusal;

    /** Executes a step so that PostgreSQL acts on no other row. */
    @FunctionalInterface
    interface Executor {
        void execute(Connection connection, Step step) throws SQLException;
    }

    private RunWriter(Executor executor, Connection connection, List<RowChange> run) {
        this.executor = executor;
        this.connection = connection;
        this.tables = run.stream().map(row -> row.table().id()).collect(Collectors.toSet());
        this.left = new ArrayList<>(run);
    }

    /** @throws SQLException of the row that could not be written; what was written of the others is the caller's to undo */
    static void write(Executor executor, Connection connection, List<RowChange> run) throws SQLException {
        new RunWriter(executor, connection, run).write();
    }

    private void write() throws SQLException {
        inOrder();
        if (!left.isEmpty()) {
            detach();
            inOrder();
        }
        if (!left.isEmpty()) {
            withoutReferences();
            inOrder();
        }
        if (!left.isEmpty()) {
            throw Objects.requireNonNull(refusal);
        }
        for (Step attachment : attachments) {
            executor.execute(connection, attachment);
        }
    }

    /** Forwards and backwards in turn, so that a chain takes two passes whichever way it stands. */
    private void inOrder() throws SQLException {
        boolean progress = true;
        for (int round = 0; progress && !left.isEmpty() && round < MOST_ROUNDS; round++) {
            progress = pass();
            Collections.reverse(left);
            progress |= pass();
            Collections.reverse(left);
        }
    }

    private boolean pass() throws SQLException {
        boolean progress = false;
        for (Iterator<RowChange> rows = left.iterator(); rows.hasNext(); ) {
            if (accepts(plain(rows.next()))) {
                rows.remove();
                progress = true;
            }
        }
        return progress;
    }

    /** Rows that are there refer to nothing of the run any more, as far as they can. */
    private void detach() throws SQLException {
        for (RowChange row : left) {
            int[] references = references(row);
            if (references.length > 0) {
                accepts(partial(StepKind.DETACH, row, references));
            }
        }
    }

    private void withoutReferences() throws SQLException {
        for (Iterator<RowChange> rows = left.iterator(); rows.hasNext(); ) {
            RowChange row = rows.next();
            int[] references = row.kind() == StepKind.DELETE ? new int[0] : references(row);
            if (accepts(plain(row))) {
                rows.remove();
            } else if (references.length > 0 && accepts(without(row, references))) {
                attachments.add(partial(StepKind.ATTACH, row, references));
                rows.remove();
            }
        }
    }

    private static Step plain(RowChange row) {
        return BatchPlanner.exactOrder(List.of(row)).get(0);
    }

    private static Step without(RowChange row, int[] references) {
        Step plain = plain(row);
        @Nullable Object[] values = row.row().clone();
        IntStream.of(references).forEach(index -> values[index] = null);
        return new Step(plain.kind(), plain.table(), plain.columns(), List.of(new Step.Row(values, row.sequence())));
    }

    private static Step partial(StepKind kind, RowChange row, int[] references) {
        int[] columns = IntStream.concat(IntStream.of(row.table().keyIndexes()), IntStream.of(references))
                .distinct()
                .toArray();
        return new Step(kind, row.table(), columns, List.of(new Step.Row(row.row(), row.sequence())));
    }

    /** Columns that can be NULL for a while so that the row refers to nothing of the run; what the event does not bring must stay, unless the row leaves. */
    private int[] references(RowChange row) {
        int[] columns = row.kind() == StepKind.DELETE ? row.table().allIndexes() : row.delivered();
        Set<Integer> brought = IntStream.of(columns).boxed().collect(Collectors.toSet());
        return row.table().target().foreignKeys().stream()
                .map(TargetForeignKey::key)
                .filter(key -> tables.contains(key.parent()))
                .flatMapToInt(key -> IntStream.of(opening(row.table(), key, brought)))
                .distinct()
                .sorted()
                .toArray();
    }

    /** One column that is NULL is enough, but for MATCH FULL, which wants all of them or none. */
    private static int[] opening(BoundTable table, ForeignKey key, Set<Integer> brought) {
        int[] columns = key.columns().stream()
                .mapToInt(table::indexOf)
                .filter(index -> brought.contains(index)
                        && table.assignable(index)
                        && table.column(index).nullable())
                .toArray();
        return key.matchFull() && columns.length < key.columns().size() ? new int[0] : columns;
    }

    /** @return false when PostgreSQL refuses it for now; then nothing has happened */
    private boolean accepts(Step step) throws SQLException {
        try (Statement control = connection.createStatement()) {
            control.execute("SAVEPOINT sluice_row");
            try {
                executor.execute(connection, step);
            } catch (SQLException e) {
                if (!Refusal.isOne(e)) {
                    throw e;
                }
                control.execute("ROLLBACK TO SAVEPOINT sluice_row; RELEASE SAVEPOINT sluice_row");
                refusal = e;
                return false;
            }
            control.execute("RELEASE SAVEPOINT sluice_row");
            return true;
        }
    }
}
