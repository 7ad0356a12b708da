package dev.sluice.cli.binding;

import dev.sluice.cli.config.NearestName;
import dev.sluice.cli.config.TableSettings;
import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.Selection;
import dev.sluice.producers.api.SourceTable;
import dev.sluice.runtime.Finding;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.UniqueKey;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Binds the columns and the key of one table. */
final class TableBinder {
    /** Sluice's own column in every captured table of the target. */
    static final String SEQUENCE_COLUMN = "_sluice_seq";

    private final SourceTable source;
    private final TableSettings settings;
    private final List<Glob> ignoredColumns;
    private final TargetTable target;
    private final List<Finding> findings;
    private final Map<String, String> targetBySource = new LinkedHashMap<>();
    private boolean failed;

    TableBinder(
            SourceTable source,
            TableSettings settings,
            List<Glob> ignoredColumns,
            TargetTable target,
            List<Finding> findings) {
        this.source = source;
        this.settings = settings;
        this.ignoredColumns = ignoredColumns;
        this.target = target;
        this.findings = findings;
    }

    /** Empty when something is wrong, which the findings say. The foreign keys are the target's, not yet restricted. */
    Optional<CapturedTable> bind() {
        checkNamedColumns();
        checkComputed();
        for (SourceTable.Column column : columns()) {
            if (!excluded(column.name())) {
                bindColumn(column);
            }
        }
        checkUncoveredColumns();
        List<String> key = key();
        return failed ? Optional.empty() : Optional.of(captured(key));
    }

    private CapturedTable captured(List<String> key) {
        Set<String> names = Set.copyOf(targetBySource.values());
        List<Column> columns = targetBySource.values().stream()
                .map(name -> target.column(name).orElseThrow())
                .toList();
        List<UniqueKey> uniques = target.uniqueKeys().stream()
                .filter(u -> names.containsAll(u.columns())
                        && !Set.copyOf(u.columns()).equals(Set.copyOf(key)))
                .toList();
        Table table = new Table(target.id(), columns, key, uniques, target.foreignKeys());
        CapturedTable captured = new CapturedTable(source.name(), List.copyOf(targetBySource.keySet()), table);
        return captured.with(selection());
    }

    /** Of a row that is deleted only the key is known, so that is all that a column can be computed from. */
    private Selection selection() {
        boolean computedKey = settings.key().stream().anyMatch(settings.computed()::containsKey);
        return new Selection(
                settings.where().orElse(null), settings.computed(), computedKey ? source.primaryKey() : List.of());
    }

    /** The source's own, and behind them those that it has not. */
    private List<SourceTable.Column> columns() {
        List<SourceTable.Column> columns = new ArrayList<>(source.columns());
        settings.computed().keySet().forEach(name -> columns.add(new SourceTable.Column(name, "", true, null, true)));
        return columns;
    }

    private void checkComputed() {
        List<String> names =
                source.columns().stream().map(SourceTable.Column::name).toList();
        for (String name : settings.computed().keySet()) {
            if (names.stream().anyMatch(name::equalsIgnoreCase)) {
                error(
                        "computed-column-exists",
                        "the source table has a column '" + name + "' of its own",
                        "give the computed column another name under tables." + source.name()
                                + ".computed, and name its target under columns");
            } else if (excluded(name)) {
                error("computed-excluded", "the computed column '" + name + "' is excluded", "keep one of both");
            } else if (settings.key().contains(name) && source.primaryKey().isEmpty()) {
                error(
                        "table-without-key",
                        "the source table has no primary key of its own from which the key's column '" + name
                                + "' could be computed",
                        "add one in the source, or exclude the table");
            } else if (settings.key().contains(name)) {
                checkKeyBeside(name);
            }
        }
    }

    /** Nothing else is known of a row that was deleted. */
    private void checkKeyBeside(String computed) {
        for (String column : settings.key()) {
            if (!settings.computed().containsKey(column) && !source.primaryKey().contains(column)) {
                error(
                        "computed-key-beside",
                        "column '" + column + "' stands in the key beside the computed column '" + computed
                                + "', but not in the source's primary key " + source.primaryKey()
                                + ", so it is unknown when a row is deleted",
                        "leave it out of the key under tables." + source.name());
            }
        }
    }

    private boolean excluded(String column) {
        return settings.excludeColumns().contains(column)
                || Glob.anyMatches(ignoredColumns, source.name() + "." + column);
    }

    private void checkNamedColumns() {
        List<String> names = columns().stream().map(SourceTable.Column::name).toList();
        List<String> configured = new ArrayList<>(settings.columnTargets().keySet());
        configured.addAll(settings.valueRules().keySet());
        configured.addAll(settings.excludeColumns());
        configured.addAll(settings.key());
        for (String name : configured) {
            if (!names.contains(name)) {
                error(
                        "unknown-source-column",
                        "the source table has no column '" + name + "'" + NearestName.suggestion(name, names),
                        "correct it under tables." + source.name());
            }
        }
    }

