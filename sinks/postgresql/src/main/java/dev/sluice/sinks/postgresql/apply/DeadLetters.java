package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.relational.TableId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** {@code sluice.dead_letters} of one lane. Not thread-safe. */
final class DeadLetters {
    private static final String SUPERSEDED = "'superseded'";
    /** Once a person has asked the source for the row again, it is what came of that. */
    private static final String APPLIED = "CASE WHEN d.asked_at IS NULL THEN 'superseded' ELSE 'retried' END";

    private final String pipeline;
    private final String lane;
    private final ArrayEncoder arrays;
    /** Tables that may have open dead letters. Only the sink opens them, so a table that is not here has none. */
    private final Set<String> open = new HashSet<>();
    /** Some letter was added or settled since somebody asked. */
    private boolean changed;
    /** Rows of a snapshot whose letters ceased to be open. */
    private final Map<RowKey, Long> unsettled = new HashMap<>();
    /** Rows of a snapshot that a truncate took away, by table. */
    private final Map<String, Long> truncated = new HashMap<>();

    /**
     * What a batch settled of the rows of snapshots.
     *
     * @param rows whose letters ceased to be open, with the sequence of the event that the last was about
     * @param truncated how many more, by table, because a truncate took them away
     */
    record Unsettled(Map<RowKey, Long> rows, Map<String, Long> truncated) {}

    private record Row(String table, String key) {
        static Row of(DeadLetter letter) {
            return new Row(letter.table(), letter.key());
        }
    }

    /** @param sequence its own */
    private record Event(Row row, long sequence) {}

    DeadLetters(String pipeline, String lane, ArrayEncoder arrays) {
        this.pipeline = pipeline;
        this.lane = lane;
        this.arrays = arrays;
    }

    /** What was settled since this was asked last. */
    Unsettled takeUnsettled() {
        Unsettled taken = new Unsettled(Map.copyOf(unsettled), Map.copyOf(truncated));
        forgetUnsettled();
        return taken;
    }

    /** Before an attempt: what one that failed settled was rolled back. */
    void forgetUnsettled() {
        unsettled.clear();
        truncated.clear();
    }

