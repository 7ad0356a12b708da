package dev.sluice.schemas.event;

import dev.sluice.schemas.Position;

/**
 * Where an event comes from.
 *
 * @param pipelineId the incarnation, made by {@code prepare}
 * @param connector the kind of source, e.g. {@code sqlite}
 * @param database a name for people, e.g. the file name
 * @param sequence the event's place in its lane: gap-free, from 1
 * @param position the source's own position of the event's transaction (for a snapshot row: where it was read)
 * @param commitMillis when the source committed, milliseconds since the epoch
 * @param snapshot whether the event was read in a snapshot or refresh, not followed from the tail
 */
public record Source(
        String pipelineId,
        String connector,
        String database,
        long sequence,
        Position position,
        long commitMillis,
        boolean snapshot) {}
