package dev.sluice.sinks.postgresql.control;

import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a pipeline needs in the target.
 *
 * @param newPipelineId the incarnation's id if there is none yet; otherwise the stored one stays
 * @param lanes which lane carries which of the captured tables
 * @param adopt captured tables may hold rows already
 * @param disableTriggers user triggers of captured tables are disabled while Sluice writes; otherwise they stand as they stood before Sluice came
 * @param unguarded captured tables whose shape is left alone: they get no column {@code _sluice_seq}
 * @param derived columns that the sink has computed by PostgreSQL, so that no captured one needs to fill them
 */
public record PreparationRequest(
        String newPipelineId,
        String sourceKind,
        LaneLayout lanes,
        Catalog captured,
        boolean adopt,
        boolean disableTriggers,
        Set<TableId> unguarded,
        Map<TableId, Set<String>> derived) {
    public PreparationRequest {
        unguarded = Set.copyOf(unguarded);
        derived = Map.copyOf(derived);
    }

    /** Nothing is computed. */
    public PreparationRequest(
            String newPipelineId,
            String sourceKind,
            LaneLayout lanes,
            Catalog captured,
            boolean adopt,
            boolean disableTriggers,
            Set<TableId> unguarded) {
        this(newPipelineId, sourceKind, lanes, captured, adopt, disableTriggers, unguarded, Map.of());
    }

    /** Every table is guarded. */
    public PreparationRequest(
            String newPipelineId,
            String sourceKind,
            LaneLayout lanes,
            Catalog captured,
            boolean adopt,
            boolean disableTriggers) {
        this(newPipelineId, sourceKind, lanes, captured, adopt, disableTriggers, Set.of());
    }

    /** One lane. */
    public PreparationRequest(
            String newPipelineId,
            String sourceKind,
            List<String> lane,
            Catalog captured,
            boolean adopt,
            boolean disableTriggers) {
        this(newPipelineId, sourceKind, single(captured), captured, adopt, disableTriggers);
        if (!lane.equals(List.of(LaneLayout.MAIN))) {
            throw new IllegalArgumentException("lanes " + lane + " need a layout");
        }
    }

    private static LaneLayout single(Catalog captured) {
        return LaneLayout.single(captured.tables().stream().map(Table::id).toList());
    }

    /** One lane, empty tables, triggers off. */
    public static PreparationRequest of(String newPipelineId, String sourceKind, Catalog captured) {
        return new PreparationRequest(newPipelineId, sourceKind, single(captured), captured, false, true);
    }

    /** The same, but the shape of these tables is left alone. */
    public PreparationRequest unguarded(Set<TableId> tables) {
        return new PreparationRequest(
                newPipelineId, sourceKind, lanes, captured, adopt, disableTriggers, tables, derived);
    }

    /** The same, but with rows in the tables. */
    public PreparationRequest adopting() {
        return new PreparationRequest(
                newPipelineId, sourceKind, lanes, captured, true, disableTriggers, unguarded, derived);
    }

    /** The same, but user triggers fire. */
    public PreparationRequest withTriggers() {
        return new PreparationRequest(newPipelineId, sourceKind, lanes, captured, adopt, false, unguarded, derived);
    }

    /** The same, but the sink has these columns computed. */
    public PreparationRequest deriving(Map<TableId, Set<String>> columns) {
        return new PreparationRequest(
                newPipelineId, sourceKind, lanes, captured, adopt, disableTriggers, unguarded, columns);
    }
}
