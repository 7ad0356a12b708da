package dev.sluice.sinks.postgresql.control;

import java.time.Instant;

/**
 * A pipeline's incarnation, as {@code sluice.pipelines} holds it.
 *
 * @param firstSequence the first sequence that the pipeline's lanes give
 */
public record PipelineRow(
        String pipeline,
        String pipelineId,
        String sourceKind,
        int formatVersion,
        long firstSequence,
        Instant createdAt) {}