    private void bindColumn(SourceTable.Column column) {
        String wanted = settings.columnTargets().getOrDefault(column.name(), column.name());
        if (wanted.equalsIgnoreCase(SEQUENCE_COLUMN)) {
            error(
                    "reserved-column",
                    "column '" + column.name() + "' would become " + SEQUENCE_COLUMN
                            + ", which Sluice keeps for itself",
                    "rename it under tables." + source.name() + ".columns or exclude it");
            return;
        }
        Optional<Column> found = target.column(wanted);
        if (found.isEmpty() && target.computes(wanted)) {
            error(
                    "computed-target-column",
                    "the target computes column '" + wanted + "' itself",
                    "list '" + column.name() + "' in tables." + source.name() + ".exclude-columns");
            return;
        }
        if (found.isEmpty()) {
            error(
                    "missing-target-column",
                    "the target table " + target.id() + " has no column '" + wanted + "' for the source's '"
                            + column.name() + "'" + NearestName.suggestion(wanted, target.columnNames()),
                    "add it, name the right one under tables." + source.name() + ".columns." + column.name()
                            + ".target, or list it in exclude-columns");
            return;
        }
        if (TypePairs.impossible(column.declaredType(), found.get().type())) {
            error(
                    "impossible-types",
                    "no value of column '" + column.name() + "', declared " + column.declaredType() + ", can become "
                            + found.get().nativeType(),
                    "change the target column's type or exclude the column");
        }
        if (targetBySource.containsValue(found.get().name())) {
            error(
                    "two-columns-one-target",
                    "two source columns become " + found.get().name() + ", one of them '" + column.name() + "'",
                    "rename one of them under tables." + source.name() + ".columns");
            return;
        }
        if (settings.expressions().containsKey(found.get().name())) {
            error(
                    "two-columns-one-target",
                    "the target column '" + found.get().name() + "' has an expr, and the source's '" + column.name()
                            + "' would fill it too",
                    "list '" + column.name() + "' in tables." + source.name()
                            + ".exclude-columns, give it another target, or remove the expr");
            return;
        }
        targetBySource.put(column.name(), found.get().name());
    }

    private void checkUncoveredColumns() {
        for (Column column : target.columns()) {
            boolean needed = !column.nullable() && !column.hasDefault();
            if (needed
                    && !targetBySource.containsValue(column.name())
                    && !settings.expressions().containsKey(column.name())
                    && !column.name().equals(SEQUENCE_COLUMN)) {
                error(
                        "uncovered-not-null",
                        "the target column '" + column.name()
                                + "' is NOT NULL without a default, and no captured column fills it",
                        "give it a default, allow NULL, map a source column onto it, or give it an expr under tables."
                                + source.name() + ".columns." + column.name());
            }
        }
    }

    /** The target's names of the key's columns, in the order of the target's own key. */
    private List<String> key() {
        List<String> sourceKey = settings.key().isEmpty() ? source.primaryKey() : settings.key();
        if (sourceKey.isEmpty()) {
            error(
                    "table-without-key",
                    "the source table has no primary key, so a changed row cannot be told from another",
                    keylessRemedy());
            return List.of();
        }
        List<String> key = new ArrayList<>();
        for (String column : sourceKey) {
            if (excluded(column)) {
                error(
                        "key-excluded",
                        "the key's column '" + column + "' is excluded",
                        "capture it, or name another key");
            } else if (targetBySource.containsKey(column)) {
                key.add(targetBySource.get(column));
            }
        }
        return failed ? List.of() : targetKey(new HashSet<>(key));
    }

    private List<String> targetKey(Set<String> key) {
        if (Set.copyOf(target.primaryKey()).equals(key)) {
            return target.primaryKey();
        }
        String found = target.primaryKey().isEmpty() ? "none" : "(" + String.join(", ", target.primaryKey()) + ")";
        error(
                "key-differs",
                "the source's key becomes " + key.stream().sorted().toList() + ", but the primary key of " + target.id()
                        + " is " + found,
                "make them the primary key in the target, or name the columns that match under tables." + source.name()
                        + ".key");
        return List.of();
    }

    private String keylessRemedy() {
        String list = "tables." + source.name() + ".key";
        return source.uniqueKeys().stream()
                .findFirst()
                .map(u -> "if (" + String.join(", ", u.columns()) + ") is never NULL, set " + list + ": ["
                        + String.join(", ", u.columns()) + "]; otherwise exclude the table")
                .orElse("add a primary key in the source, name columns that identify a row under " + list
                        + ", or exclude the table");
    }

    private void error(String code, String message, String action) {
        failed = true;
        findings.add(Finding.error(code, "table " + source.name(), message, action));
    }
}
