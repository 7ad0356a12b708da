package dev.sluice.cli.binding;

import dev.sluice.cli.config.ForeignKeysSettings;
import dev.sluice.cli.config.NearestName;
import dev.sluice.cli.config.TableSettings;
import dev.sluice.cli.config.TablesSettings;
import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.SourceTable;
import dev.sluice.runtime.Finding;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.TableId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiPredicate;

/** Binds the source's tables to the target's as the configuration says. */
public final class Binder {
    private final Collection<SourceTable> source;
    private final TablesSettings settings;
    private final List<Glob> ignoredColumns;
    private final ForeignKeysSettings foreignKeys;
    private final boolean enforced;
    private final String defaultSchema;
    private final Map<TableId, TargetTable> target = new LinkedHashMap<>();
    private final List<Finding> findings = new ArrayList<>();

    private Binder(
            Collection<SourceTable> source,
            TablesSettings settings,
            List<String> ignoredColumns,
            ForeignKeysSettings foreignKeys,
            boolean enforced,
            String defaultSchema,
            Collection<TargetTable> target) {
        this.source = source;
        this.settings = settings;
        this.ignoredColumns = Glob.all(ignoredColumns);
        this.foreignKeys = foreignKeys;
        this.enforced = enforced;
        this.defaultSchema = defaultSchema;
        target.forEach(table -> this.target.put(table.id(), table));
    }

    /** Whether one of the patterns of {@code table.column} names a table's column, in the source's names. */
    public static BiPredicate<String, String> ignored(List<String> patterns) {
        List<Glob> globs = Glob.all(patterns);
        return (table, column) -> Glob.anyMatches(globs, table + "." + column);
    }

    /**
     * @param ignoredColumns patterns of {@code table.column} in the source's names
     * @param enforced whether a source of this kind guarantees foreign keys where nothing is said
     */
    public static Binding bind(
            Collection<SourceTable> source,
            TablesSettings settings,
            List<String> ignoredColumns,
            ForeignKeysSettings foreignKeys,
            boolean enforced,
            String defaultSchema,
            Collection<TargetTable> target) {
        return new Binder(source, settings, ignoredColumns, foreignKeys, enforced, defaultSchema, target).bind();
    }

    /** The source tables that the patterns choose, without looking at the target. */
    public static List<SourceTable> selected(Collection<SourceTable> source, TablesSettings settings) {
        List<Glob> include = Glob.all(settings.include());
        List<Glob> exclude = Glob.all(settings.exclude());
        return source.stream()
                .filter(t -> Glob.anyMatches(include, t.name()) && !Glob.anyMatches(exclude, t.name()))
                .toList();
    }

    /** The target table that a source table is configured to become, exactly as configured. */
    public static TableId targetId(SourceTable table, TablesSettings settings, String defaultSchema) {
        Optional<String> configured = settings.of(table.name()).target();
        if (configured.isEmpty()) {
            return new TableId(defaultSchema, table.name());
        }
        String text = configured.get();
        return text.contains(".") ? TableId.parse(text) : new TableId(defaultSchema, text);
    }

    private Binding bind() {
        List<SourceTable> selected = selected(source, settings);
        checkPatterns();
        checkNamedTables(selected);
        Map<TableId, SourceTable> taken = new HashMap<>();
        List<CapturedTable> bound = new ArrayList<>();
        for (SourceTable table : selected) {
            findTarget(table, taken).ifPresent(found -> {
                TableSettings own = settings.of(table.name());
                new TableBinder(table, own, ignoredColumns, found, findings)
                        .bind()
                        .ifPresent(bound::add);
            });
        }
        if (selected.isEmpty() && findings.isEmpty()) {
            findings.add(Finding.error(
                    "no-tables",
                    "source",
                    "the source has no table that the configuration includes",
                    "check source.url and tables.include"));
        }
        List<CapturedTable> captured = ForeignKeys.restrict(ValueRuleBinder.bind(settings, bound, findings), findings);
        BoundRules rules = RuleBinder.bind(foreignKeys, catalog(captured), defaultSchema, enforced, findings);
        return new Binding(parentsFirst(captured), rules, findings);
    }

