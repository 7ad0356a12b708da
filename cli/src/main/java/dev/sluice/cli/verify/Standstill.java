package dev.sluice.cli.verify;

import dev.sluice.sinks.postgresql.control.PipelineStatus;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/** Says, now and then, of which lane something is waited for while its target does not move. Used by one thread. */
final class Standstill {
    private static final long PATIENCE_MILLIS = 10_000;
    private static final long AGAIN_MILLIS = 60_000;

    private final Consumer<String> notices;
    private final Map<String, Lane> lanes = new HashMap<>();

    Standstill(Consumer<String> notices) {
        this.notices = notices;
    }

    /** Since when it stands where, and when that is told. */
    private record Lane(long sequence, long since, long tellAt) {}

    /**
     * @param waiting those that are waited for
     * @param now in milliseconds
     */
    void look(PipelineStatus status, Collection<Asked> waiting, long now) {
        lanes.keySet()
                .removeIf(
                        lane -> waiting.stream().noneMatch(asked -> asked.lane().equals(lane)));
        for (Asked asked : waiting) {
            String lane = asked.lane();
            long sequence = status.appliedSequence(lane);
            Lane seen = lanes.get(lane);
            // Nobody is told twice why a paused lane stands.
            boolean paused = status.lane(lane).stream().anyMatch(PipelineStatus.Lane::isPaused);
            if (seen == null || seen.sequence() != sequence || paused) {
                lanes.put(lane, new Lane(sequence, now, now + PATIENCE_MILLIS));
            } else if (now >= seen.tellAt() && asked.isOlderThan(now, PATIENCE_MILLIS)) {
                lanes.put(lane, new Lane(sequence, seen.since(), now + AGAIN_MILLIS));
                notices.accept(told(asked, sequence, (now - seen.since()) / 1_000));
            }
        }
    }

    private static String told(Asked asked, long sequence, long seconds) {
        return asked.isAnswered()
                ? "waiting for the target to apply sequence " + asked.answeredAt() + " of lane " + asked.lane()
                        + "; it is at " + sequence + " and has not moved for " + seconds
                        + " s. sluice status says what its sink does"
                : "waiting for an answer in lane " + asked.lane() + "; its target is at sequence " + sequence
                        + " and has not moved for " + seconds
                        + " s. It takes all parts of the pipeline: publisher, streams and sink";
    }
}
