package dev.sluice.producers.api;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which rows of a source's table travel, and what is computed of them before they do. Everything is in the source's own SQL and speaks of one row alone; whatever changes
 * with time or chance is refused, because nothing would tell when a row is to come or to go.
 *
 * @param where only rows for which it holds are in the target: one that an update moves out leaves it, one that is moved in comes; null for all rows
 * @param computed by name: columns that the source has not, each an expression over the columns of {@code identity}
 * @param identity the source's columns that tell its rows apart where a computed column belongs to the target's key; empty when the target's key itself does
 */
public record Selection(@Nullable String where, Map<String, String> computed, List<String> identity) {
    /** Every row, as it is. */
    public static final Selection ALL = new Selection(null, Map.of(), List.of());

    /** Code of findings about a selection that a source cannot follow: mistakes of the configuration. */
    public static final String REFUSED = "selection-refused";

    public Selection {
        computed = Collections.unmodifiableMap(new LinkedHashMap<>(computed));
        identity = List.copyOf(identity);
    }

    /** The rows for which a condition holds. */
    public static Selection where(String condition) {
        return new Selection(condition, Map.of(), List.of());
    }

    public boolean isAll() {
        return where == null && computed.isEmpty();
    }
}
