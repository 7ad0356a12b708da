package dev.sluice.streams.gate;

import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.ForeignKey;
import dev.sluice.schemas.relational.Table;
import dev.sluice.streams.testing.Postgres;
import dev.sluice.streams.testing.Rows;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Where the target differs from the source, and what would have to happen to each such row. Computed from the rows of both sides and the rules
 * alone. What a row waits for, says {@link Progress}.
 */
final class Deviations {
    /** What is still to be done to a row. */
    enum Kind {
        /** The target is to have the source's version. */
        WRITE,
        /** The version is there but for references that are NULL for now. */
        COMPLETE,
        /** The row is to leave as the source has deleted it. */
        DELETE,
        /** The row is to leave with its parent, for a while. */
        EVICT
    }

    /**
     * @param found the row in the target
     * @param wanted the row in the source
     */
    @SuppressWarnings("ArrayRecordComponent") // looked at, never compared
    record Move(
            Kind kind,
            Table table,
            String key,
            @Nullable Object @Nullable [] found,
            @Nullable Object @Nullable [] wanted) {
        String row() {
            return table.id() + key;
        }

        boolean writes() {
            return kind == Kind.WRITE || kind == Kind.COMPLETE;
        }

        /** Whether the row has these values behind the move. */
        boolean keeps(List<String> columns, List<Object> values) {
            return writes() && wanted != null && values.equals(Rows.values(table, columns, wanted));
        }

        @Override
        public String toString() {
            return kind + " " + row() + " " + Arrays.toString(found) + " -> " + Arrays.toString(wanted);
        }
    }

    private final RandomCatalog schema;
    private final Catalog catalog;
    private final SimulatedSource source;
    private final Postgres target;
    private final Set<String> quarantined;
    private final Map<String, Move> moves = new TreeMap<>();
    private final Map<String, Move> evictions = new TreeMap<>();

    /** @param quarantined rows whose newest version is a dead letter: they stay as they are */
    Deviations(RandomCatalog schema, SimulatedSource source, Postgres target, Set<String> quarantined) {
        this.schema = schema;
        this.catalog = schema.catalog();
        this.source = source;
        this.target = target;
        this.quarantined = quarantined;
        for (Table table : catalog.tables()) {
            Set<String> keys = new HashSet<>(source.rows(table).keySet());
            keys.addAll(target.rows(table).keySet());
            keys.forEach(key -> addMove(table, key));
        }
        boolean more = true;
        while (more) {
            more = addEvictions();
        }
    }

    Map<String, Move> moves() {
        return moves;
    }

    Map<String, Move> evictions() {
        return evictions;
    }

    private void addMove(Table table, String key) {
        @Nullable Object[] found = target.rows(table).get(key);
        @Nullable Object[] wanted = source.rows(table).get(key);
        boolean equal = Arrays.equals(found, wanted);
        if (!equal && !quarantined.contains(table.id() + key)) {
            Kind kind = wanted == null
                    ? Kind.DELETE
                    : found != null && lacksReferencesOnly(table, wanted, found) ? Kind.COMPLETE : Kind.WRITE;
            moves.put(table.id() + key, new Move(kind, table, key, found, wanted));
        }
    }

    private boolean lacksReferencesOnly(Table table, @Nullable Object[] wanted, @Nullable Object[] found) {
        return SimulatedSource.isAlike(table, wanted, found, columnsThatMayBeTaken(schema, table));
    }

    /** Columns that {@code on-orphan: set-null} may make NULL. */
    static Set<String> columnsThatMayBeTaken(RandomCatalog schema, Table table) {
        Set<String> columns = new HashSet<>();
        for (ForeignKey foreignKey : table.foreignKeys()) {
            if (schema.rule(table, foreignKey).onOrphan() == OnOrphan.SET_NULL) {
                columns.addAll(Rows.nullableColumns(table, foreignKey));
            }
        }
        return columns;
    }

    private boolean addEvictions() {
        boolean more = false;
        for (Table table : catalog.tables()) {
            for (Map.Entry<String, @Nullable Object[]> row : target.rows(table).entrySet()) {
                String name = table.id() + row.getKey();
                if (!evictions.containsKey(name) && followsItsParent(table, row.getValue())) {
                    @Nullable Object[] wanted = source.rows(table).get(row.getKey());
                    evictions.put(name, new Move(Kind.EVICT, table, row.getKey(), row.getValue(), wanted));
                    more = true;
                }
            }
        }
        return more;
    }

    private boolean followsItsParent(Table table, @Nullable Object[] found) {
        return table.foreignKeys().stream()
                .anyMatch(f -> schema.rule(table, f).onOrphan() == OnOrphan.EVICT && refersToLeaving(table, f, found));
    }

    /** Whether the row's parent in the target is about to go. */
    boolean refersToLeaving(Table table, ForeignKey foreignKey, @Nullable Object[] found) {
        Table parent = catalog.table(foreignKey.parent()).orElse(null);
        List<Object> key = Rows.values(table, foreignKey.columns(), found);
        if (parent == null || key == null) {
            return false;
        }
        @Nullable Object[] holder = holder(parent, foreignKey.parentColumns(), key, target.rows(parent));
        return holder != null && holder != found && isLeaving(parent, foreignKey.parentColumns(), key, holder);
    }

