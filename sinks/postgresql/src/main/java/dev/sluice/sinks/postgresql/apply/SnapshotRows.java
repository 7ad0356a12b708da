package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.relational.TableId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which rows of a table's present snapshot are not in the target yet, in any version, as they are in the source: those that have {@code snapshot} in {@code sluice.waiting} or {@code sluice.dead_letters}. It stays
 * with a row, from where it waits to its dead letter and to that of a newer version, until some version is applied or the source deletes it. Everything else of a batch needs no look: it was applied when it came.
 */
final class SnapshotRows {
    private final Connection connection;
    private final String pipeline;
    private final ArrayEncoder arrays;
    private final TablePhases phases;

    /**
     * A row that stands in {@code sluice.waiting} or {@code sluice.dead_letters} no more, or not there.
     *
     * @param since the sequence under which it came, in the batch; 0 when it was there before
     * @param nulled it was written, with NULL in place of a reference
     * @param dead the sequence of the event that its dead letter is about; 0 for none
     */
    record Ended(long since, boolean nulled, long dead) {
        /** What is dead is settled by what is as new, and by being written with NULL, too. */
        boolean mayEndWith(RowChange change) {
            return change.sequence() > since && (dead > 0 ? change.origin() >= dead : !change.isNulled());
        }

        /** Of rows that wait, the end of a truncate that was held takes away none: they were counted when it came, and others were read since. */
        boolean mayEndWithTruncate(RowChange truncate) {
            return mayEndWith(truncate) && (dead > 0 || truncate.sequence() == truncate.origin());
        }
    }

    SnapshotRows(Connection connection, String pipeline, ArrayEncoder arrays, TablePhases phases) {
        this.connection = connection;
        this.pipeline = pipeline;
        this.arrays = arrays;
        this.phases = phases;
    }

    /** A snapshot that begins again is another one. To be called before anything is written. */
    void begin(Collection<TableId> begun) throws SQLException {
        if (begun.isEmpty()) {
            return;
        }
        Object[] tables = begun.stream().map(TableId::toString).toArray();
        for (String table : List.of("sluice.waiting", "sluice.dead_letters")) {
            String sql =
                    "UPDATE " + table + " SET snapshot = false WHERE pipeline = ? AND table_name = ANY(?) AND snapshot";
            try (PreparedStatement update = connection.prepareStatement(sql)) {
                update.setString(1, pipeline);
                update.setArray(2, connection.createArrayOf("text", tables));
                update.executeUpdate();
            }
        }
    }

    /**
     * When everything is written.
     *
     * @param done changes that were applied, or need not be any more
     * @param letters dead letters of the batch
     * @param waited rows that do not wait any more
     */
    void end(List<RowChange> done, List<DeadLetter> letters, Map<RowKey, Ended> waited, DeadLetters.Unsettled settled)
            throws SQLException {
        for (Map.Entry<String, Long> truncated : settled.truncated().entrySet()) {
            phases.addGone(truncated.getKey(), truncated.getValue());
        }
        Map<RowKey, Ended> rows = new LinkedHashMap<>(waited);
        settled.rows().forEach((row, sequence) -> rows.putIfAbsent(row, new Ended(0, false, sequence)));
        for (DeadLetter letter : letters) {
            if (letter.fresh() && phases.counts(connection, pipeline, letter.table(), letter.sequence())) {
                rows.putIfAbsent(letter.row(), new Ended(letter.sequence(), false, letter.sequence()));
            }
        }
        settle(rows, done, letters);
    }

    private void settle(Map<RowKey, Ended> rows, List<RowChange> done, List<DeadLetter> letters) throws SQLException {
        if (rows.isEmpty()) {
            return;
        }
        Map<RowKey, RowChange> settled = first(rows, done);
        if (died(rows, settled, letters)) {
            settled = first(rows, done);
        }
        rows.keySet().removeAll(stillDead(rows.keySet(), settled, letters));
        for (Map.Entry<RowKey, Ended> row : rows.entrySet()) {
            count(row.getKey().table(), row.getValue(), settled.get(row.getKey()));
        }
    }

    /** Notes which rows were refused before they were settled: from then on they are dead, whatever they were. */
    private static boolean died(Map<RowKey, Ended> rows, Map<RowKey, RowChange> settled, List<DeadLetter> letters) {
        boolean some = false;
        for (DeadLetter letter : letters) {
            Ended row = rows.get(letter.row());
            RowChange end = settled.get(letter.row());
            if (row != null && (end == null || letter.standing() < end.sequence())) {
                rows.put(letter.row(), new Ended(Math.max(row.since(), letter.standing()), false, letter.sequence()));
                some = true;
            }
        }
        return some;
    }

