package dev.sluice.cli.verify;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Why nothing is read, said so rarely that it floods nothing: each reason, whatever its numbers are at the moment, at most every ten seconds. Used by one thread. */
final class Held {
    private static final Duration EVERY = Duration.ofSeconds(10);

    private final Map<String, Instant> next = new HashMap<>();
    private boolean said;

    /**
     * @param why empty when it goes on
     * @return what is to be said now, if anything
     */
    Optional<String> line(String why, Instant now) {
        if (why.isEmpty()) {
            boolean last = said;
            said = false;
            return last ? Optional.of("goes on") : Optional.empty();
        }
        String kind = why.replaceAll("[0-9]+", "#");
        Instant due = next.get(kind);
        if (due != null && now.isBefore(due)) {
            return Optional.empty();
        }
        next.put(kind, now.plus(EVERY));
        said = true;
        return Optional.of("held back: " + why);
    }
}
