package dev.sluice.sinks.postgresql.control;

import java.util.List;

/**
 * Result of a preparation.
 *
 * @param pipeline the incarnation: the stored one, or the one that a dry run would store
 * @param statements what was done, or would be done; empty when everything is in place
 */
public record Prepared(PipelineRow pipeline, List<String> statements) {
    public Prepared {
        statements = List.copyOf(statements);
    }
}
