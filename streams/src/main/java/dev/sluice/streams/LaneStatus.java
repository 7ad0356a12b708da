package dev.sluice.streams;

import org.jspecify.annotations.Nullable;

/**
 * A lane at a moment, for people and gates. All figures are of the same decision. They are what was decided, up to one commit interval ahead of what readers of {@code ordered} see.
 *
 * @param nextSequence the sequence expected next, 0 while the lane's state is still being restored
 * @param waiting rows of which no version is in the target because a parent is missing
 * @param stale rows of which the target keeps an older version
 * @param held rows deleted in the source and still referred to
 * @param hasWork whether rows are queued to be looked at because what they waited for came: the figures above still change without a new event. A row
 *     that waits under the newest sequence is looked at with the next event
 * @param failure why the lane stopped, where it did
 */
public record LaneStatus(
        State state,
        long nextSequence,
        long waiting,
        long stale,
        long held,
        boolean hasWork,
        @Nullable String failure) {
    /** Phases of a lane. */
    public enum State {
        /** Joins its group, restores its state. */
        STARTING,
        RUNNING,
        /** Closed on request. */
        STOPPED,
        /** Stopped by a failure; nothing was skipped. */
        FAILED
    }
}
