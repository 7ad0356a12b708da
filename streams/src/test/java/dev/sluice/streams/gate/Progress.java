package dev.sluice.streams.gate;

import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.UniqueKey;
import dev.sluice.streams.gate.Deviations.Kind;
import dev.sluice.streams.gate.Deviations.Move;
import dev.sluice.streams.testing.Rows;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The greatest set of deviating rows that could move together now, so that PostgreSQL accepts the end and, between two rows, every key that is
 * {@link Rows#isHard hard}. At rest there is none. The conditions only ever ask for more rows, so taking away what fails until nothing does gives the greatest set.
 */
final class Progress {
    private final Deviations deviations;
    private final RandomCatalog schema;
    private final Catalog catalog;
    private final Map<String, Move> moves = new HashMap<>();
    private final Map<String, Move> evictions = new HashMap<>();
    /** Rows that have to move before a row. */
    private final Map<Move, Set<Move>> before = new HashMap<>();

    private boolean impossible;

    private Progress(Deviations deviations) {
        this.deviations = deviations;
        this.schema = deviations.schema();
        this.catalog = schema.catalog();
        moves.putAll(deviations.moves());
        evictions.putAll(deviations.evictions());
    }

    static Progress of(Deviations deviations) {
        Progress progress = new Progress(deviations);
        progress.impossible = progress.exchangesValues();
        boolean more = true;
        while (more) {
            more = progress.removeWhatCannot() || progress.removeWhatHasNoOrder();
        }
        return progress;
    }

    /** Rows that could move and have not. */
    Collection<Move> missed() {
        Set<Move> missed = new LinkedHashSet<>(moves.values());
        missed.addAll(evictions.values());
        return missed;
    }

    /** Whether rows that the source wrote together cannot be written by any order of statements. */
    boolean anyImpossible() {
        return impossible;
    }

    private boolean removeWhatCannot() {
        before.clear();
        boolean removed = moves.values().removeIf(m -> !canMove(m));
        return evictions.values().removeIf(m -> !canMove(m)) || removed;
    }

    /** Whether rows change unique values among each other: whoever else is in their way, no order of statements does that. */
    private boolean exchangesValues() {
        moves.values().stream().filter(Move::writes).forEach(this::findsItsValuesFree);
        return !withoutOrder().isEmpty();
    }

    private boolean removeWhatHasNoOrder() {
        Set<Move> left = withoutOrder();
        impossible |= !left.isEmpty();
        moves.values().removeAll(left);
        evictions.values().removeAll(left);
        return !left.isEmpty();
    }

    private Set<Move> withoutOrder() {
        Set<Move> placed = new HashSet<>();
        Set<Move> left = new HashSet<>(missed());
        boolean more = true;
        while (more) {
            more = left.removeIf(m -> placed.containsAll(before.getOrDefault(m, Set.of())) && placed.add(m));
        }
        return left;
    }

    private boolean canMove(Move move) {
        boolean arrives = !move.writes() || (hasParents(move) && findsItsValuesFree(move));
        return arrives && canGiveUpKeys(move);
    }

    private void order(Move first, Move second) {
        before.computeIfAbsent(second, m -> new HashSet<>()).add(first);
    }

    private boolean hasParents(Move move) {
        for (ForeignKey foreignKey : move.table().foreignKeys()) {
            boolean needed = move.kind() == Kind.COMPLETE
                    || schema.rule(move.table(), foreignKey).onOrphan() != OnOrphan.SET_NULL;
            if (needed && !hasParent(move, foreignKey)) {
                return false;
            }
        }
        return true;
    }

    private boolean hasParent(Move move, ForeignKey foreignKey) {
        Table parent = catalog.table(foreignKey.parent()).orElse(null);
        @Nullable Object[] wanted = Objects.requireNonNull(move.wanted());
        List<Object> key = Rows.values(move.table(), foreignKey.columns(), wanted);
        if (parent == null) {
            return true;
        }
        if (key == null) {
            return !foreignKey.matchFull() || Rows.isAllNull(move.table(), foreignKey, wanted);
        }
        boolean self = parent.id().equals(move.table().id());
        if (self && key.equals(Rows.values(parent, foreignKey.parentColumns(), wanted))) {
            return true;
        }
        return isThere(move, foreignKey, parent, key) || comes(move, foreignKey, parent, key);
    }

    private boolean isThere(Move move, ForeignKey foreignKey, Table parent, List<Object> key) {
        List<String> columns = foreignKey.parentColumns();
        @Nullable Object[] holder = Deviations.holder(parent, columns, key, deviations.found(parent));
        if (holder == null || Rows.name(parent, holder).equals(move.row())) {
            return false;
        }
        ForeignKeyRule rule = schema.rule(move.table(), foreignKey);
        boolean mayKeep = !rule.enforcedBySource()
                && (rule.onOrphan() == OnOrphan.WAIT || rule.onOrphan() == OnOrphan.QUARANTINE);
        boolean refers =
                move.found() != null && key.equals(Rows.values(move.table(), foreignKey.columns(), move.found()));
        return !deviations.mayBeLeaving(parent, columns, key, holder) || (mayKeep && refers);
    }

    private boolean comes(Move move, ForeignKey foreignKey, Table parent, List<Object> key) {
        Move provider = deviations.providerOf(parent, foreignKey.parentColumns(), key);
        if (provider == null || !moves.containsValue(provider)) {
            return false;
        }
        if (Rows.isHard(move.table(), foreignKey)) {
            order(provider, move);
        }
        return true;
    }

    private boolean findsItsValuesFree(Move move) {
        for (UniqueKey unique : move.table().uniqueKeys()) {
            List<Object> values = Rows.values(move.table(), unique.columns(), Objects.requireNonNull(move.wanted()));
            @Nullable
            Object[] holder = values == null
                    ? null
                    : Deviations.holder(move.table(), unique.columns(), values, deviations.found(move.table()));
            if (values == null
                    || holder == null
                    || Rows.keyText(move.table(), holder).equals(move.key())) {
                continue;
            }
            Move leaving = movingAway(Rows.name(move.table(), holder), unique.columns(), values);
            if (leaving == null) {
                return false;
            }
            order(leaving, move);
        }
        return true;
    }

    /** The move by which a row gives up values. */
    private @Nullable Move movingAway(String row, List<String> columns, List<Object> values) {
        Move move = moves.get(row);
        return move != null && !move.keeps(columns, values) ? move : evictions.get(row);
    }

    private boolean canGiveUpKeys(Move move) {
        for (Table child : catalog.tables()) {
            for (ForeignKey foreignKey : child.foreignKeys()) {
                if (foreignKey.parent().equals(move.table().id()) && !canGiveUp(move, child, foreignKey)) {
                    return false;
                }
            }
        }
        return true;
    }

    private boolean canGiveUp(Move move, Table child, ForeignKey foreignKey) {
        List<Object> key =
                move.found() == null ? null : Rows.values(move.table(), foreignKey.parentColumns(), move.found());
        if (key == null || move.keeps(foreignKey.parentColumns(), key)) {
            return true;
        }
        ForeignKeyRule rule = schema.rule(child, foreignKey);
        if (rule.enforcedBySource() && !allMove(child)) {
            return false;
        }
        for (Map.Entry<String, @Nullable Object[]> row : deviations.found(child).entrySet()) {
            String name = child.id() + row.getKey();
            boolean refers =
                    !name.equals(move.row()) && key.equals(Rows.values(child, foreignKey.columns(), row.getValue()));
            if (refers && rule.onOrphan() != OnOrphan.SET_NULL && !leaves(move, child, name, foreignKey, key)) {
                return false;
            }
        }
        return true;
    }

    /** Of a table whose references nobody keeps, every row that deviates has to move, for none of them is known. */
    private boolean allMove(Table child) {
        return deviations.waitingRows(child).stream()
                .allMatch(row -> moves.containsKey(row) || evictions.containsKey(row));
    }

    private boolean leaves(Move move, Table child, String row, ForeignKey foreignKey, List<Object> key) {
        Move away = movingAway(row, foreignKey.columns(), key);
        if (away != null) {
            if (Rows.isHard(child, foreignKey) || away.kind() == Kind.EVICT) {
                order(away, move);
            }
            return true;
        }
        Move provider = deviations.providerOf(move.table(), foreignKey.parentColumns(), key);
        impossible |= provider != null;
        boolean taken = moves.containsKey(row) && !Rows.isHard(child, foreignKey);
        return taken && provider != null && moves.containsValue(provider);
    }
}
