package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.SourceRecord;
import dev.sluice.producers.api.SourceRecord.Row;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Finds rows by the target's key. The key's index is asked for each spelling that the source may have of it; what it finds counts when it converts to the very
 * key. Only a key of a type without a finite list of spellings, in a column that keeps them apart, is looked for in the whole table when none of the usual ones
 * is there, all such keys of a read at once: a row that is there must never be given as deleted. One per table and schema.
 */
final class KeyedReader {
    /** Rows with large values end a read early. */
    private static final long MAX_WEIGHT = 32L << 20;

    private final Table table;
    private final SelectedRows selected;
    private final RowConverter converter;
    private final PresentRow presentRow;
    private final List<String> keyColumns;
    private final List<LogicalType> types;
    private final List<Affinity> affinities;
    /** Null for UTC. */
    private final List<@Nullable LocalTimes> zones;

    private final int columns;
    private final String select;
    private final String scan;
    /** The first computed column of the key and its place there; without one the key's index is asked. */
    private final @Nullable String computed;

    private final int computedIndex;

    /** @param rows by key that was asked for, as many as are answered: its rows as they are stored; none when the key is not there */
    record Found(List<List<@Nullable Object[]>> rows) {}

    KeyedReader(CapturedTable captured, TableInfo info, SelectedRows selected) {
        this.table = captured.target();
        this.selected = selected;
        this.converter = selected.converter();
        RowSelection selection = selected.selection();
        this.presentRow = new PresentRow(captured, selection);
        this.keyColumns = captured.sourceKey();
        this.types = table.primaryKey().stream()
                .map(name -> table.column(name).map(Column::type).orElseThrow())
                .toList();
        this.affinities = keyColumns.stream()
                .map(name ->
                        info.column(name).map(TableInfo.Column::declaredType).orElse("INTEGER"))
                .map(Affinity::of)
                .toList();
        this.zones = new ArrayList<>();
        table.primaryKey()
                .forEach(name -> zones.add(LocalTimes.of(captured.rules(name).timeZone())));
        this.columns = selection.logged().size();
        List<String> names = selection.logged().stream().map(Sql::name).toList();
        this.select = "SELECT " + String.join(", ", names) + ", " + LargeRows.lengths(names) + " FROM "
                + Sql.name(captured.sourceName()) + " WHERE ";
        this.scan = "SELECT " + Sql.names(selection.identity()) + " FROM " + Sql.name(captured.sourceName());
        Map<String, String> expressions = captured.selection().computed();
        this.computedIndex = IntStream.range(0, keyColumns.size())
                .filter(i -> expressions.containsKey(keyColumns.get(i)))
                .findFirst()
                .orElse(0);
        this.computed = expressions.get(keyColumns.get(computedIndex));
    }

    Found read(Session session, List<@Nullable Object[]> keys) throws SQLException {
        return computed == null ? readByIndex(session, keys) : readComputed(session, keys);
    }

    /** A key that is computed has no index: the table is gone through once for all of them. */
    private Found readComputed(Session session, List<@Nullable Object[]> keys) throws SQLException {
        Map<String, Integer> places = new HashMap<>();
        List<Object> sought = new ArrayList<>();
        boolean complete = true;
        for (@Nullable Object[] key : keys) {
            // A key that is asked for twice has the place of the first.
            places.putIfAbsent(converter.canonical(key), places.size());
            Object value = Objects.requireNonNull(key[computedIndex]);
            Spellings spellings =
                    Spellings.of(types.get(computedIndex), Affinity.NONE, zones.get(computedIndex), value);
            sought.addAll(spellings.values());
            complete &= spellings.complete();
        }
        Map<Integer, List<@Nullable Object[]>> there = identities(session, complete ? sought : List.of(), places);
        List<List<@Nullable Object[]>> found = new ArrayList<>();
        long weight = 0;
        for (int i = 0; i < keys.size() && weight <= MAX_WEIGHT; i++) {
            Integer place = places.get(converter.canonical(keys.get(i)));
            List<@Nullable Object[]> rows = present(session, there.getOrDefault(place, List.of()));
            found.add(rows);
            weight += rows.stream().mapToLong(StoredValue::weight).sum();
        }
        return new Found(found);
    }

