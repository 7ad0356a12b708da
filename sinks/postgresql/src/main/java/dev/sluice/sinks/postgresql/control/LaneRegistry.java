package dev.sluice.sinks.postgresql.control;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which lanes a pipeline has and which tables are in them, as stored in the target when the pipeline is prepared ({@link TargetPreparation#prepare} makes the
 * first layout, and adds and drops tables that no other table's lane depends on). A layout in which a table changes its lane comes about by {@link #replace} only.
 */
public final class LaneRegistry {
    private final TargetDatabase database;
    private final String pipeline;

    public LaneRegistry(TargetDatabase database, String pipeline) {
        this.database = database;
        this.pipeline = pipeline;
    }

    /** The stored layout; empty where the pipeline is not prepared. */
    public Optional<StoredLayout> read() {
        return database.inTransaction(connection ->
                ControlSchema.exists(connection) ? new ControlRows(connection, pipeline).layout() : Optional.empty());
    }

    /**
     * Stores a layout whose lanes begin at the pipeline's first sequence, unless there is one.
     *
     * @return the layout that is stored now
     * @throws SluiceException of kind REFUSED when the pipeline is not prepared
     */
    public StoredLayout createIfAbsent(LaneLayout layout) {
        return database.inTransaction(connection -> {
            ControlRows rows = locked(connection);
            PipelineRow row = prepared(rows);
            if (rows.layout().isEmpty()) {
                Script script = new Script();
                new LaneScript(pipeline, row.pipelineId(), script)
                        .adjust(new StoredLayout(List.of()), layout, tables -> row.firstSequence());
                script.run(connection);
            }
            return rows.layout().orElseThrow();
        });
    }

    /**
     * Puts a layout in the place of another, in one transaction. Lanes that both have, with the same tables, go on untouched. A changed one begins anew at its first
     * sequence, with nothing read of its topic, and whoever still applies the old one is fenced. Lanes that are no more are retired: their cursors are gone.
     * Replacing by what is stored already changes nothing, so it can be repeated.
     *
     * @param expected the layout that is thought to be stored
     * @param firstSequences of every changed lane: above everything that its ancestors have given
     * @return the layout that is stored now
     * @throws SluiceException of kind REFUSED when another layout than the expected one is stored, when rows of a table that moves are waiting, or when a
     *     first sequence is not above what an ancestor has applied
     */
    public StoredLayout replace(LaneLayout expected, LaneLayout next, Map<String, Long> firstSequences) {
        return database.inTransaction(connection -> {
            ControlRows rows = locked(connection);
            PipelineRow row = prepared(rows);
            StoredLayout stored = rows.layout().orElseThrow(this::unprepared);
            if (stored.layout().equals(next)) {
                return stored;
            }
            if (!stored.layout().equals(expected)) {
                throw SluiceException.of(
                        ErrorKind.REFUSED,
                        "the lanes of pipeline " + pipeline
                                + " changed while they were migrated: somebody else migrates them. Look with: sluice lanes list");
            }
            Script script = new Script();
            plan(connection, stored, next, firstSequences, new LaneScript(pipeline, row.pipelineId(), script));
            script.run(connection);
            return rows.layout().orElseThrow();
        });
    }

    /**
     * Says how a lane stands, for a part of it that does not write to the target itself. A lane that is retired stays so.
     *
     * @param message why it stopped; null while it runs
     */
    public void report(String lane, @Nullable String message) {
        String sql = """
                UPDATE sluice.lanes SET state = CASE WHEN ?::text IS NULL THEN 'running' ELSE 'stopped' END, message = ?, at = clock_timestamp()
                WHERE pipeline = ? AND lane = ? AND state IS DISTINCT FROM 'retired'""";
        database.inTransactionDo(connection -> {
            try (PreparedStatement update = connection.prepareStatement(sql)) {
                update.setString(1, message);
                update.setString(2, message);
                update.setString(3, pipeline);
                update.setString(4, lane);
                update.executeUpdate();
            }
        });
    }

    private void plan(
            Connection connection,
            StoredLayout stored,
            LaneLayout next,
            Map<String, Long> firstSequences,
            LaneScript script)
            throws SQLException {
        Map<String, SortedSet<TableId>> changed = new TreeMap<>(LaneScript.changed(stored, next));
        Set<TableId> moving = new HashSet<>();
        changed.values().forEach(moving::addAll);
        refuseWaiting(connection, moving);
        Map<String, Long> applied = new ControlRows(connection, pipeline).applied();
        changed.forEach((lane, tables) -> {
            List<StoredLayout.Lane> ancestors = stored.lanes().stream()
                    .filter(old -> old.holdsAny(tables) || old.name().equals(lane))
                    .toList();
            Long first = firstSequences.get(lane);
            if (first == null) {
                throw new IllegalArgumentException("lane " + lane + " has no first sequence");
            }
            ancestors.forEach(old -> refuseOverlap(lane, first, old, applied));
            script.supersede(lane, tables, first, ancestors);
        });
        stored.lanes().stream()
                .filter(old -> !next.lanes().contains(old.name()))
                .forEach(old -> script.retire(old, "its tables are in other lanes now"));
    }

    private static void refuseOverlap(String lane, long first, StoredLayout.Lane ancestor, Map<String, Long> applied) {
        long newest = applied.getOrDefault(ancestor.name(), ancestor.firstSequence() - 1);
        if (first <= newest) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "lane " + lane + " cannot begin at sequence " + first + ": its tables were in lane "
                            + ancestor.name() + ", which has applied sequence " + newest);
        }
    }

    /** What waits is known to the old lane's topology only. */
    private void refuseWaiting(Connection connection, Collection<TableId> tables) throws SQLException {
        Map<TableId, Long> waiting = new ControlRows(connection, pipeline).waiting();
        waiting.keySet().retainAll(tables);
        if (!waiting.isEmpty()) {
            String found = waiting.entrySet().stream()
                    .map(e -> e.getValue() + " of " + e.getKey())
                    .collect(Collectors.joining(", "));
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "rows of tables that change their lane are waiting (" + found
                            + "); a new lane would not know of them. See: sluice waiting list");
        }
    }

    private ControlRows locked(Connection connection) throws SQLException {
        TargetPreparation.lock(connection);
        if (!ControlSchema.exists(connection)) {
            throw unprepared();
        }
        ControlSchema.migrate(connection);
        return new ControlRows(connection, pipeline);
    }

    private PipelineRow prepared(ControlRows rows) throws SQLException {
        return rows.pipeline().orElseThrow(this::unprepared);
    }

    private SluiceException unprepared() {
        return SluiceException.of(
                ErrorKind.REFUSED, "pipeline " + pipeline + " is not prepared in the target. Run: sluice prepare");
    }
}
