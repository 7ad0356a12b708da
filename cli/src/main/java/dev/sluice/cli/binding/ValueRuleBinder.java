package dev.sluice.cli.binding;

import dev.sluice.cli.binding.RuleFit.KeyPart;
import dev.sluice.cli.binding.RuleFit.Misfit;
import dev.sluice.cli.config.TableSettings;
import dev.sluice.cli.config.TablesSettings;
import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ValueRules;
import dev.sluice.producers.api.ValueRules.Choice;
import dev.sluice.producers.api.ValueRules.OnNull;
import dev.sluice.producers.api.ValueRules.OnUnmapped;
import dev.sluice.runtime.Finding;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Gives captured tables the rules for their values, and refuses those that cannot be kept; what is said for every column holds where it fits. Columns of primary keys and of foreign keys, and those that
 * foreign keys refer to, have none: by their values it is decided which row is meant and what may be written. Only a reference may become NULL, which refers to nothing.
 */
public final class ValueRuleBinder {
    private final ValueRules everywhere;
    private final TableSettings settings;
    private final CapturedTable table;
    private final Catalog catalog;
    private final List<Finding> findings;

    private ValueRuleBinder(TablesSettings settings, CapturedTable table, Catalog catalog, List<Finding> findings) {
        this.everywhere = settings.values();
        this.settings = settings.of(table.sourceName());
        this.table = table;
        this.catalog = catalog;
        this.findings = findings;
    }

    /**
     * @param all every captured table, with all of their foreign keys
     * @param findings receives what is wrong
     */
    static List<CapturedTable> bind(TablesSettings settings, List<CapturedTable> all, List<Finding> findings) {
        Catalog catalog = Catalog.of(all.stream().map(CapturedTable::target).toList());
        List<CapturedTable> bound = new ArrayList<>();
        for (CapturedTable table : all) {
            bound.add(new ValueRuleBinder(settings, table, catalog, findings).bind());
        }
        return bound;
    }

    /**
     * Columns whose NULL becomes the target's default, of tables about whose source nothing is known but the configuration. Names are found as {@link Binder} finds them.
     */
    public static Map<TableId, Set<String>> nullDefaults(
            TablesSettings settings, Catalog catalog, String defaultSchema) {
        Map<TableId, Map<String, ValueRules>> said = new HashMap<>();
        settings.tables()
                .forEach((name, own) -> target(name, own, catalog, defaultSchema)
                        .ifPresent(table -> said.put(table.id(), byTarget(own, table))));
        Map<TableId, Set<String>> defaults = new HashMap<>();
        for (Table table : catalog.tables()) {
            Map<String, ValueRules> own = said.getOrDefault(table.id(), Map.of());
            Set<String> names = new HashSet<>();
            for (Column column : table.columns()) {
                ValueRules rules = own.getOrDefault(column.name(), ValueRules.DEFAULT);
                ValueRules telling = rules.choices().containsKey(OnNull.class) ? rules : settings.values();
                if (RuleFit.takesDefault(column) && telling.of(OnNull.class) == OnNull.DEFAULT) {
                    names.add(column.name());
                }
            }
            names.removeAll(keys(catalog, table));
            defaults.put(table.id(), names);
        }
        return defaults;
    }

    static Optional<Table> target(String source, TableSettings own, Catalog catalog, String defaultSchema) {
        String text = own.target().orElse(source);
        TableId wanted =
                own.target().isPresent() && text.contains(".") ? TableId.parse(text) : new TableId(defaultSchema, text);
        List<Table> sameSchema = catalog.tables().stream()
                .filter(t -> t.id().schema().equals(wanted.schema()))
                .toList();
        return Names.find(sameSchema, t -> t.id().name(), wanted.name());
    }

    private static Map<String, ValueRules> byTarget(TableSettings own, Table table) {
        Map<String, ValueRules> rules = new HashMap<>();
        own.valueRules().forEach((column, said) -> {
            String target = own.columnTargets().getOrDefault(column, column);
            Names.find(table.columns(), Column::name, target).ifPresent(found -> rules.put(found.name(), said));
        });
        return rules;
    }

    private static Set<String> keys(Catalog catalog, Table table) {
        Set<String> keys = identifying(catalog, table);
        table.foreignKeys().forEach(key -> keys.addAll(key.columns()));
        return keys;
    }