    private static List<CapturedTable> parentsFirst(List<CapturedTable> captured) {
        Map<TableId, CapturedTable> byId = new HashMap<>();
        captured.forEach(c -> byId.put(c.target().id(), c));
        return catalog(captured).parentsFirst().stream()
                .map(table -> byId.get(table.id()))
                .toList();
    }

    private static Catalog catalog(List<CapturedTable> captured) {
        return Catalog.of(captured.stream().map(CapturedTable::target).toList());
    }

    private void checkPatterns() {
        for (Glob glob : Glob.all(settings.include())) {
            if (source.stream().noneMatch(t -> glob.matches(t.name()))) {
                findings.add(Finding.error(
                        "pattern-matches-nothing",
                        "tables.include",
                        "the source has no table that matches '" + glob.text() + "'"
                                + NearestName.suggestion(glob.text(), sourceNames()),
                        "correct the pattern or remove it"));
            }
        }
        for (Glob glob : Glob.all(settings.exclude())) {
            if (source.stream().noneMatch(t -> glob.matches(t.name()))) {
                findings.add(Finding.warning(
                        "pattern-matches-nothing",
                        "tables.exclude",
                        "the source has no table that matches '" + glob.text() + "'"
                                + NearestName.suggestion(glob.text(), sourceNames()),
                        "correct the pattern or remove it"));
            }
        }
    }

    private void checkNamedTables(List<SourceTable> selected) {
        for (String name : settings.tables().keySet()) {
            if (!sourceNames().contains(name)) {
                findings.add(Finding.error(
                        "unknown-source-table",
                        "tables." + name,
                        "the source has no table '" + name + "'" + NearestName.suggestion(name, sourceNames()),
                        "use the source's spelling"));
            } else if (selected.stream().noneMatch(t -> t.name().equals(name))) {
                findings.add(Finding.warning(
                        "settings-without-effect",
                        "tables." + name,
                        "the table has settings but tables.include and tables.exclude leave it out",
                        "include it or remove its settings"));
            }
        }
    }

    private Optional<TargetTable> findTarget(SourceTable table, Map<TableId, SourceTable> taken) {
        TableId wanted = targetId(table, settings, defaultSchema);
        Optional<TargetTable> found = Optional.ofNullable(target.get(wanted)).or(() -> inOtherCase(wanted));
        if (found.isEmpty()) {
            findings.add(Finding.error(
                    "missing-target-table",
                    "table " + table.name(),
                    "the target has no table " + wanted + nearestTarget(wanted),
                    "create it, name the right one under tables." + table.name() + ".target, or exclude the table"));
            return Optional.empty();
        }
        SourceTable other = taken.putIfAbsent(found.get().id(), table);
        if (other != null) {
            findings.add(Finding.error(
                    "two-sources-one-target",
                    "table " + table.name(),
                    "the source tables " + other.name() + " and " + table.name() + " both become "
                            + found.get().id(),
                    "give one of them another name under tables.<table>.target, or exclude it"));
            return Optional.empty();
        }
        return found;
    }

    private Optional<TargetTable> inOtherCase(TableId wanted) {
        List<TargetTable> sameSchema = target.values().stream()
                .filter(t -> t.id().schema().equals(wanted.schema()))
                .toList();
        return Names.find(sameSchema, t -> t.id().name(), wanted.name());
    }

    private String nearestTarget(TableId wanted) {
        return NearestName.suggestion(
                wanted.toString(),
                target.keySet().stream().map(TableId::toString).toList());
    }

    private List<String> sourceNames() {
        return source.stream().map(SourceTable::name).toList();
    }
}
