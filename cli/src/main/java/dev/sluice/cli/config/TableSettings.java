package dev.sluice.cli.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is special about one table of the source.
 *
 * @param target name in the target, {@code table} or {@code schema.table}; empty for the source's name
 * @param key source columns that identify a row, where the source declares no primary key; empty for the declared one
 * @param excludeColumns source columns that stay behind
 * @param columnTargets target's name by source column; others keep their name
 * @param adopt whether the target table may hold rows before Sluice writes to it
 */
public record TableSettings(
        Optional<String> target,
        List<String> key,
        List<String> excludeColumns,
        Map<String, String> columnTargets,
        boolean adopt) {
    /** A table about which the configuration says nothing. */
    public static final TableSettings DEFAULT =
            new TableSettings(Optional.empty(), List.of(), List.of(), Map.of(), false);

    public TableSettings {
        key = List.copyOf(key);
        excludeColumns = List.copyOf(excludeColumns);
        columnTargets = Map.copyOf(columnTargets);
    }

    static TableSettings from(Section section) {
        TableSettings settings = new TableSettings(
                section.text("target"),
                section.texts("key", List.of()),
                section.texts("exclude-columns", List.of()),
                columns(section.section("columns")),
                section.flag("adopt", false));
        for (String column : settings.columnTargets().keySet()) {
            if (settings.excludeColumns().contains(column)) {
                section.problem(
                        "exclude-columns", "column '" + column + "' has settings under columns too; keep one of them");
            }
        }
        section.refuseOtherKeys();
        return settings;
    }

    private static Map<String, String> columns(Section section) {
        Map<String, String> targets = new LinkedHashMap<>();
        for (String column : section.keys()) {
            Section settings = section.section(column);
            settings.text("target").ifPresent(target -> targets.put(column, target));
            settings.refuseOtherKeys();
        }
        return targets;
    }
}
