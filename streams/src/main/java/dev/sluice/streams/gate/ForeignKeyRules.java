package dev.sluice.streams.gate;

import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.TableId;
import java.util.HashMap;
import java.util.Map;

/** Rules by referring table and name of the foreign key; {@link ForeignKeyRule#DEFAULT} for all others. */
public final class ForeignKeyRules {
    public static final ForeignKeyRules NONE = new ForeignKeyRules(Map.of());

    private final Map<TableId, Map<String, ForeignKeyRule>> rules;

    private ForeignKeyRules(Map<TableId, Map<String, ForeignKeyRule>> rules) {
        this.rules = rules;
    }

    public static ForeignKeyRules of(Map<TableId, Map<String, ForeignKeyRule>> rules) {
        Map<TableId, Map<String, ForeignKeyRule>> copy = new HashMap<>();
        rules.forEach((table, byName) -> copy.put(table, Map.copyOf(byName)));
        return new ForeignKeyRules(Map.copyOf(copy));
    }

    public ForeignKeyRule of(TableId child, ForeignKey foreignKey) {
        return rules.getOrDefault(child, Map.of()).getOrDefault(foreignKey.name(), ForeignKeyRule.DEFAULT);
    }
}
