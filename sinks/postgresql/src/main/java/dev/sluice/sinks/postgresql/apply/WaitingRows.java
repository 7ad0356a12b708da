package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.event.Outcome;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a batch does to {@code sluice.waiting}: the last decision about each key counts, and a row that stops waiting in between waits anew, without what was accepted of
 * it. A truncate that is held stands there itself, with the key {@value ControlText#WHOLE_TABLE}.
 */
final class WaitingRows {
    private static final String SETTLED = " USING unnest(?::text[], ?::text[]) AS u(table_name, key)"
            + " WHERE w.pipeline = ? AND w.table_name = u.table_name AND w.key = u.key";

    private final Map<RowKey, Row> waiting = new LinkedHashMap<>();
    private final Set<RowKey> settled = new LinkedHashSet<>();
    private final Set<String> truncated = new LinkedHashSet<>();
    /** Rows that were read in the batch, and waited within it only. */
    private final Map<RowKey, Row> passed = new LinkedHashMap<>();
    /** Those among them that a truncate took away. */
    private final Map<RowKey, Row> lost = new LinkedHashMap<>();
    /** Of rows that waited before, and were decided anew in the batch before they were settled, or a truncate came. */
    private final Map<RowKey, Boolean> nulled = new LinkedHashMap<>();

    /**
     * @param read the sequence under which the row was read, when that was in this batch; otherwise 0
     * @param nulled written with NULL in place of a reference
     */
    private record Row(
            String kind,
            long sequence,
            long origin,
            @Nullable String reason,
            long read,
            boolean nulled) {}

    void add(OrderedHeader header, Change change) {
        if (change.op() == Op.TRUNCATE && !header.isRelease()) {
            truncate(change.table().id().toString());
        }
        switch (header.outcome()) {
            case WAIT, EVICT -> put(header, change, "wait");
            case STALE, SET_NULL -> put(header, change, "stale");
            case HOLD -> put(header, change, "hold");
            case FORGET -> settle(key(change));
            case APPLY, QUARANTINE -> {
                // Of most rows nothing was waiting; the text of their keys is not worth its making.
                if (header.settles()) {
                    settle(key(change));
                }
            }
            case CONTROL -> {}
        }
    }

    private void truncate(String table) {
        for (RowKey key : List.copyOf(waiting.keySet())) {
            Row row = key.table().equals(table) ? waiting.remove(key) : null;
            if (row != null && row.read > 0) {
                lost.put(key, row);
            } else if (row != null && settled.add(key) && !truncated.contains(table)) {
                nulled.put(key, row.nulled);
            }
        }
        truncated.add(table);
    }

    private void settle(RowKey key) {
        Row row = waiting.remove(key);
        boolean first = settled.add(key);
        if (row != null && row.read > 0) {
            passed.put(key, row);
        } else if (row != null && first && !truncated.contains(key.table())) {
            nulled.put(key, row.nulled);
        }
    }

    private void put(OrderedHeader header, Change change, String kind) {
        RowKey key = key(change);
        String reason = header.reason() == null ? null : ControlText.clean(header.reason());
        Row before = waiting.get(key);
        boolean comes = change.isUpsert() && change.source().snapshot() && !header.isRelease();
        long read = comes ? header.origin() : before == null ? 0 : before.read;
        boolean nulled = header.outcome() == Outcome.SET_NULL;
        waiting.put(key, new Row(kind, header.sequence(), header.origin(), reason, read, nulled));
    }

    private static RowKey key(Change change) {
        return new RowKey(change.table().id().toString(), ControlText.key(change));
    }

    /** @return rows of snapshots that do not wait any more */
    Map<RowKey, SnapshotRows.Ended> write(
            Connection connection,
            String pipeline,
            String lane,
            ArrayEncoder arrays,
            TablePhases phases,
            FaultPoints faults)
            throws SQLException {
        Map<RowKey, SnapshotRows.Ended> ended = new LinkedHashMap<>();
        if (!settled.isEmpty()) {
            faults.before("settle waiting rows");
            // In two statements: the second sees what was accepted while the first waited for the row.
            ended.putAll(settleWaiting(connection, pipeline, arrays));
            settleAccepted(connection, pipeline, arrays);
        }
        for (String table : truncated) {
            faults.before("forget waiting rows of a table");
            countTruncated(connection, pipeline, table, phases);
            forget(connection, "sluice.waiting", pipeline, table);
            forget(connection, "sluice.accepted", pipeline, table);
        }
        if (!waiting.isEmpty()) {
            faults.before("add waiting rows");
            insert(connection, pipeline, lane, arrays, phases);
        }
        for (Map.Entry<RowKey, Row> row : passed.entrySet()) {
            long read = row.getValue().read;
            if (phases.counts(connection, pipeline, row.getKey().table(), read)) {
                // It may be released under the very sequence under which it was read.
                ended.put(row.getKey(), new SnapshotRows.Ended(read - 1, row.getValue().nulled, 0));
            }
        }
        for (Map.Entry<RowKey, Row> row : lost.entrySet()) {
            if (phases.counts(connection, pipeline, row.getKey().table(), row.getValue().read)) {
                phases.addEnded(row.getKey().table(), row.getValue().nulled);
            }
        }
        return ended;
    }

    /** What stands both here and as a dead letter counts there. */
    private static void countTruncated(Connection connection, String pipeline, String table, TablePhases phases)
            throws SQLException {
        String sql = """
                SELECT count(*) FILTER (WHERE w.nulled), count(*) FILTER (WHERE NOT w.nulled) FROM sluice.waiting w
                WHERE w.pipeline = ? AND w.table_name = ? AND w.snapshot AND NOT EXISTS (SELECT 1 FROM sluice.dead_letters d
                  WHERE d.pipeline = w.pipeline AND d.table_name = w.table_name AND d.key = w.key AND d.state = 'open' AND d.snapshot)""";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, pipeline);
            query.setString(2, table);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                phases.addTransformed(table, row.getLong(1));
                phases.addGone(table, row.getLong(2));
            }
        }
    }

    private static void forget(Connection connection, String from, String pipeline, String table) throws SQLException {
        try (PreparedStatement delete =
                connection.prepareStatement("DELETE FROM " + from + " WHERE pipeline = ? AND table_name = ?")) {
            delete.setString(1, pipeline);
            delete.setString(2, table);
            delete.executeUpdate();
        }
    }

    private Map<RowKey, SnapshotRows.Ended> settleWaiting(Connection connection, String pipeline, ArrayEncoder arrays)
            throws SQLException {
        Map<RowKey, SnapshotRows.Ended> ofSnapshots = new LinkedHashMap<>();
        String sql = "DELETE FROM sluice.waiting w" + SETTLED + " RETURNING w.snapshot, w.table_name, w.key, w.nulled";
        try (PreparedStatement delete = bound(connection, sql, pipeline, arrays);
                ResultSet rows = delete.executeQuery()) {
            while (rows.next()) {
                if (rows.getBoolean(1)) {
                    RowKey key = new RowKey(rows.getString(2), rows.getString(3));
                    boolean isNulled = nulled.getOrDefault(key, rows.getBoolean(4));
                    ofSnapshots.put(key, new SnapshotRows.Ended(0, isNulled, 0));
                }
            }
        }
        return ofSnapshots;
    }

    private void settleAccepted(Connection connection, String pipeline, ArrayEncoder arrays) throws SQLException {
        try (PreparedStatement delete =
                bound(connection, "DELETE FROM sluice.accepted w" + SETTLED, pipeline, arrays)) {
            delete.executeUpdate();
        }
    }

    private PreparedStatement bound(Connection connection, String sql, String pipeline, ArrayEncoder arrays)
            throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        statement.setArray(1, arrays.texts(connection, texts(settled, RowKey::table)));
        statement.setArray(2, arrays.texts(connection, texts(settled, RowKey::key)));
        statement.setString(3, pipeline);
        return statement;
    }

    /** A newer version that waits does not make it another row: it is one of the snapshot until some version is applied. */
    private void insert(Connection connection, String pipeline, String lane, ArrayEncoder arrays, TablePhases phases)
            throws SQLException {
        String sql = """
                INSERT INTO sluice.waiting AS w (pipeline, lane, table_name, key, kind, sequence, origin, reason, snapshot, nulled)
                SELECT ?, ?, u.table_name, u.key, u.kind, u.sequence, u.origin, u.reason, u.snapshot::boolean, u.nulled::boolean
                FROM unnest(?::text[], ?::text[], ?::text[], ?::bigint[], ?::bigint[], ?::text[], ?::text[], ?::text[])
                  AS u(table_name, key, kind, sequence, origin, reason, snapshot, nulled)
                ON CONFLICT (pipeline, table_name, key) DO UPDATE SET lane = excluded.lane, kind = excluded.kind,
                  sequence = excluded.sequence, origin = excluded.origin, reason = excluded.reason,
                  snapshot = w.snapshot OR excluded.snapshot, nulled = excluded.nulled""";
        Collection<Row> rows = waiting.values();
        List<@Nullable String> reasons = new ArrayList<>();
        rows.forEach(row -> reasons.add(row.reason()));
        List<String> snapshot = new ArrayList<>();
        for (Map.Entry<RowKey, Row> row : waiting.entrySet()) {
            long read = row.getValue().read;
            snapshot.add(String.valueOf(
                    read > 0 && phases.counts(connection, pipeline, row.getKey().table(), read)));
        }
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            insert.setString(1, pipeline);
            insert.setString(2, lane);
            insert.setArray(3, arrays.texts(connection, texts(waiting.keySet(), RowKey::table)));
            insert.setArray(4, arrays.texts(connection, texts(waiting.keySet(), RowKey::key)));
            insert.setArray(5, arrays.texts(connection, texts(rows, Row::kind)));
            insert.setArray(
                    6, arrays.longs(connection, rows.stream().map(Row::sequence).toList()));
            insert.setArray(
                    7, arrays.longs(connection, rows.stream().map(Row::origin).toList()));
            insert.setArray(8, arrays.texts(connection, reasons));
            insert.setArray(9, arrays.texts(connection, snapshot));
            insert.setArray(10, arrays.texts(connection, texts(rows, row -> String.valueOf(row.nulled))));
            insert.executeUpdate();
        }
    }

    private static <T> List<String> texts(Collection<T> of, Function<T, String> field) {
        return of.stream().map(field).toList();
    }
}
