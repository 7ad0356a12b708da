package dev.sluice.verification;

import org.jspecify.annotations.Nullable;

/**
 * What became of a key that was unequal when it was first seen.
 *
 * @param sourceRows how many rows of the source have it
 * @param targetRows 0 or 1
 * @param difference null where both sides are equal, or neither has it
 */
record Settled(
        String key,
        int sourceRows,
        int targetRows,
        @Nullable Difference difference) {}
