package dev.sluice.cli.run;

import dev.sluice.streams.LaneStatus;
import java.time.Instant;
import java.time.InstantSource;

/**
 * Decides when a pipeline has caught up: every table is loaded, and everything that the source had committed when that was noticed is applied, together
 * with every release that it caused. Times are compared within this process only; what the target has is told by sequences, because the clocks of
 * commits may have been ahead earlier. Heartbeats carry an idle source over each step.
 */
public final class CaughtUp {
    private final InstantSource clock;
    private Step step = new Loading();

    public CaughtUp(InstantSource clock) {
        this.clock = clock;
    }

    /** Told again and again, in the order in which the snapshots were taken; stays true. */
    public boolean test(Snapshot now) {
        Step next = step.next(now);
        while (next != step) {
            step = next;
            next = step.next(now);
        }
        return step instanceof Done;
    }

    /** What is waited for; itself while it is. */
    private sealed interface Step {
        Step next(Snapshot now);
    }

    private final class Loading implements Step {
        @Override
        public Step next(Snapshot now) {
            return now.isLoaded() ? new Publishing(clock.instant()) : this;
        }
    }

    /** @param bound what was committed before is to be published */
    private record Publishing(Instant bound) implements Step {
        @Override
        public Step next(Snapshot now) {
            return now.publisher()
                            .completeAsOf()
                            .filter(t -> !t.isBefore(bound))
                            .isPresent()
                    ? new Deciding(now.publisher().nextSequence())
                    : this;
        }
    }

    /**
     * The topology has to decide one event more than was wanted: a row that waits under the newest one is looked at with the next.
     *
     * @param more the sequence of that event
     */
    private record Deciding(long more) implements Step {
        @Override
        public Step next(Snapshot now) {
            LaneStatus lane = now.lane();
            return lane.nextSequence() > more && !lane.hasWork() ? new Applying(lane.nextSequence()) : this;
        }
    }

    /**
     * Releases stand in the log behind the event that caused them, so one event behind them all has to be applied.
     *
     * @param behind the sequence of that event
     */
    private record Applying(long behind) implements Step {
        @Override
        public Step next(Snapshot now) {
            return now.appliedSequence() >= behind ? new Done() : this;
        }
    }

    private record Done() implements Step {
        @Override
        public Step next(Snapshot now) {
            return this;
        }
    }
}
