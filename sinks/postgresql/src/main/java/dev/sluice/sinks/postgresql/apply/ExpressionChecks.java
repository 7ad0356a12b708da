package dev.sluice.sinks.postgresql.apply;

import dev.sluice.runtime.Finding;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.catalog.TargetCatalog;
import dev.sluice.sinks.postgresql.catalog.TargetColumn;
import dev.sluice.sinks.postgresql.catalog.TargetTable;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Whether PostgreSQL can compute columns by the expressions that the configuration gives for them. PostgreSQL itself is asked, see {@link ExpressionProbe}; nothing of the target is changed.
 */
public final class ExpressionChecks {
    private static final String IMPOSSIBLE = "impossible-expression";

    private final TargetDatabase database;
    private final Catalog captured;
    private final TargetCatalog target;
    private final List<Finding> findings = new ArrayList<>();

    private ExpressionChecks(TargetDatabase database, Catalog captured, TargetCatalog target) {
        this.database = database;
        this.captured = captured;
        this.target = target;
    }

    /**
     * @param captured the columns that travel
     * @param expressions by the target's names of table and column; those of tables that are not captured do not count
     * @return every problem
     */
    public static List<Finding> of(
            TargetDatabase database, Catalog captured, Map<TableId, Map<String, String>> expressions) {
        List<Table> tables = captured.tables().stream()
                .filter(table -> !expressions.getOrDefault(table.id(), Map.of()).isEmpty())
                .toList();
        if (tables.isEmpty()) {
            return List.of();
        }
        Set<String> schemas =
                captured.tables().stream().map(table -> table.id().schema()).collect(Collectors.toSet());
        TargetCatalog target = TargetCatalog.readWithReferring(database, schemas);
        ExpressionChecks checks = new ExpressionChecks(database, captured, target);
        tables.forEach(table -> checks.check(table, new TreeMap<>(expressions.get(table.id()))));
        return checks.findings;
    }

    /** What an operator should know of tables with such columns, where nothing is wrong with them. */
    public static List<Finding> remarks(Catalog captured, Map<TableId, Map<String, String>> expressions) {
        List<Finding> remarks = new ArrayList<>();
        for (Table table : captured.tables()) {
            Map<String, String> ofTable = new TreeMap<>(expressions.getOrDefault(table.id(), Map.of()));
            if (!ofTable.isEmpty()) {
                remarks.add(Finding.info(
                        "computed-columns",
                        "table " + table.id(),
                        "PostgreSQL computes " + String.join(", ", ofTable.keySet())
                                + " whenever a row is written, so its rows are loaded by INSERT, not by COPY",
                        "nothing has to be done; where the load takes too long, add the columns behind it"));
            }
        }
        return remarks;
    }

    private void check(Table table, Map<String, String> expressions) {
        Optional<TargetTable> found = target.table(table.id());
        if (found.isEmpty()) {
            return;
        }
        List<String> visible = table.columns().stream()
                .map(column -> column.name())
                .filter(name -> !expressions.containsKey(name)
                        && found.get().column(name).isPresent())
                .toList();
        expressions.forEach((column, expression) -> {
            Optional<String> misplaced = misplaced(table, found.get(), column);
            if (misplaced.isPresent()) {
                add(table, column, misplaced.get(), "remove the expr, or name another column of the target");
            } else {
                TargetColumn derived = found.get().column(column).orElseThrow();
                ExpressionProbe probe = new ExpressionProbe(table.id(), visible, derived, expression);
                database.withConnection(probe::problem)
                        .ifPresent(problem -> add(table, column, problem.message(), problem.action()));
            }
        });
    }

    private void add(Table table, String column, String message, String action) {
        findings.add(Finding.error(IMPOSSIBLE, "column " + column + " of table " + table.id(), message, action));
    }

    /** Why the column cannot be computed, whatever by. */
    private Optional<String> misplaced(Table table, TargetTable found, String name) {
        Optional<TargetColumn> column = found.column(name);
        if (column.isEmpty()) {
            return Optional.of("the target's table has no such column, exactly as it is written");
        } else if (column.get().generated() || column.get().identity() == TargetColumn.Identity.ALWAYS) {
            return Optional.of("the target gives the column its values itself");
        } else if (found.primaryKey().contains(name)) {
            return Optional.of("the column belongs to the primary key, whose values say which row is meant");
        } else if (captured.table(table.id()).orElseThrow().indexOf(name) >= 0) {
            return Optional.of("the column travels");
        } else if (isInForeignKey(found, name)) {
            return Optional.of(
                    "the column belongs to a foreign key, or one refers to it; rows are put into order before they come here");
        }
        return Optional.empty();
    }

    private boolean isInForeignKey(TargetTable table, String column) {
        boolean refers =
                table.foreignKeys().stream().anyMatch(key -> key.key().columns().contains(column));
        return refers
                || target.tables().stream()
                        .flatMap(other -> other.foreignKeys().stream())
                        .anyMatch(key -> key.key().parent().equals(table.id())
                                && key.key().parentColumns().contains(column));
    }
}
