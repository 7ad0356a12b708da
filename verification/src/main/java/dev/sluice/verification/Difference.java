package dev.sluice.verification;

import java.util.List;

/**
 * One key that is not equal on both sides.
 *
 * @param key as {@link dev.sluice.schemas.event.KeyText}
 * @param columns the unequal columns of a row that stands on both sides; otherwise empty
 * @param values both sides' values of {@code columns} in their canonical form, one text each; empty unless values were asked for
 */
public record Difference(Verdict verdict, String key, List<String> columns, List<String> values) {
    public Difference {
        columns = List.copyOf(columns);
        values = List.copyOf(values);
    }
}