    /** Learns which tables have open ones; once when a lane is claimed, for until then another sink may have written. */
    void load(Connection connection) throws SQLException {
        open.clear();
        forgetUnsettled();
        String sql = "SELECT DISTINCT table_name FROM sluice.dead_letters WHERE pipeline = ? AND state = 'open'";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, pipeline);
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    open.add(rows.getString(1));
                }
            }
        }
    }

    /** Whether letters were added or settled since this was asked last; also where that was rolled back. */
    boolean takeChanged() {
        boolean was = changed;
        changed = false;
        return was;
    }

    boolean mayHaveOpen(TableId table) {
        return !open.isEmpty() && open.contains(table.toString());
    }

    /**
     * Adds open ones, in order; an older one of the same key is superseded, but by what brings a part of a row only: then the older one stays. Adding the same event again
     * changes nothing. A letter in the place of one of the same reason for whose row the source was asked counts as asked for where the sink would ask by itself: it would ask for ever.
     */
    void add(Connection connection, List<DeadLetter> letters) throws SQLException {
        List<DeadLetter> part = new ArrayList<>();
        Set<Row> rows = new HashSet<>();
        for (DeadLetter letter : letters) {
            if (!rows.add(Row.of(letter))) {
                insert(connection, part);
                part.clear();
                rows.clear();
                rows.add(Row.of(letter));
            }
            part.add(letter);
        }
        insert(connection, part);
    }

    private void insert(Connection connection, List<DeadLetter> letters) throws SQLException {
        if (letters.isEmpty()) {
            return;
        }
        changed = true;
        letters.forEach(letter -> open.add(letter.table()));
        Map<Row, Long> newest = new HashMap<>();
        letters.stream().filter(DeadLetter::whole).forEach(letter -> newest.put(Row.of(letter), letter.sequence() - 1));
        supersede(connection, newest, SUPERSEDED);
        String sql = """
                INSERT INTO sluice.dead_letters (pipeline, lane, table_name, key, sequence, op, column_name, reason, message, raw, raw_format, parents, asked_at)
                SELECT ?, ?, u.table_name, u.key, u.sequence, u.op, u.column_name, u.reason, u.message, u.raw, u.raw_format, u.parents::json,
                  CASE WHEN u.reason = ANY(?) AND EXISTS (SELECT 1 FROM sluice.dead_letters d WHERE d.pipeline = ? AND d.table_name = u.table_name
                    AND d.key = u.key AND d.reason = u.reason AND d.state = 'superseded' AND d.asked_at IS NOT NULL AND d.settled_at = now()) THEN now() END
                FROM unnest(?::text[], ?::text[], ?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[], ?::bytea[], ?::text[], ?::text[])
                  AS u(table_name, key, sequence, op, column_name, reason, message, raw, raw_format, parents)
                ON CONFLICT (pipeline, table_name, key) WHERE state = 'open' DO NOTHING""";
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            insert.setString(1, pipeline);
            insert.setString(2, lane);
            insert.setArray(3, connection.createArrayOf("text", LetterRefresh.REASONS.toArray()));
            insert.setString(4, pipeline);
            insert.setArray(5, arrays.texts(connection, texts(letters, DeadLetter::table)));
            insert.setArray(6, arrays.texts(connection, texts(letters, DeadLetter::key)));
            insert.setArray(
                    7,
                    arrays.longs(
                            connection,
                            letters.stream().map(DeadLetter::sequence).toList()));
            insert.setArray(8, arrays.texts(connection, texts(letters, DeadLetter::op)));
            List<@org.jspecify.annotations.Nullable String> columns = new ArrayList<>();
            letters.forEach(letter -> columns.add(letter.column()));
            insert.setArray(9, arrays.texts(connection, columns));
            insert.setArray(10, arrays.texts(connection, texts(letters, DeadLetter::reason)));
            insert.setArray(11, arrays.texts(connection, texts(letters, DeadLetter::message)));
            insert.setArray(
                    12,
                    arrays.bytes(
                            connection, letters.stream().map(DeadLetter::raw).toList()));
            insert.setArray(13, arrays.texts(connection, texts(letters, DeadLetter::rawFormat)));
            List<@org.jspecify.annotations.Nullable String> parents = new ArrayList<>();
            letters.forEach(letter -> parents.add(LetterRefresh.encode(letter.parents())));
            insert.setArray(14, arrays.texts(connection, parents));
            insert.executeUpdate();
        }
    }

    /**
     * What was applied, or found nothing left to do, supersedes its row's letters up to its own sequence: an event that was refused may be accepted in another form. Not what brings
     * a part of a row only, nor an eviction: what is dead of the row is still not in the target. But parts behind a whole version of theirs do, when none of them was refused.
     *
     * @param added the letters of the same batch; one of the very event that stands behind it, or is of it, stays
     */
    void supersedeApplied(Connection connection, List<RowChange> applied, List<DeadLetter> added) throws SQLException {
        Map<Event, Long> refused = new HashMap<>();
        added.forEach(
                letter -> refused.merge(new Event(Row.of(letter), letter.sequence()), letter.standing(), Math::max));
        Set<Row> withLetters = added.stream().map(Row::of).collect(Collectors.toSet());
        Map<Row, Long> newest = new HashMap<>();
        for (RowChange change : applied) {
            if (!mayHaveOpen(change.table().id())) {
                continue;
            }
            Row row = new Row(change.table().id().toString(), change.keyText());
            if (change.kind() == StepKind.TRUNCATE) {
                // What was applied before it is not what it took away.
                supersede(connection, newest, APPLIED);
                newest.clear();
                supersedeTable(connection, change);
            } else if (change.kind() == StepKind.UPDATE && !withLetters.contains(row)) {
                newest.computeIfPresent(row, (r, sequence) -> Math.max(sequence, change.origin()));
            } else if (change.isWhole()) {
                boolean again = refused.getOrDefault(new Event(row, change.origin()), 0L) < change.sequence();
                newest.merge(row, again ? change.origin() : change.origin() - 1, Math::max);
            }
        }
        supersede(connection, newest, APPLIED);
    }

    /** @param newest the last sequence that is superseded, by row */
    private void supersede(Connection connection, Map<Row, Long> newest, String state) throws SQLException {
        if (newest.isEmpty()) {
            return;
        }
        List<Row> rows = List.copyOf(newest.keySet());
        List<Long> sequences =
                rows.stream().map(row -> newest.getOrDefault(row, 0L)).toList();
        // Row by row, by the index of open ones: a join would be planned for one open letter and read all of them for
        // each row.
        String sql = """
                UPDATE sluice.dead_letters d SET state = %s, settled_at = now() WHERE d.pipeline = ? AND d.state = 'open' AND d.id = ANY (ARRAY(
                  SELECT found.id FROM unnest(?::text[], ?::text[], ?::bigint[]) AS u(table_name, key, sequence) CROSS JOIN LATERAL (
                    SELECT o.id, o.sequence FROM sluice.dead_letters o
                    WHERE o.pipeline = ? AND o.table_name = u.table_name AND o.key = u.key AND o.state = 'open' LIMIT 1) found
                  WHERE found.sequence <= u.sequence)) RETURNING d.table_name, d.key, d.snapshot, d.sequence""".formatted(state);
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            update.setString(1, pipeline);
            update.setArray(
                    2, arrays.texts(connection, rows.stream().map(Row::table).toList()));
            update.setArray(
                    3, arrays.texts(connection, rows.stream().map(Row::key).toList()));
            update.setArray(4, arrays.longs(connection, sequences));
            update.setString(5, pipeline);
            try (ResultSet settled = update.executeQuery()) {
                while (settled.next()) {
                    changed = true;
                    if (settled.getBoolean(3)) {
                        unsettled.merge(
                                new RowKey(settled.getString(1), settled.getString(2)), settled.getLong(4), Math::max);
                    }
                }
            }
        }
    }

    private void supersedeTable(Connection connection, RowChange truncate) throws SQLException {
        String sql = """
                WITH settled AS (
                  UPDATE sluice.dead_letters SET state = 'superseded', settled_at = now()
                  WHERE pipeline = ? AND state = 'open' AND table_name = ? AND sequence < ? RETURNING snapshot)
                SELECT count(*) FILTER (WHERE snapshot) FROM settled""";
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            update.setString(1, pipeline);
            update.setString(2, truncate.table().id().toString());
            update.setLong(3, truncate.origin());
            try (ResultSet row = update.executeQuery()) {
                row.next();
                truncated.merge(truncate.table().id().toString(), row.getLong(1), Long::sum);
            }
        }
    }

    private static List<String> texts(List<DeadLetter> letters, Function<DeadLetter, String> field) {
        return letters.stream().map(field).toList();
    }
}
