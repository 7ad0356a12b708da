package dev.sluice.sinks.postgresql.apply;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.catalog.TargetCatalog;
import dev.sluice.sinks.postgresql.catalog.TargetColumn;
import dev.sluice.sinks.postgresql.catalog.TargetTable;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The captured tables as the target has them. The catalog is read once, and once more for events that do not match it: somebody may have altered the table
 * since. Not thread-safe.
 */
final class BoundTables {
    private final Set<TableId> captured;
    private final Catalog columns;
    private final Map<TableId, Set<String>> nullDefaults;
    private final Map<TableId, Map<String, String>> expressions;
    private final Supplier<Shape> reader;
    private final IdentityHashMap<Table, BoundTable> bound = new IdentityHashMap<>();
    private Shape target;
    private TableOrder order;
    private Actors actors;

    /**
     * The target as it was read.
     *
     * @param unguarded tables that were prepared without a column for sequences
     */
    private record Shape(TargetCatalog catalog, Set<TableId> unguarded) {}

    private BoundTables(
            Catalog captured,
            Map<TableId, Set<String>> nullDefaults,
            Map<TableId, Map<String, String>> expressions,
            Supplier<Shape> reader) {
        this.columns = captured;
        this.nullDefaults = Map.copyOf(nullDefaults);
        this.expressions = Map.copyOf(expressions);
        this.captured = captured.tables().stream().map(Table::id).collect(Collectors.toUnmodifiableSet());
        this.reader = reader;
        this.target = reader.get();
        this.order = order(this.captured, target.catalog());
        this.actors = Actors.of(target.catalog());
    }

    /**
     * @param nullDefaults columns whose NULL becomes the target's default
     * @param expressions of columns that are computed from the row's others
     * @param unguarded asks which tables were prepared without a column for sequences
     */
    static BoundTables of(
            Catalog captured,
            Map<TableId, Set<String>> nullDefaults,
            Map<TableId, Map<String, String>> expressions,
            TargetDatabase database,
            Supplier<Set<TableId>> unguarded) {
        Set<String> schemas =
                captured.tables().stream().map(t -> t.id().schema()).collect(Collectors.toSet());
        return new BoundTables(
                captured,
                nullDefaults,
                expressions,
                () -> new Shape(TargetCatalog.readWithReferring(database, schemas), unguarded.get()));
    }

    /** @throws SluiceException when the target does not match */
    BoundTable bind(Table writer) {
        BoundTable known = bound.get(writer);
        if (known == null) {
            known = bindNew(writer);
            bound.put(writer, known);
        }
        return known;
    }

    /**
     * A captured table by the columns that it has at present; empty for any other.
     *
     * @throws SluiceException when the target does not match
     */
    Optional<BoundTable> bind(TableId id) {
        return columns.table(id).map(this::bind);
    }

    private BoundTable bindNew(Table writer) {
        try {
            return bindNow(writer);
        } catch (SluiceException stale) {
            readAgain();
            return bindNow(writer);
        }
    }

    /** The catalog may be another one since it was read. */
    void readAgain() {
        bound.clear();
        target = reader.get();
        order = order(captured, target.catalog());
        actors = Actors.of(target.catalog());
    }

    private BoundTable bindNow(Table writer) {
        TableId id = writer.id();
        TargetTable table = target(id);
        DerivedColumns derived = columns.table(id)
                .map(known -> DerivedColumns.of(table, known, expressions.getOrDefault(id, Map.of())))
                .orElse(DerivedColumns.NONE);
        return BoundTable.of(
                writer, table, !target.unguarded().contains(id), nullDefaults.getOrDefault(id, Set.of()), derived);
    }

    private TargetTable target(TableId id) {
        if (!captured.contains(id)) {
            throw SluiceException.of(
                    ErrorKind.CONFIGURATION,
                    "an event is about table " + id
                            + ", which the configuration does not capture. Capture it again, or remove the pipeline and prepare it anew.");
        }
        return target.catalog()
                .table(id)
                .orElseThrow(
                        () -> SluiceException.of(
                                ErrorKind.TARGET,
                                "table " + id
                                        + " is not in the target. Create it; a lane that has stopped goes on at the next start."));
    }

    private static TableOrder order(Set<TableId> captured, TargetCatalog target) {
        List<Table> tables = new ArrayList<>();
        for (TableId id : captured) {
            target.table(id).filter(t -> !t.primaryKey().isEmpty()).ifPresent(t -> tables.add(t.toTable()));
        }
        return TableOrder.of(Catalog.of(tables));
    }

    /** The primary key of a captured table; empty for any other. */
    List<String> primaryKey(TableId id) {
        return captured.contains(id)
                ? target.catalog().table(id).map(TargetTable::primaryKey).orElse(List.of())
                : List.of();
    }

    /** The columns of {@link #primaryKey}, in key order. */
    List<TargetColumn> keyColumns(TableId id) {
        return primaryKey(id).stream()
                .flatMap(name -> target.catalog().table(id).orElseThrow().column(name).stream())
                .toList();
    }

    /** Foreign keys by which PostgreSQL would itself act on rows that refer to what a statement deletes or changes. */
    List<Referrer> acting(Step step) {
        return switch (step.kind()) {
            case DELETE, TRUNCATE, MOVE -> actors.onDelete(step.table().id());
            case UPSERT, UPSERT_CHANGED, UPDATE, ATTACH, DETACH ->
                actors.onUpdate(step.table().id(), step.table().assigned(step.columns()));
        };
    }

    /** Whether the table's shape may be touched. */
    boolean isGuarded(TableId id) {
        return !target.unguarded().contains(id);
    }

    /** Those of some tables that are captured. */
    Set<TableId> captured(Collection<TableId> some) {
        return some.stream().filter(captured::contains).collect(Collectors.toUnmodifiableSet());
    }

    /** Parents before children, by the target's foreign keys. */
    TableOrder order() {
        return order;
    }

    /** Whether a table refers to itself or is in a cycle, so that no order of tables has every parent before its children. */
    boolean hasCycles() {
        return captured.stream()
                .flatMap(id -> target.catalog().table(id).stream())
                .anyMatch(table -> table.foreignKeys().stream()
                        .map(key -> key.key().parent())
                        .anyMatch(parent -> captured.contains(parent)
                                && order.parentsFirst().compare(parent, table.id()) >= 0));
    }

    /** Captured tables, parents before children. */
    List<TableId> parentsFirst() {
        return captured.stream().sorted(order.parentsFirst()).toList();
    }
}
