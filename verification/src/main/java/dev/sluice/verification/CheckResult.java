package dev.sluice.verification;

import org.jspecify.annotations.Nullable;

/**
 * The outcome of a check by SQL.
 *
 * @param sourceRows rows that the source gave; -1 where it was not asked, or did not answer
 * @param targetRows rows that the target gave; -1 where it did not answer
 * @param message what differs, without values unless they were asked for; null when nothing does
 */
public record CheckResult(
        String name,
        Outcome outcome,
        long sourceRows,
        long targetRows,
        @Nullable String message) {
    /** What became of it. */
    public enum Outcome {
        EQUAL,
        DIFFERENT,
        /** Both sides moved each time they were asked. */
        UNSETTLED
    }
}
