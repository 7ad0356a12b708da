package dev.sluice.cli.binding;

import dev.sluice.cli.config.TablesSettings;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.TableId;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The columns that PostgreSQL computes from the others of their row, by captured table of the target. Whether it can is PostgreSQL's own to say; here nothing is known of a source but the configuration.
 */
public final class ExpressionBinder {
    private ExpressionBinder() {}

    /** By table and column of the target the SQL. Tables are found as {@link Binder} finds them, columns are spelled as the target spells them. */
    public static Map<TableId, Map<String, String>> of(TablesSettings settings, Catalog catalog, String defaultSchema) {
        Map<TableId, Map<String, String>> expressions = new HashMap<>();
        settings.tables().forEach((name, own) -> {
            if (!own.expressions().isEmpty()) {
                ValueRuleBinder.target(name, own, catalog, defaultSchema)
                        .ifPresent(table -> expressions.put(table.id(), own.expressions()));
            }
        });
        return expressions;
    }

    /** The columns alone. */
    public static Map<TableId, Set<String>> columns(Map<TableId, Map<String, String>> expressions) {
        return expressions.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, entry -> entry.getValue().keySet()));
    }
}
