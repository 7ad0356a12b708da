package dev.sluice.cli.run;

import dev.sluice.streams.LaneStatus;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides when a pipeline has caught up: every table is loaded, and everything that the source had committed when that was noticed is applied in every lane,
 * together with every release that it caused. Times are compared within this process only; what the target has is told by sequences, because the clocks
 * of commits may have been ahead earlier. Heartbeats carry an idle source over each step, in every lane.
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
            Map<String, Long> published = now.publishedAsOf(bound);
            return published.isEmpty()
                    ? this
                    : new Applying(published.entrySet().stream()
                            .map(lane -> new Lane(lane.getKey(), lane.getValue()))
                            .toList());
        }
    }

    /** @param lanes each goes its own way */
    private record Applying(List<Lane> lanes) implements Step {
        @Override
        public Step next(Snapshot now) {
            lanes.forEach(lane -> lane.look(now));
            return lanes.stream().allMatch(Lane::isDone) ? new Done() : this;
        }
    }

    private record Done() implements Step {
        @Override
        public Step next(Snapshot now) {
            return this;
        }
    }

    /**
     * A lane from what was published to what is applied. The topology has to decide one event more than was wanted: a row that waits under the newest one
     * is looked at with the next. Releases stand in the log behind the event that caused them, so one event behind them all has to be applied.
     */
    private static final class Lane {
        private final String name;
        private final long more;
        private long behind;
        private boolean done;

        /** @param more the sequence of one event more than was wanted */
        private Lane(String name, long more) {
            this.name = name;
            this.more = more;
        }

        private void look(Snapshot now) {
            @Nullable LaneStatus topology = now.topology(name);
            if (behind == 0 && topology != null && topology.nextSequence() > more && !topology.hasWork()) {
                behind = topology.nextSequence();
            }
            done |= behind > 0 && now.appliedSequence(name) >= behind;
        }

        private boolean isDone() {
            return done;
        }
    }
}
