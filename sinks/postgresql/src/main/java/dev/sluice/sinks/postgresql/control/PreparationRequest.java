package dev.sluice.sinks.postgresql.control;

import dev.sluice.schemas.Topics;
import dev.sluice.schemas.relational.Catalog;
import java.util.List;

/**
 * What a pipeline needs in the target.
 *
 * @param newPipelineId the incarnation's id if there is none yet; otherwise the stored one stays
 * @param adopt captured tables may hold rows already
 * @param disableTriggers user triggers of captured tables are disabled while Sluice writes
 */
public record PreparationRequest(
        String newPipelineId,
        String sourceKind,
        List<String> lanes,
        Catalog captured,
        boolean adopt,
        boolean disableTriggers) {
    public PreparationRequest {
        lanes = List.copyOf(lanes);
    }

    /** One lane, empty tables, triggers off. */
    public static PreparationRequest of(String newPipelineId, String sourceKind, Catalog captured) {
        return new PreparationRequest(newPipelineId, sourceKind, List.of(Topics.MAIN_LANE), captured, false, true);
    }
}
