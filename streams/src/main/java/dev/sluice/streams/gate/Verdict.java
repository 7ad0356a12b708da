package dev.sluice.streams.gate;

import dev.sluice.streams.gate.PendingVersion.Awaited;
import java.util.List;
import java.util.Objects;

/** Everything that keeps an upsert from the target. */
record Verdict(List<Obstacle> obstacles) {
    static final Verdict CLEAR = new Verdict(List.of());

    private static final String READ_AGAIN = "{\"reason\":\"read-again\"}";

    /** What is to be done with it. */
    enum Action {
        APPLY,
        WAIT,
        QUARANTINE,
        EVICT,
        SET_NULL
    }

    /** @param judged whether the source transaction is over, so that what is missing will not come with it */
    Action action(boolean judged) {
        if (obstacles.isEmpty()) {
            return Action.APPLY;
        }
        if (!judged) {
            return Action.WAIT;
        }
        if (has(OnOrphan.QUARANTINE)) {
            return Action.QUARANTINE;
        }
        if (has(OnOrphan.WAIT)) {
            return Action.WAIT;
        }
        return has(OnOrphan.EVICT) ? Action.EVICT : Action.SET_NULL;
    }

    /** Whether the end of the source transaction may change the action. */
    boolean isProvisional() {
        return obstacles.stream().anyMatch(o -> o.rule() != OnOrphan.WAIT);
    }

    /** Whether pending rows might put all of it right. */
    boolean mayBeMetTogether(boolean judged) {
        return obstacles.stream().noneMatch(o -> o.lonely() && !(judged && o.rule() == OnOrphan.SET_NULL));
    }

    boolean has(OnOrphan rule) {
        return obstacles.stream().anyMatch(o -> o.rule() == rule);
    }

    /** The one that people are told. */
    String reason() {
        return obstacles.get(0).reason();
    }

    /** What people are told of a row that is out of the target: where nothing is in its way any more, it comes again from the source. */
    String reasonToBeOut() {
        return obstacles.isEmpty() ? READ_AGAIN : reason();
    }

    List<Awaited> awaited() {
        return obstacles.stream()
                .map(Obstacle::awaited)
                .filter(Objects::nonNull)
                .distinct()
                .toList();
    }

    /** The foreign keys whose parents are missing, a bit for each of the table's. */
    long missing(GatedTable table) {
        long bits = 0;
        for (Obstacle obstacle : obstacles) {
            for (Edge edge : obstacle.foreignKeys()) {
                int index = table.edges().indexOf(edge);
                bits |= index < 0 ? 0 : 1L << index;
            }
        }
        return bits;
    }
}
