package dev.sluice.cli.run;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** Tells that something that should change has not for a time. */
final class Standstill {
    private final Duration longest;
    private final InstantSource clock;
    private @Nullable Object last;
    private Instant changed;

    Standstill(Duration longest, InstantSource clock) {
        this.longest = longest;
        this.clock = clock;
        this.changed = clock.instant();
    }

    /** @param now what should change; compared by {@code equals} */
    boolean isReached(Object now) {
        if (!now.equals(last)) {
            last = now;
            changed = clock.instant();
        }
        return Duration.between(changed, clock.instant()).compareTo(longest) > 0;
    }
}
