package dev.sluice.verification.checks;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A check in SQL.
 *
 * @param source a query in the source's SQL; null where the target's query is to give no rows
 * @param target a query in PostgreSQL's SQL
 * @param covers {@code table.column} of conversions that lose something, for which the check stands; only carried
 */
public record SqlCheck(String name, @Nullable String source, String target, List<String> covers) {
    public SqlCheck {
        if (name.isBlank() || target.isBlank() || (source != null && source.isBlank())) {
            throw new IllegalArgumentException("a check needs a name and queries, not '" + name + "' without them");
        }
        covers = List.copyOf(covers);
    }
}