    private Map<Integer, List<@Nullable Object[]>> identities(
            Session session, List<Object> sought, Map<String, Integer> places) throws SQLException {
        try {
            return scan(session, sought, places);
        } catch (SQLException e) {
            if (sought.isEmpty() || Session.isCircumstance(e)) {
                throw e;
            }
            // The expression fails on a row, which has no key then.
            return scan(session, List.of(), places);
        }
    }

    private List<@Nullable Object[]> present(Session session, List<@Nullable Object[]> identities) throws SQLException {
        List<@Nullable Object[]> rows = new ArrayList<>();
        for (@Nullable Object[] identity : identities) {
            @Nullable Object[] row = presentRow.read(session, identity);
            if (row != null) {
                rows.add(row);
            }
        }
        return rows;
    }

    private Found readByIndex(Session session, List<@Nullable Object[]> keys) throws SQLException {
        List<List<@Nullable Object[]>> found = new ArrayList<>();
        Map<String, Integer> missing = new HashMap<>();
        long weight = 0;
        for (@Nullable Object[] key : keys) {
            List<Spellings> spellings = spellings(key);
            List<@Nullable Object[]> rows = query(session, key, equal(spellings));
            if (rows.isEmpty() && types.contains(LogicalType.UUID)) {
                rows = mixedCase(session, key, spellings);
            }
            if (rows.isEmpty() && !isComplete(spellings)) {
                missing.put(converter.canonical(key), found.size());
            }
            found.add(rows);
            weight += rows.stream().mapToLong(StoredValue::weight).sum();
            if (weight > MAX_WEIGHT) {
                break;
            }
        }
        if (!missing.isEmpty()) {
            for (var there : scan(session, List.of(), missing).entrySet()) {
                found.get(there.getKey()).addAll(present(session, there.getValue()));
            }
        }
        return new Found(found);
    }

    private List<Spellings> spellings(@Nullable Object[] key) {
        List<Spellings> spellings = new ArrayList<>();
        for (int i = 0; i < key.length; i++) {
            spellings.add(Spellings.of(types.get(i), affinities.get(i), zones.get(i), Objects.requireNonNull(key[i])));
        }
        return spellings;
    }

    /** A uuid in a mixture of cases is found by its beginning. */
    private boolean isComplete(List<Spellings> spellings) {
        for (int i = 0; i < spellings.size(); i++) {
            if (types.get(i) != LogicalType.UUID && !spellings.get(i).complete()) {
                return false;
            }
        }
        return true;
    }

    /** A condition and what to bind. */
    private record Condition(String sql, List<Object> parameters) {}

    private Condition equal(List<Spellings> spellings) {
        List<Condition> conditions = new ArrayList<>();
        for (int i = 0; i < spellings.size(); i++) {
            conditions.add(in(i, spellings.get(i)));
        }
        return all(conditions);
    }

    private Condition in(int column, Spellings spellings) {
        String places =
                spellings.values().stream().map(StoredValue::placeholder).collect(Collectors.joining(", "));
        return new Condition(Sql.name(keyColumns.get(column)) + " IN (" + places + ")", spellings.values());
    }

    private static Condition all(List<Condition> conditions) {
        List<Object> parameters = new ArrayList<>();
        conditions.forEach(condition -> parameters.addAll(condition.parameters));
        return new Condition(conditions.stream().map(Condition::sql).collect(Collectors.joining(" AND ")), parameters);
    }