    /** By row the first that was done with it: it is applied, or the source has deleted it. */
    private static Map<RowKey, RowChange> first(Map<RowKey, Ended> rows, List<RowChange> done) {
        Set<String> tables = rows.keySet().stream().map(RowKey::table).collect(Collectors.toSet());
        Map<RowKey, RowChange> first = new HashMap<>();
        for (RowChange change : done) {
            String table = change.table().id().toString();
            if (change.evicts() || !tables.contains(table)) {
                continue;
            }
            if (change.kind() == StepKind.TRUNCATE) {
                rows.forEach((row, ended) -> {
                    if (row.table().equals(table) && ended.mayEndWithTruncate(change)) {
                        first.merge(row, change, SnapshotRows::earlier);
                    }
                });
                continue;
            }
            RowKey row = new RowKey(table, change.keyText());
            Ended ended = rows.get(row);
            if (ended != null && ended.mayEndWith(change)) {
                first.merge(row, change, SnapshotRows::earlier);
            }
        }
        return first;
    }

    /** Of the rows those that are dead now, which keep that they are of a snapshot. What was refused behind a row's end is of another. */
    private Set<RowKey> stillDead(Set<RowKey> rows, Map<RowKey, RowChange> settled, List<DeadLetter> letters)
            throws SQLException {
        List<DeadLetter> candidates = letters.stream()
                .filter(letter -> {
                    RowChange end = settled.get(letter.row());
                    return rows.contains(letter.row()) && (end == null || letter.standing() < end.sequence());
                })
                .toList();
        return candidates.isEmpty() ? Set.of() : mark(candidates);
    }

    private Set<RowKey> mark(List<DeadLetter> candidates) throws SQLException {
        Set<RowKey> dead = new HashSet<>();
        // Row by row, by the index of open ones, as where letters are superseded.
        String sql = """
                UPDATE sluice.dead_letters d SET snapshot = true WHERE d.pipeline = ? AND d.state = 'open' AND d.id = ANY (ARRAY(
                  SELECT found.id FROM unnest(?::text[], ?::text[], ?::bigint[]) AS u(table_name, key, sequence) CROSS JOIN LATERAL (
                    SELECT o.id, o.sequence FROM sluice.dead_letters o
                    WHERE o.pipeline = ? AND o.table_name = u.table_name AND o.key = u.key AND o.state = 'open' LIMIT 1) found
                  WHERE found.sequence = u.sequence)) RETURNING d.table_name, d.key""";
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            update.setString(1, pipeline);
            List<String> tables = candidates.stream().map(DeadLetter::table).toList();
            update.setArray(2, arrays.texts(connection, tables));
            List<String> keys = candidates.stream().map(DeadLetter::key).toList();
            update.setArray(3, arrays.texts(connection, keys));
            List<Long> sequences = candidates.stream().map(DeadLetter::sequence).toList();
            update.setArray(4, arrays.longs(connection, sequences));
            update.setString(5, pipeline);
            try (ResultSet found = update.executeQuery()) {
                while (found.next()) {
                    dead.add(new RowKey(found.getString(1), found.getString(2)));
                }
            }
        }
        return dead;
    }

    private static RowChange earlier(RowChange one, RowChange other) {
        return other.sequence() < one.sequence() ? other : one;
    }

    /** What settles a row and was itself read, as somebody asked for the row by key, has an outcome of its own. */
    private void count(String table, Ended ended, @Nullable RowChange by) throws SQLException {
        if (by != null && by.fresh() && phases.counts(connection, pipeline, table, by.origin())) {
            return;
        }
        if (by == null || by.kind() == StepKind.DELETE || by.kind() == StepKind.TRUNCATE) {
            phases.addEnded(table, ended.nulled());
        } else if (by.isTransformed()) {
            phases.addTransformed(table, 1);
        }
    }

    /** What was applied again may be what a dead letter was about. */
    void replayed(List<RowChange> applied, List<DeadLetter> letters, DeadLetters.Unsettled settled, FaultPoints faults)
            throws SQLException {
        if (settled.rows().isEmpty()) {
            return;
        }
        Map<RowKey, Ended> rows = new LinkedHashMap<>();
        settled.rows().forEach((row, sequence) -> rows.put(row, new Ended(0, false, sequence)));
        settle(rows, applied, letters);
        phases.write(connection, pipeline, arrays, faults);
    }
}
