package dev.sluice.schemas.event;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a control event of kind {@code COMPARE} says of the source, at its place in the lane: by {@link KeyText}, the row as {@link RowText}, or nothing where the source has none. Keys of rows that cannot be given (the source could
 * not convert them, or several rows have them) are in {@code refused}, with the reason.
 */
public record Compared(Map<String, Optional<String>> rows, Map<String, String> refused) {
    public Compared {
        rows = new LinkedHashMap<>(rows);
        refused = new LinkedHashMap<>(refused);
    }
}
