package dev.sluice.verification;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One key that is not equal on both sides.
 *
 * @param key as {@link dev.sluice.schemas.event.KeyText}
 * @param columns the unequal columns of a row that stands on both sides; otherwise empty
 * @param sourceValues the source's values of {@code columns} in their canonical form, one text each, {@code ***} of masked ones; empty unless values were asked for
 * @param targetValues likewise the target's
 */
public record Difference(
        Verdict verdict,
        String key,
        List<String> columns,
        List<@Nullable String> sourceValues,
        List<@Nullable String> targetValues) {
    public Difference {
        columns = List.copyOf(columns);
        sourceValues = Collections.unmodifiableList(new ArrayList<>(sourceValues));
        targetValues = Collections.unmodifiableList(new ArrayList<>(targetValues));
    }

    public Difference(Verdict verdict, String key) {
        this(verdict, key, List.of(), List.of(), List.of());
    }
}
