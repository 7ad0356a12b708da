package dev.sluice.cli.binding;

import dev.sluice.cli.config.TableSettings;
import dev.sluice.cli.config.TablesSettings;
import dev.sluice.cli.config.ValueSettings;
import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.ColumnRules;
import dev.sluice.producers.api.ValueRules;
import dev.sluice.producers.api.ValueRules.OnNull;
import dev.sluice.producers.api.ValueRules.OnOutOfRange;
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
 * Gives captured tables the rules for their values, and refuses those that cannot be kept. Columns of primary keys and of foreign keys, and those that foreign keys refer to, have none:
 * by their values it is decided which row is meant and what may be written.
 */
public final class ValueRuleBinder {
    private final TableSettings settings;
    private final CapturedTable table;
    private final Set<String> keys;
    private final List<Finding> findings;

    private ValueRuleBinder(TableSettings settings, CapturedTable table, Set<String> keys, List<Finding> findings) {
        this.settings = settings;
        this.table = table;
        this.keys = keys;
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
            Set<String> keys = keys(catalog, table.target());
            TableSettings own = settings.of(table.sourceName());
            bound.add(new ValueRuleBinder(own, table, keys, findings).bind());
        }
        return bound;
    }

    /**
     * Columns whose NULL becomes the target's default, of tables about whose source nothing is known but the configuration. Names are found as {@link Binder} finds them.
     */
    public static Map<TableId, Set<String>> nullDefaults(
            TablesSettings settings, Catalog catalog, String defaultSchema) {
        Map<TableId, Set<String>> refused = new HashMap<>();
        settings.tables()
                .forEach((name, own) -> target(name, own, catalog, defaultSchema)
                        .ifPresent(table -> refused.put(table.id(), rejecting(own, table))));
        Map<TableId, Set<String>> defaults = new HashMap<>();
        for (Table table : catalog.tables()) {
            Set<String> names = new HashSet<>();
            for (Column column : table.columns()) {
                if (takesDefault(column)) {
                    names.add(column.name());
                }
            }
            names.removeAll(keys(catalog, table));
            names.removeAll(refused.getOrDefault(table.id(), Set.of()));
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

    private static Set<String> rejecting(TableSettings own, Table table) {
        Set<String> names = new HashSet<>();
        own.valueRules().forEach((column, values) -> {
            if (values.rules().onNull() == OnNull.REJECT) {
                String target = own.columnTargets().getOrDefault(column, column);
                Names.find(table.columns(), Column::name, target).ifPresent(found -> names.add(found.name()));
            }
        });
        return names;
    }

    private static boolean takesDefault(Column column) {
        return !column.nullable() && column.hasDefault();
    }

    private static Set<String> keys(Catalog catalog, Table table) {
        Set<String> keys = new HashSet<>(table.primaryKey());
        table.foreignKeys().forEach(key -> keys.addAll(key.columns()));
        for (Table child : catalog.tables()) {
            child.foreignKeys().stream()
                    .filter(key -> key.parent().equals(table.id()))
                    .map(ForeignKey::parentColumns)
                    .forEach(keys::addAll);
        }
        return keys;
    }

    private CapturedTable bind() {
        Map<String, ValueRules> rules = new LinkedHashMap<>();
        for (int i = 0; i < table.sourceColumns().size(); i++) {
            String source = table.sourceColumns().get(i);
            ValueSettings values = settings.valueRules().get(source);
            if (values != null) {
                Column column = table.target().columns().get(i);
                check(source, column, values);
                rules.put(column.name(), values.rules());
            }
        }
        return new CapturedTable(table.sourceName(), table.sourceColumns(), table.target(), rules);
    }

    private void check(String source, Column column, ValueSettings values) {
        if (keys.contains(column.name())) {
            refuse(
                    source,
                    "column " + column.name() + " of " + table.target().id()
                            + " belongs to a primary key or a foreign key, or a foreign key refers to it: its values say which row is meant and are never changed",
                    "remove the rules of this column; rows whose keys do not fit become dead letters");
            return;
        }
        if (values.onNull().isPresent() && !takesDefault(column)) {
            without(source, "on-null", column, "is NOT NULL with a default");
        }
        if (values.onTooLong().isPresent() && ColumnRules.length(column).isEmpty()) {
            without(source, "on-too-long", column, "is character varying(n) or character(n) itself, not by a domain");
        }
        if (values.onNul().isPresent() && !ColumnRules.holdsText(column)) {
            without(source, "on-nul", column, "holds text or JSON");
        }
        if (values.onOutOfRange().isPresent() && !ColumnRules.isBounded(column)) {
            without(source, "on-out-of-range", column, "is smallint, integer, bigint, numeric(p,s) or real");
        }
        boolean becomesNull = values.rules().onOutOfRange() == OnOutOfRange.NULL;
        boolean takesNull =
                column.nullable() || (column.hasDefault() && values.rules().onNull() == OnNull.DEFAULT);
        if (becomesNull && !takesNull) {
            refuse(
                    source,
                    "on-out-of-range: null cannot be kept, because column " + column.name() + " of "
                            + table.target().id() + " is NOT NULL and takes no default",
                    "choose reject or clamp, or allow NULL in the target");
        }
    }

    private void without(String source, String rule, Column column, String concerned) {
        refuse(
                source,
                rule + " concerns a column that " + concerned + "; " + column.name() + " of "
                        + table.target().id() + " is " + column.nativeType() + (column.nullable() ? "" : " NOT NULL")
                        + (column.hasDefault() ? " with a default" : ""),
                "remove " + rule + " there");
    }

    private void refuse(String source, String problem, String action) {
        findings.add(Finding.error(
                "impossible-value-rule", "tables." + table.sourceName() + ".columns." + source, problem, action));
    }
}
