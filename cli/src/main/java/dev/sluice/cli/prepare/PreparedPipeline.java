package dev.sluice.cli.prepare;

import dev.sluice.cli.binding.Binding;
import dev.sluice.producers.api.CapturedTable;
import dev.sluice.schemas.relational.Catalog;
import java.util.List;

/**
 * A pipeline that stands in all its places.
 *
 * @param actions what was done, or would be done, one line each; empty when everything stood already
 * @param remarks warnings and notes, one line each
 */
public record PreparedPipeline(
        String pipelineId, long firstSequence, Binding binding, List<String> actions, List<String> remarks) {
    public PreparedPipeline {
        actions = List.copyOf(actions);
        remarks = List.copyOf(remarks);
    }

    public List<CapturedTable> tables() {
        return binding.tables();
    }

    public Catalog catalog() {
        return binding.catalog();
    }
}