    /** Whether a row of the target is about to go, or to lose a key. One whose newest version is a dead letter stays unless it is evicted. */
    private boolean isLeaving(Table table, List<String> columns, List<Object> key, @Nullable Object[] holder) {
        return quarantined.contains(Rows.name(table, holder))
                ? isEvicted(table, holder)
                : mayBeLeaving(table, columns, key, holder);
    }

    private boolean isEvicted(Table table, @Nullable Object[] holder) {
        String name = Rows.name(table, holder);
        Postgres.Waiting waiting = target.waiting().get(name);
        return evictions.containsKey(name) || (waiting != null && waiting.outcome() == Outcome.HOLD);
    }

    /** Whether the source has the row no more with this key, be it that the version that says so is a dead letter. */
    boolean mayBeLeaving(Table table, List<String> columns, List<Object> key, @Nullable Object[] holder) {
        @Nullable Object[] wanted = source.rows(table).get(Rows.keyText(table, holder));
        return wanted == null || !key.equals(Rows.values(table, columns, wanted)) || isEvicted(table, holder);
    }

    /** Whether a row may be held for its eviction with a parent whose newest version, without the key, is a dead letter. */
    boolean mayBeEvicted(String name) {
        for (Table table : catalog.tables()) {
            for (@Nullable Object[] row : target.rows(table).values()) {
                if (Rows.name(table, row).equals(name)) {
                    return table.foreignKeys().stream()
                            .anyMatch(f -> schema.rule(table, f).onOrphan() == OnOrphan.EVICT
                                    && refersToOneThatMayLeave(table, f, row));
                }
            }
        }
        return false;
    }

    private boolean refersToOneThatMayLeave(Table table, ForeignKey foreignKey, @Nullable Object[] row) {
        Table parent = catalog.table(foreignKey.parent()).orElse(null);
        List<Object> key = Rows.values(table, foreignKey.columns(), row);
        @Nullable
        Object[] holder = parent == null || key == null
                ? null
                : holder(parent, foreignKey.parentColumns(), key, target.rows(parent));
        return parent != null
                && key != null
                && holder != null
                && mayBeLeaving(parent, foreignKey.parentColumns(), key, holder);
    }

    /** The row with these values in unique columns. */
    static @Nullable Object @Nullable [] holder(
            Table table, List<String> columns, List<Object> values, Map<String, @Nullable Object[]> among) {
        for (@Nullable Object[] row : among.values()) {
            if (values.equals(Rows.values(table, columns, row))) {
                return row;
            }
        }
        return null;
    }

    /** Whether {@code sluice.waiting} has the row under the right kind. */
    boolean isAccountedFor(Move move) {
        Postgres.Waiting waiting = target.waiting().get(move.row());
        Outcome outcome = waiting == null ? null : waiting.outcome();
        return switch (move.kind()) {
            case DELETE -> outcome == Outcome.HOLD;
            case COMPLETE -> outcome == Outcome.STALE || isHeldEviction(move, outcome);
            case WRITE ->
                move.found() == null
                        ? outcome == Outcome.WAIT
                        : outcome == Outcome.STALE
                                || isHeldEviction(move, outcome)
                                || (outcome == Outcome.WAIT
                                        && schema.unremembered()
                                                .contains(move.table().id()));
            case EVICT -> outcome == Outcome.HOLD;
        };
    }

    private boolean isHeldEviction(Move move, @Nullable Outcome outcome) {
        return outcome == Outcome.HOLD
                && move.table().foreignKeys().stream()
                        .anyMatch(f -> schema.rule(move.table(), f).onOrphan() == OnOrphan.EVICT);
    }

    /** A set-null reference that a row of the target has kept although its parent is about to go. */
    @Nullable
    String keptReference() {
        for (Table table : catalog.tables()) {
            for (ForeignKey foreignKey : table.foreignKeys()) {
                ForeignKeyRule rule = schema.rule(table, foreignKey);
                for (@Nullable Object[] row : target.rows(table).values()) {
                    if (rule.onOrphan() == OnOrphan.SET_NULL
                            && !rule.enforcedBySource()
                            && refersToLeaving(table, foreignKey, row)) {
                        return Rows.name(table, row) + " by " + foreignKey.name();
                    }
                }
            }
        }
        return null;
    }

    /** Rows of a table that are waiting, stale or held. */
    Set<String> waitingRows(Table table) {
        return target.waiting().keySet().stream()
                .filter(row -> row.startsWith(table.id() + "["))
                .collect(Collectors.toSet());
    }

    RandomCatalog schema() {
        return schema;
    }

    Map<String, @Nullable Object[]> found(Table table) {
        return target.rows(table);
    }

    /** The row's version in the source that is to come: none when the newest version is a dead letter. */
    @Nullable
    Move providerOf(Table parent, List<String> columns, List<Object> key) {
        @Nullable Object[] row = holder(parent, columns, key, source.rows(parent));
        Move move = row == null ? null : moves.get(Rows.name(parent, row));
        return move == null || Objects.equals(move.kind(), Kind.DELETE) ? null : move;
    }
}
