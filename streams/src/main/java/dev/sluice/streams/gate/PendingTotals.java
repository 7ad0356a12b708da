package dev.sluice.streams.gate;

/** How many rows deviate from the source, by the three named ways. */
public record PendingTotals(long waiting, long stale, long held) {
    public static final PendingTotals NONE = new PendingTotals(0, 0, 0);
}
