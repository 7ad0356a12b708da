package dev.sluice.cli.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How foreign keys of the target are treated.
 *
 * @param general for every foreign key about which nothing else is said
 * @param tables by the target's name, with or without schema, then by the constraint's name
 */
public record ForeignKeysSettings(ForeignKeySettings general, Map<String, Map<String, ForeignKeySettings>> tables) {
    public static final ForeignKeysSettings NONE = new ForeignKeysSettings(ForeignKeySettings.NONE, Map.of());
    /** A table of this name is given with its schema. */
    private static final String DEFAULT = "default";

    public ForeignKeysSettings {
        Map<String, Map<String, ForeignKeySettings>> copy = new LinkedHashMap<>();
        tables.forEach((table, keys) -> copy.put(table, Collections.unmodifiableMap(new LinkedHashMap<>(keys))));
        tables = Collections.unmodifiableMap(copy);
    }

    static ForeignKeysSettings from(Section section) {
        ForeignKeySettings general = ForeignKeySettings.from(section.section(DEFAULT));
        Map<String, Map<String, ForeignKeySettings>> tables = new LinkedHashMap<>();
        for (String table : section.keys()) {
            if (!table.equals(DEFAULT)) {
                Section keys = section.section(table);
                Map<String, ForeignKeySettings> byName = new LinkedHashMap<>();
                keys.keys().forEach(name -> byName.put(name, ForeignKeySettings.from(keys.section(name))));
                tables.put(table, byName);
            }
        }
        return new ForeignKeysSettings(general, tables);
    }
}
