package dev.sluice.cli.binding;

import dev.sluice.cli.config.ForeignKeySettings;
import dev.sluice.cli.config.ForeignKeysSettings;
import dev.sluice.cli.config.NearestName;
import dev.sluice.runtime.Finding;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.streams.gate.ForeignKeyRule;
import dev.sluice.streams.gate.ForeignKeyRules;
import dev.sluice.streams.gate.OnOrphan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Binds the configuration's rules to the foreign keys between captured tables, and refuses those that cannot be kept. */
public final class RuleBinder {
    /** Code of the finding that a rule names a foreign key that there is not. */
    public static final String UNKNOWN = "unknown-foreign-key";

    private final Catalog catalog;
    private final String defaultSchema;
    private final List<Finding> findings;
    private final Map<TableId, Map<String, ForeignKeySettings>> settings = new LinkedHashMap<>();
    private final Map<TableId, Map<String, ForeignKeyRule>> rules = new HashMap<>();
    private final List<String> evicting = new ArrayList<>();

    private RuleBinder(Catalog catalog, String defaultSchema, List<Finding> findings) {
        this.catalog = catalog;
        this.defaultSchema = defaultSchema;
        this.findings = findings;
    }

    /**
     * @param catalog the captured tables, with those foreign keys only that are kept in order
     * @param enforced whether a source of this kind guarantees foreign keys where nothing is said
     * @param findings receives what is wrong
     */
    public static BoundRules bind(
            ForeignKeysSettings settings,
            Catalog catalog,
            String defaultSchema,
            boolean enforced,
            List<Finding> findings) {
        RuleBinder binder = new RuleBinder(catalog, defaultSchema, findings);
        settings.tables().forEach(binder::find);
        for (Table table : catalog.tables()) {
            for (ForeignKey key : table.foreignKeys()) {
                binder.bind(table, key, settings.general(), enforced);
            }
        }
        return new BoundRules(ForeignKeyRules.of(binder.rules), binder.evicting);
    }

    private void find(String name, Map<String, ForeignKeySettings> byConstraint) {
        Optional<Table> table = table(name);
        if (table.isEmpty()) {
            refuseName(
                    "foreign-keys." + name,
                    "no captured table " + id(name) + " has a foreign key that is kept in order",
                    NearestName.suggestion(name, tableNames(name.contains("."))));
            return;
        }
        List<String> names =
                table.get().foreignKeys().stream().map(ForeignKey::name).toList();
        byConstraint.forEach((constraint, rule) -> {
            if (!names.contains(constraint)) {
                refuseName(
                        "foreign-keys." + name + "." + constraint,
                        "table " + table.get().id() + " has no foreign key of this name to a captured table",
                        NearestName.suggestion(constraint, names));
            }
        });
        Map<String, ForeignKeySettings> before = settings.put(table.get().id(), byConstraint);
        if (before != null) {
            refuseName("foreign-keys." + name, "table " + table.get().id() + " stands there twice", "");
        }
    }

    private void refuseName(String subject, String problem, String suggestion) {
        findings.add(Finding.error(UNKNOWN, subject, problem + suggestion, "use the target's names, or remove it"));
    }

    private Optional<Table> table(String name) {
        return catalog.table(id(name)).filter(t -> !t.foreignKeys().isEmpty());
    }

    private TableId id(String name) {
        return name.contains(".") ? TableId.parse(name) : new TableId(defaultSchema, name);
    }

    private List<String> tableNames(boolean withSchema) {
        return catalog.tables().stream()
                .filter(t -> !t.foreignKeys().isEmpty())
                .map(t -> withSchema ? t.id().toString() : t.id().name())
                .toList();
    }

    private void bind(Table table, ForeignKey key, ForeignKeySettings general, boolean enforced) {
        ForeignKeySettings own =
                settings.getOrDefault(table.id(), Map.of()).getOrDefault(key.name(), ForeignKeySettings.NONE);
        ForeignKeyRule rule = new ForeignKeyRule(
                own.enforcedBySource().or(general::enforcedBySource).orElse(enforced),
                own.onOrphan().or(general::onOrphan).orElse(OnOrphan.WAIT));
        rules.computeIfAbsent(table.id(), t -> new HashMap<>()).put(key.name(), rule);
        switch (rule.onOrphan()) {
            case SET_NULL ->
                new NullableReference(catalog, table, key)
                        .objection()
                        .ifPresent(objection -> refuse(table, key, rule.onOrphan(), objection));
            case EVICT -> evicting.add(table.id() + "." + key.name());
            case WAIT, QUARANTINE -> {}
        }
    }

    private void refuse(Table table, ForeignKey key, OnOrphan onOrphan, String objection) {
        String rule = onOrphan.name().toLowerCase(Locale.ROOT).replace('_', '-');
        findings.add(Finding.error(
                "impossible-on-orphan",
                "foreign-keys." + table.id() + "." + key.name(),
                "on-orphan: " + rule + " cannot be kept: " + objection,
                "choose wait, quarantine or evict for this foreign key"));
    }
}
