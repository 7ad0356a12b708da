package dev.sluice.sinks.postgresql.ordered;

/**
 * How far a lane is applied, as {@code sluice.progress} says.
 *
 * @param pipelineId the incarnation that every record must carry
 * @param sequence newest applied sequence
 * @param offset offset of the newest applied record; -1 when nothing is applied yet
 */
public record LanePosition(String pipelineId, long sequence, long offset) {
    /** Nothing is applied yet. */
    public boolean isFresh() {
        return offset < 0;
    }
}
