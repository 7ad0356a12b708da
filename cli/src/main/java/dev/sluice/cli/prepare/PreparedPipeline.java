package dev.sluice.cli.prepare;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.streams.gate.ForeignKeyRules;
import java.util.List;
import java.util.Map;

/**
 * A pipeline that stands in all its places.
 *
 * @param firstSequences by lane
 * @param tables parents before children; empty where the source was not looked at
 * @param catalog what the tables are in the target
 * @param actions what was done, or would be done, one line each; empty when everything stood already
 * @param remarks warnings and notes, one line each
 */
public record PreparedPipeline(
        String pipelineId,
        LaneLayout layout,
        Map<String, Long> firstSequences,
        List<CapturedTable> tables,
        Catalog catalog,
        ForeignKeyRules rules,
        List<String> actions,
        List<String> remarks) {
    public PreparedPipeline {
        firstSequences = Map.copyOf(firstSequences);
        tables = List.copyOf(tables);
        actions = List.copyOf(actions);
        remarks = List.copyOf(remarks);
    }

    public long firstSequence(String lane) {
        return firstSequences.getOrDefault(lane, 1L);
    }
}
