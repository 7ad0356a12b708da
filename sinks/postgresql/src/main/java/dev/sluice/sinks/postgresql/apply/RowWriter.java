package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.relational.TableId;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Writes changes so that every row PostgreSQL accepts is written and every one it refuses becomes a dead letter. Tries in turn: the net effect in sets;
 * without the children of dead parents; what is applied as one by itself; where another order may help, the exact order, and where rows exchange unique values the ways of
 * {@link Exchange}; each half by itself, whole transactions as long as there are several, down to a single row, or a run that is refused as one. No referential action of PostgreSQL ever touches a row. Not thread-safe.
 */
final class RowWriter {
    private final BoundTables tables;
    private final StepWriter writer;
    private final DeadLetters deadLetters;
    private final ParentLookup parents;
    private final PartialRows partials;
    private final FaultPoints faults;
    /** In the present attempt PostgreSQL updated fewer rows than it was given. */
    private boolean tooFew;

    RowWriter(
            BoundTables tables,
            StepWriter writer,
            DeadLetters deadLetters,
            ParentLookup parents,
            PartialRows partials,
            FaultPoints faults) {
        this.tables = tables;
        this.writer = writer;
        this.deadLetters = deadLetters;
        this.parents = parents;
        this.partials = partials;
        this.faults = faults;
    }

    /** What became of changes. Changes that a newer one of the same row made needless count as applied. */
    static final class Result {
        private final List<RowChange> applied = new ArrayList<>();
        private final List<DeadLetter> refused = new ArrayList<>();
        private final List<RowChange> missing = new ArrayList<>();

        List<RowChange> applied() {
            return applied;
        }

        List<DeadLetter> refused() {
            return refused;
        }

        /** Changes that bring a part of a row which is not there. */
        List<RowChange> missing() {
            return missing;
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
        BatchPlanner planner = planner();
        Optional<Refusal> refusal = attempt(connection, planner.netEffect(changes));
        if (refusal.isPresent() && refusal.get().isForeignKey()) {
            List<Step> opened = planner.openedCycles(changes);
            refusal = opened.isEmpty() ? refusal : attempt(connection, opened);
        }
        if (refusal.isEmpty()) {
            addApplied(connection, changes, result);
        } else if (!refusal.get().isForeignKey() || !setAsideChildrenOfDeadParents(connection, changes, result)) {
            writeRefused(connection, changes, refusal.get(), result);
        }
    }

    private void addApplied(Connection connection, List<RowChange> changes, Result result) throws SQLException {
        Set<RowChange> missing = partials.missing(connection, changes, tooFew);
        result.missing.addAll(missing);
        changes.stream().filter(change -> !missing.contains(change)).forEach(result.applied::add);
    }

    /** Changes whose net effect was refused. */
    private void writeRefused(Connection connection, List<RowChange> changes, Refusal first, Result result)
            throws SQLException {
        List<List<RowChange>> runs = Runs.split(changes);
        if (runs.size() > 1) {
            for (List<RowChange> part : runs) {
                write(connection, part, result);
            }
            return;
        }
        boolean one = Runs.isOne(changes);
        Optional<Refusal> refusal = Optional.of(first);
        if (first.orderMatters() && changes.size() > 1) {
            refusal = one
                    ? attempt(connection, () -> RunWriter.write(this::execute, connection, changes))
                    : inExactOrder(connection, changes, first);
            refusal = exchanged(connection, changes, refusal);
        }
        if (refusal.isEmpty()) {
            addApplied(connection, changes, result);
        } else if (one) {
            refuse(connection, changes, refusal.get(), result);
        } else {
            int middle = Runs.middle(changes);
            write(connection, changes.subList(0, middle), result);
            write(connection, changes.subList(middle, changes.size()), result);
        }
    }

    private BatchPlanner planner() {
        return new BatchPlanner(tables.order(), deadLetters::mayHaveOpen);
    }

    private Optional<Refusal> inExactOrder(Connection connection, List<RowChange> changes, Refusal first)
            throws SQLException {
        List<Step> steps = BatchPlanner.exactOrder(changes);
        // One statement over all of them is what the net effect was.
        return steps.size() == 1 ? Optional.of(first) : attempt(connection, steps);
    }