    /** Of a key with several uuids, the first is found by its beginning and the others by what the row converts to. */
    private List<@Nullable Object[]> mixedCase(Session session, @Nullable Object[] key, List<Spellings> spellings)
            throws SQLException {
        int uuid = types.indexOf(LogicalType.UUID);
        List<Condition> others = new ArrayList<>();
        for (int i = 0; i < key.length; i++) {
            if (types.get(i) != LogicalType.UUID) {
                others.add(in(i, spellings.get(i)));
            }
        }
        List<@Nullable Object[]> rows = new ArrayList<>();
        String name = Sql.name(keyColumns.get(uuid));
        for (String beginning : Spellings.beginnings((UUID) Objects.requireNonNull(key[uuid]))) {
            char last = beginning.charAt(beginning.length() - 1);
            String end = beginning.substring(0, beginning.length() - 1) + (char) (last + 1);
            List<Condition> conditions = new ArrayList<>(others);
            conditions.add(new Condition(name + " >= ? AND " + name + " < ?", List.of(beginning, end)));
            rows.addAll(query(session, key, all(conditions)));
        }
        return rows;
    }

    private List<@Nullable Object[]> query(Session session, @Nullable Object[] key, Condition condition)
            throws SQLException {
        List<@Nullable Object[]> rows = new ArrayList<>();
        String canonical = converter.canonical(key);
        try (ResultSet found = session.query(select + condition.sql, condition.parameters.toArray())) {
            while (found.next()) {
                @Nullable Object[] row = LargeRows.read(found, 1, columns, found.getString(columns + 1), 0);
                if (canonical.equals(selected.canonicalOf(selected.selection().identity(row)))) {
                    rows.add(row);
                }
            }
        }
        return rows;
    }

    /**
     * What tells the rows apart whose keys are wanted, by the key's place.
     *
     * @param sought values of the computed column; empty to look at every row
     */
    private Map<Integer, List<@Nullable Object[]>> scan(
            Session session, List<Object> sought, Map<String, Integer> places) throws SQLException {
        Map<Integer, List<@Nullable Object[]>> identities = new HashMap<>();
        int width = selected.selection().identity().size();
        try (ResultSet all = sought.isEmpty() ? session.query(scan) : narrowed(session, sought)) {
            while (all.next()) {
                @Nullable Object[] stored = StoredValue.read(all, 1, width);
                Integer place = places.get(selected.canonicalOf(stored));
                if (place != null) {
                    identities.computeIfAbsent(place, p -> new ArrayList<>()).add(stored);
                }
            }
        }
        return identities;
    }

    /** The number of places is a power of two, so that few statements are kept. */
    private ResultSet narrowed(Session session, List<Object> sought) throws SQLException {
        List<Object> parameters = new ArrayList<>(sought);
        int places = Integer.highestOneBit(Math.max(1, sought.size() - 1)) * 2;
        while (parameters.size() < places) {
            parameters.add(sought.get(0));
        }
        String list = String.join(", ", Collections.nCopies(parameters.size(), "?"));
        return session.query(scan + " WHERE (\n" + computed + "\n) IN (" + list + ")", parameters.toArray());
    }

    /** By key: its rows that are selected, or a delete. */
    List<SourceRecord> records(List<@Nullable Object[]> keys, Found found) {
        List<SourceRecord> records = new ArrayList<>();
        for (int i = 0; i < found.rows.size(); i++) {
            int before = records.size();
            for (@Nullable Object[] image : found.rows.get(i)) {
                SourceRecord row = selected.upsert(Op.READ, image);
                if (row != null) {
                    records.add(row);
                }
            }
            if (records.size() == before) {
                records.add(delete(keys.get(i)));
            }
        }
        return records;
    }

    private SourceRecord delete(@Nullable Object[] key) {
        @Nullable Object[] before = new @Nullable Object[table.columns().size()];
        int[] indexes = table.keyIndexes();
        for (int i = 0; i < key.length; i++) {
            before[indexes[i]] = key[i];
        }
        return Row.delete(table, before);
    }

    /** What an index is asked for, visible for tests. */
    List<Object> usual(@Nullable Object[] key) {
        return equal(spellings(key)).parameters;
    }

    /** Visible for a test that asks SQLite for its plan. */
    String statement(@Nullable Object[] key) {
        return select + equal(spellings(key)).sql;
    }
}
