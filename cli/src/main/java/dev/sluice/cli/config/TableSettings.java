package dev.sluice.cli.config;

import dev.sluice.producers.api.ValueRules;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What is special about one table of the source.
 *
 * @param target name in the target, {@code table} or {@code schema.table}; empty for the source's name
 * @param key source columns that identify a row, where the source declares no primary key; empty for the declared one
 * @param excludeColumns source columns that stay behind
 * @param columnTargets target's name by source column; others keep their name
 * @param adopt whether the target table may hold rows before Sluice writes to it
 * @param maskedColumns source columns whose values no command shows
 * @param guard whether the target table gets a column of Sluice's own
 * @param where condition in the source's own SQL; rows for which it does not hold stay behind
 * @param computed source columns that the source itself has not, each a SQL expression over columns of the row's key
 * @param expressions by column of the target a SQL expression over the row's other columns that PostgreSQL evaluates
 * @param valueRules by source column what is said about its values; columns about which nothing is said are left out
 */
public record TableSettings(
        Optional<String> target,
        List<String> key,
        List<String> excludeColumns,
        Map<String, String> columnTargets,
        boolean adopt,
        Set<String> maskedColumns,
        GuardMode guard,
        Optional<String> where,
        Map<String, String> computed,
        Map<String, String> expressions,
        Map<String, ValueRules> valueRules) {
    /** A table about which the configuration says nothing. */
    public static final TableSettings DEFAULT =
            new TableSettings(Optional.empty(), List.of(), List.of(), Map.of(), false, Set.of());

    public TableSettings {
        key = List.copyOf(key);
        excludeColumns = List.copyOf(excludeColumns);
        columnTargets = Map.copyOf(columnTargets);
        maskedColumns = Set.copyOf(maskedColumns);
        computed = Collections.unmodifiableMap(new LinkedHashMap<>(computed));
        expressions = Collections.unmodifiableMap(new LinkedHashMap<>(expressions));
        valueRules = Map.copyOf(valueRules);
    }

    /** Nothing is said about values and the table's shape. */
    public TableSettings(
            Optional<String> target,
            List<String> key,
            List<String> excludeColumns,
            Map<String, String> columnTargets,
            boolean adopt,
            Set<String> maskedColumns) {
        this(
                target,
                key,
                excludeColumns,
                columnTargets,
                adopt,
                maskedColumns,
                GuardMode.COLUMN,
                Optional.empty(),
                Map.of(),
                Map.of(),
                Map.of());
    }

    static TableSettings from(Section section) {
        Set<String> masked = new LinkedHashSet<>();
        Map<String, String> expressions = new LinkedHashMap<>();
        Map<String, ValueRules> rules = new LinkedHashMap<>();
        TableSettings settings = new TableSettings(
                section.text("target"),
                section.texts("key", List.of()),
                section.texts("exclude-columns", List.of()),
                columns(section.section("columns"), masked, expressions, rules),
                section.flag("adopt", false),
                masked,
                section.choice("guard", GuardMode.class).orElse(GuardMode.COLUMN),
                section.text("where"),
                computed(section.section("computed")),
                expressions,
                rules);
        Set<String> named = new LinkedHashSet<>(settings.columnTargets().keySet());
        named.addAll(rules.keySet());
        for (String column : named) {
            if (settings.excludeColumns().contains(column)) {
                section.problem(
                        "exclude-columns", "column '" + column + "' has settings under columns too; keep one of them");
            }
        }
        section.refuseOtherKeys();
        return settings;
    }

    private static Map<String, String> computed(Section section) {
        Map<String, String> computed = new LinkedHashMap<>();
        section.keys().forEach(column -> section.text(column).ifPresent(sql -> computed.put(column, sql)));
        return computed;
    }

    private static Map<String, String> columns(
            Section section, Set<String> masked, Map<String, String> expressions, Map<String, ValueRules> rules) {
        Map<String, String> targets = new LinkedHashMap<>();
        for (String column : section.keys()) {
            Section settings = section.section(column);
            Optional<String> expression = settings.text("expr");
            if (expression.isPresent()) {
                expressions.put(column, expression.get());
                settings.refuseOtherKeys();
                continue;
            }
            settings.text("target").ifPresent(target -> targets.put(column, target));
            if (settings.flag("masked", false)) {
                masked.add(column);
            }
            ValueRules values = ValueSettings.of(settings);
            if (!values.equals(ValueRules.DEFAULT)) {
                rules.put(column, values);
            }
            settings.refuseOtherKeys();
        }
        return targets;
    }
}