    /** Columns by which a row itself is known. */
    private static Set<String> identifying(Catalog catalog, Table table) {
        Set<String> keys = new HashSet<>(table.primaryKey());
        for (Table child : catalog.tables()) {
            child.foreignKeys().stream()
                    .filter(key -> key.parent().equals(table.id()))
                    .map(ForeignKey::parentColumns)
                    .forEach(keys::addAll);
        }
        return keys;
    }

    private KeyPart keyPart(Column column) {
        List<ForeignKey> references = table.target().foreignKeys().stream()
                .filter(key -> key.columns().contains(column.name()))
                .toList();
        if (identifying(catalog, table.target()).contains(column.name())) {
            return KeyPart.KEY;
        } else if (references.isEmpty()) {
            return KeyPart.NONE;
        }
        boolean alone = references.stream().allMatch(key -> key.columns().size() == 1);
        return alone && column.nullable() ? KeyPart.NULLABLE_REFERENCE : KeyPart.KEY;
    }

    private CapturedTable bind() {
        Map<String, ValueRules> rules = new LinkedHashMap<>();
        for (int i = 0; i < table.sourceColumns().size(); i++) {
            String source = table.sourceColumns().get(i);
            Column column = table.target().columns().get(i);
            ValueRules own = settings.valueRules().getOrDefault(source, ValueRules.DEFAULT);
            ValueRules all = everywhere(column, keyPart(column), own);
            check(source, column, own, new RuleFit(column, keyPart(column), all));
            if (!all.equals(ValueRules.DEFAULT)) {
                rules.put(column.name(), all);
            }
        }
        return table.with(rules);
    }

    /** With what is said for every column and fits. NULL is looked at first, because others ask what becomes of it. */
    private ValueRules everywhere(Column column, KeyPart key, ValueRules own) {
        ValueRules all = own;
        for (Choice choice : RuleFit.nullFirst(everywhere)) {
            RuleFit fit = new RuleFit(column, key, all);
            boolean said = own.choices().containsKey(choice.getClass());
            if (!said && !fit.isOfKey(choice) && fit.misfit(choice).isEmpty()) {
                all = all.with(choice);
            }
        }
        boolean readsClocks = own.timeZone().isEmpty() && RuleFit.isTimestamp(column);
        return readsClocks && everywhere.timeZone().isPresent()
                ? all.withTimeZone(everywhere.timeZone().get())
                : all;
    }

    private void check(String source, Column column, ValueRules own, RuleFit fit) {
        if (own.timeZone().isPresent()) {
            fit.misfitOfTimeZone().ifPresent(misfit -> refuse(source, column, misfit));
        }
        boolean ofKey = own.choices().values().stream().anyMatch(fit::isOfKey)
                || (fit.isOfKey() && !own.map().isEmpty());
        if (ofKey) {
            refuse(source, ofKey(column));
            return;
        }
        RuleFit.nullFirst(own)
                .forEach(choice -> fit.misfit(choice).ifPresent(misfit -> refuse(source, column, misfit)));
        if (!own.map().isEmpty()) {
            fit.misfitOfMap().ifPresent(misfit -> refuse(source, column, misfit));
        } else if (own.choices().containsKey(OnUnmapped.class)) {
            refuse(
                    source,
                    new Misfit("on-unmapped concerns a column that has a map", "add map there, or remove on-unmapped"));
        }
    }

    private Misfit ofKey(Column column) {
        return new Misfit(
                "column " + column.name() + " of " + table.target().id()
                        + " belongs to a primary key or a foreign key, or a foreign key refers to it: its values say which row is meant and are never changed;"
                        + " only on-invalid and on-empty can make NULL of a nullable column that is a foreign key alone",
                "remove the rules of this column; rows whose keys do not fit become dead letters");
    }

    private void refuse(String source, Column column, Misfit misfit) {
        String found = "; " + column.name() + " of " + table.target().id() + " is " + column.nativeType()
                + (column.nullable() ? "" : " NOT NULL") + (column.hasDefault() ? " with a default" : "");
        refuse(source, new Misfit(misfit.problem() + found, misfit.action()));
    }

    private void refuse(String source, Misfit misfit) {
        findings.add(Finding.error(
                "impossible-value-rule",
                "tables." + table.sourceName() + ".columns." + source,
                misfit.problem(),
                misfit.action()));
    }
}
