package dev.sluice.verification;

/**
 * How to compare.
 *
 * @param chunkRows rows held in memory at once, per side
 * @param listedKeys unequal keys listed per table; all are counted
 * @param showValues whether reports hold the unequal values
 */
public record ComparisonOptions(int chunkRows, int listedKeys, boolean showValues) {
    /** 2,000 rows keep a round trip below 50 ms at usual row sizes; 20 keys are enough to see a pattern. */
    public static final ComparisonOptions DEFAULT = new ComparisonOptions(2_000, 20, false);

    public ComparisonOptions {
        if (chunkRows < 1 || listedKeys < 0) {
            throw new IllegalArgumentException(
                    "chunks of " + chunkRows + " rows and " + listedKeys + " listed keys make no comparison");
        }
    }
}
