package dev.sluice.sinks.postgresql;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How a sink stands.
 *
 * @param sequence newest applied sequence; -1 before the cursor is claimed
 * @param sourceTime everything that the source committed before is applied; null before the first transaction of this run
 * @param rowsApplied records of rows applied by this run
 * @param deadLettered events that this run could not apply
 * @param transactions committed by this run
 * @param message why it waits or stopped; null while it runs
 */
public record SinkStatus(
        State state,
        long sequence,
        @Nullable Instant sourceTime,
        @Nullable Instant appliedAt,
        long rowsApplied,
        long deadLettered,
        long transactions,
        @Nullable String message) {
    /** What a sink is doing. */
    public enum State {
        NEW,
        RUNNING,
        /** The target is away; the sink tries again. */
        WAITING_FOR_TARGET,
        /** A person wants nothing to be applied for a while; the sink looks again. */
        PAUSED,
        /** Rows of a backfill wait, because there may be only so many per second, or because the target is under pressure. */
        HELD_BACK,
        /** A range of the lane is applied again; what is new waits meanwhile. */
        REPLAYING,
        STOPPED,
        FAILED
    }

    static final SinkStatus NEW = new SinkStatus(State.NEW, -1, null, null, 0, 0, 0, null);
}