    /** @return empty when it is accepted, or what it was refused for before */
    private Optional<Refusal> exchanged(Connection connection, List<RowChange> changes, Optional<Refusal> first)
            throws SQLException {
        Set<TableId> tables = new HashSet<>();
        if (!collides(first, changes, tables)) {
            return first;
        }
        List<Step> netEffect = planner().netEffect(changes);
        Optional<Refusal> refusal = exchange(connection, Exchange.MOVED, netEffect, changes, tables);
        boolean deletes = netEffect.stream()
                .anyMatch(step -> step.kind() == StepKind.DELETE
                        && tables.contains(step.table().id()));
        if (refusal.isPresent() && deletes) {
            refusal = exchange(connection, Exchange.BEHIND_DELETES, netEffect, changes, tables);
        }
        if (refusal.isPresent() && !refusal.get().isCollision()) {
            refusal = exchange(connection, Exchange.EMPTIED, netEffect, changes, tables);
        }
        return refusal.isEmpty() ? refusal : first;
    }

    private Optional<Refusal> exchange(
            Connection connection, Exchange way, List<Step> netEffect, List<RowChange> changes, Set<TableId> tables)
            throws SQLException {
        Optional<Refusal> refusal = attempt(connection, way.steps(netEffect, tables));
        while (collides(refusal, changes, tables)) {
            refusal = attempt(connection, way.steps(netEffect, tables));
        }
        return refusal;
    }

    /** @param tables in which values are exchanged, as far as is known; one more when it is so */
    private static boolean collides(Optional<Refusal> refusal, List<RowChange> changes, Set<TableId> tables) {
        TableId table = refusal.filter(Refusal::isCollision).map(Refusal::table).orElse(null);
        return table != null && Exchange.isPossible(table, changes) && tables.add(table);
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

    /** All of them: what is applied as one is refused as one. */
    private void refuse(Connection connection, List<RowChange> one, Refusal refusal, Result result)
            throws SQLException {
        faults.before("dead letter");
        List<DeadLetter> letters = new ArrayList<>();
        for (RowChange change : one) {
            List<RowKey> missing = refusal.isForeignKey() ? parents.missing(connection, change) : List.of();
            letters.add(DeadLetter.of(change, refusal.among(one.size()), missing));
        }
        deadLetters.add(connection, letters);
        result.refused.addAll(letters);
    }

    private void execute(Connection connection, Step step) throws SQLException {
        faults.before(step.describe());
        List<Referrer> acting = tables.acting(step);
        int written = acting.isEmpty()
                ? writer.execute(connection, step)
                : writer.executeUnreferred(connection, step, acting);
        tooFew |= step.kind() == StepKind.UPDATE && written < step.rows().size();
    }

    private Optional<Refusal> attempt(Connection connection, List<Step> steps) throws SQLException {
        return attempt(connection, () -> {
            for (Step step : steps) {
                execute(connection, step);
            }
        });
    }

    /** Statements that succeed together. */
    @FunctionalInterface
    private interface Statements {
        void execute() throws SQLException;
    }

    /** All or nothing; what PostgreSQL would check at commit, or can be told to, is checked at the end. */
    private Optional<Refusal> attempt(Connection connection, Statements statements) throws SQLException {
        try (Statement control = connection.createStatement()) {
            faults.before("savepoint");
            tooFew = false;
            control.execute("SAVEPOINT sluice; SET CONSTRAINTS ALL DEFERRED");
            try {
                statements.execute();
                // Also for deferred constraints of tables that nobody captures: at commit it would be too late for a
                // dead letter.
                control.execute("SET CONSTRAINTS ALL IMMEDIATE");
            } catch (SQLException e) {
                if (!Refusal.isOne(e)) {
                    throw e;
                }
                faults.before("rollback to savepoint");
                control.execute("ROLLBACK TO SAVEPOINT sluice; RELEASE SAVEPOINT sluice");
                return Optional.of(Refusal.of(e));
            }
            faults.before("release savepoint");
            control.execute("RELEASE SAVEPOINT sluice");
            return Optional.empty();
        }
    }
}
