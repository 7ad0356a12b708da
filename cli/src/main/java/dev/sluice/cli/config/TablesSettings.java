package dev.sluice.cli.config;

import dev.sluice.producers.api.ValueRules;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which tables of the source travel.
 *
 * @param include glob patterns ({@code *}, {@code ?}) of table names
 * @param exclude patterns that win over {@code include}
 * @param tables settings by table of the source, in the order of the file
 * @param values what holds for the values of every column that it fits, where the column itself says nothing
 */
public record TablesSettings(
        List<String> include, List<String> exclude, Map<String, TableSettings> tables, ValueRules values) {
    public static final List<String> EVERYTHING = List.of("*");

    private static final String INCLUDE = "include";
    private static final String EXCLUDE = "exclude";

    public TablesSettings {
        include = List.copyOf(include);
        exclude = List.copyOf(exclude);
        tables = Collections.unmodifiableMap(new LinkedHashMap<>(tables));
    }

    public TablesSettings(List<String> include, List<String> exclude, Map<String, TableSettings> tables) {
        this(include, exclude, tables, ValueRules.DEFAULT);
    }

    /** A block under {@code include} or {@code exclude} is a table of that name; a list is patterns. */
    static TablesSettings from(Section section, ValueRules values) {
        Map<String, TableSettings> tables = new LinkedHashMap<>();
        List<String> include = section.isSection(INCLUDE) ? EVERYTHING : section.texts(INCLUDE, EVERYTHING);
        List<String> exclude = section.isSection(EXCLUDE) ? List.of() : section.texts(EXCLUDE, List.of());
        for (String key : section.keys()) {
            if (section.isSection(key)) {
                tables.put(key, TableSettings.from(section.section(key)));
            } else if (!key.equals(INCLUDE) && !key.equals(EXCLUDE) && section.has(key)) {
                section.problem(
                        key,
                        "expected the settings of table '" + key + "' below it"
                                + NearestName.suggestion(key, List.of(INCLUDE, EXCLUDE)));
            }
        }
        return new TablesSettings(include, exclude, tables, values);
    }

    public TableSettings of(String sourceTable) {
        return tables.getOrDefault(sourceTable, TableSettings.DEFAULT);
    }
}
