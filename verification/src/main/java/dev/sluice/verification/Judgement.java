package dev.sluice.verification;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What both sides say about a key, at moments that may or may not be the same.
 *
 * @param verdict null where the key is matched, or on neither side
 * @param sourceRows how many rows of the source have the key
 * @param targetRows 0 or 1
 * @param columns that are not equal, by their place
 */
record Judgement(@Nullable Verdict verdict, int sourceRows, int targetRows, List<Integer> columns) {
    static Judgement of(@Nullable Verdict verdict, int sourceRows, int targetRows) {
        return new Judgement(verdict, sourceRows, targetRows, List.of());
    }

    boolean isEqual() {
        return verdict == null;
    }

    Judgement as(Verdict other) {
        return new Judgement(other, sourceRows, targetRows, columns);
    }
}
