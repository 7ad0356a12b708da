package dev.sluice.sinks.postgresql.apply;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes changes so that every row PostgreSQL accepts is written and every one it refuses becomes a dead letter. Tries in turn: the net effect in sets;
 * where another order may help, the exact order; without the children of dead parents; each half by itself, down to a single row. Not thread-safe.
 */
final class RowWriter {
    private final BoundTables tables;
    private final StepWriter writer;
    private final DeadLetters deadLetters;
    private final ParentLookup parents;
    private final FaultPoints faults;

    RowWriter(
            BoundTables tables, StepWriter writer, DeadLetters deadLetters, ParentLookup parents, FaultPoints faults) {
        this.tables = tables;
        this.writer = writer;
        this.deadLetters = deadLetters;
        this.parents = parents;
        this.faults = faults;
    }

    /** What became of changes. Changes that a newer one of the same row made needless count as applied. */
    static final class Result {
        private final List<RowChange> applied = new ArrayList<>();
        private final List<DeadLetter> refused = new ArrayList<>();

        List<RowChange> applied() {
            return applied;
        }

        List<DeadLetter> refused() {
            return refused;
        }
    }

    /** @param changes in order, beginning and ending in a state that foreign keys accept */
    Result write(Connection connection, List<RowChange> changes) throws SQLException {
        Result result = new Result();
        write(connection, changes, result);
        return result;
    }

    private void write(Connection connection, List<RowChange> changes, Result result) throws SQLException {
        if (changes.isEmpty()) {
            return;
        }
        BatchPlanner planner = new BatchPlanner(tables.order());
        Optional<Refusal> refusal = attempt(connection, planner.netEffect(changes));
        if (refusal.isPresent() && refusal.get().isForeignKey()) {
            List<Step> opened = planner.openedCycles(changes);
            refusal = opened.isEmpty() ? refusal : attempt(connection, opened);
        }
        if (refusal.isPresent()
                && refusal.get().isForeignKey()
                && setAsideChildrenOfDeadParents(connection, changes, result)) {
            return;
        }
        if (refusal.isPresent() && refusal.get().orderMatters() && changes.size() > 1) {
            refusal = attempt(connection, BatchPlanner.exactOrder(changes));
        }
        if (refusal.isEmpty()) {
            result.applied.addAll(changes);
        } else if (changes.size() == 1) {
            refuse(connection, DeadLetter.of(changes.get(0), refusal.get()), result);
        } else {
            write(connection, changes.subList(0, changes.size() / 2), result);
            write(connection, changes.subList(changes.size() / 2, changes.size()), result);
        }
    }

    /** @return whether there were any; then the others are written */
    private boolean setAsideChildrenOfDeadParents(Connection connection, List<RowChange> changes, Result result)
            throws SQLException {
        Map<RowChange, DeadLetter> children = parents.children(connection, changes);
        if (children.isEmpty()) {
            return false;
        }
        deadLetters.add(connection, List.copyOf(children.values()));
        result.refused.addAll(children.values());
        List<RowChange> others =
                changes.stream().filter(change -> !children.containsKey(change)).toList();
        write(connection, others, result);
        return true;
    }

    private void refuse(Connection connection, DeadLetter letter, Result result) throws SQLException {
        faults.before("dead letter");
        deadLetters.add(connection, List.of(letter));
        result.refused.add(letter);
    }

    private void execute(Connection connection, Step step) throws SQLException {
        List<BoundTables.Referrer> behind = step.kind() == StepKind.DELETE
                ? tables.acting(step.table().id()).stream()
                        .filter(referrer -> deadLetters.mayHaveOpen(referrer.child()))
                        .toList()
                : List.of();
        if (behind.isEmpty()) {
            writer.execute(connection, step);
        } else {
            writer.deleteUnreferred(connection, step, behind);
        }
    }

    /** All steps or none; foreign keys that PostgreSQL would check at commit are checked at the end. */
    private Optional<Refusal> attempt(Connection connection, List<Step> steps) throws SQLException {
        boolean deferrable = tables.deferrable();
        try (Statement control = connection.createStatement()) {
            faults.before("savepoint");
            control.execute("SAVEPOINT sluice");
            try {
                if (deferrable) {
                    control.execute("SET CONSTRAINTS ALL DEFERRED");
                }
                for (Step step : steps) {
                    faults.before(step.describe());
                    execute(connection, step);
                }
                // Also for deferred constraints of tables that nobody captures: at commit it would be too late for a
                // dead letter.
                control.execute("SET CONSTRAINTS ALL IMMEDIATE");
            } catch (SQLException e) {
                if (!Refusal.isOne(e)) {
                    throw e;
                }
                faults.before("rollback to savepoint");
                control.execute("ROLLBACK TO SAVEPOINT sluice");
                control.execute("RELEASE SAVEPOINT sluice");
                return Optional.of(Refusal.of(e));
            }
            faults.before("release savepoint");
            control.execute("RELEASE SAVEPOINT sluice");
            return Optional.empty();
        }
    }
}
