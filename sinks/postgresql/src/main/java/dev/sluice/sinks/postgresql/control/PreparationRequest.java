package dev.sluice.sinks.postgresql.control;

import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.schemas.relational.Table;
import java.util.List;

/**
 * What a pipeline needs in the target.
 *
 * @param newPipelineId the incarnation's id if there is none yet; otherwise the stored one stays
 * @param lanes which lane carries which of the captured tables
 * @param adopt captured tables may hold rows already
 * @param disableTriggers user triggers of captured tables are disabled while Sluice writes
 */
public record PreparationRequest(
        String newPipelineId,
        String sourceKind,
        LaneLayout lanes,
        Catalog captured,
        boolean adopt,
        boolean disableTriggers) {
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
}
