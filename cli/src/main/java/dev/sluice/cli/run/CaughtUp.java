package dev.sluice.cli.run;

import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Decides when a pipeline has caught up: every table is loaded, and everything that the source committed before that was noticed is applied. Heartbeats
 * carry the second part when the source is idle.
 */
public final class CaughtUp {
    private final InstantSource clock;
    private @Nullable Instant since;

    public CaughtUp(InstantSource clock) {
        this.clock = clock;
    }

    /** Told again and again; once true it may be false later only because nobody asks any more. */
    public boolean test(Snapshot now) {
        if (!now.isLoaded()) {
            return false;
        }
        Instant bound = since;
        if (bound == null) {
            bound = clock.instant();
            since = bound;
        }
        Instant wanted = bound;
        return now.sourceTime().filter(time -> !time.isBefore(wanted)).isPresent();
    }
}
