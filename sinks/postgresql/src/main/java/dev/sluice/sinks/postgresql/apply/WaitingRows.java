package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.OrderedHeader;
import java.sql.Connection;
import java.sql.PreparedStatement;
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
    private final Map<Key, Row> waiting = new LinkedHashMap<>();
    private final Set<Key> settled = new LinkedHashSet<>();
    private final Set<String> truncated = new LinkedHashSet<>();

    private record Key(String table, String text) {}

    private record Row(
            String kind,
            long sequence,
            long origin,
            @Nullable String reason) {}

    void add(OrderedHeader header, Change change) {
        if (change.op() == Op.TRUNCATE && !header.isRelease()) {
            truncate(change.table().id().toString());
        }
        switch (header.outcome()) {
            case WAIT, EVICT -> put(header, key(change), "wait");
            case STALE, SET_NULL -> put(header, key(change), "stale");
            case HOLD -> put(header, key(change), "hold");
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
        waiting.keySet().removeIf(key -> key.table().equals(table));
        settled.removeIf(key -> key.table().equals(table));
        truncated.add(table);
    }

    private void settle(Key key) {
        waiting.remove(key);
        settled.add(key);
    }

    private void put(OrderedHeader header, Key key, String kind) {
        String reason = header.reason() == null ? null : ControlText.clean(header.reason());
        waiting.put(key, new Row(kind, header.sequence(), header.origin(), reason));
    }

    private static Key key(Change change) {
        return new Key(change.table().id().toString(), ControlText.key(change));
    }

    void write(Connection connection, String pipeline, String lane, ArrayEncoder arrays, FaultPoints faults)
            throws SQLException {
        for (String table : truncated) {
            faults.before("forget waiting rows of a table");
            forget(connection, "sluice.waiting", pipeline, table);
            forget(connection, "sluice.accepted", pipeline, table);
        }
        if (!settled.isEmpty()) {
            faults.before("settle waiting rows");
            // In two statements: the second sees what was accepted while the first waited for the row.
            settle(connection, "sluice.waiting", pipeline, arrays);
            settle(connection, "sluice.accepted", pipeline, arrays);
        }
        if (!waiting.isEmpty()) {
            faults.before("add waiting rows");
            insert(connection, pipeline, lane, arrays);
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

    private void settle(Connection connection, String from, String pipeline, ArrayEncoder arrays) throws SQLException {
        String sql = "DELETE FROM " + from + " w USING unnest(?::text[], ?::text[]) AS u(table_name, key)"
                + " WHERE w.pipeline = ? AND w.table_name = u.table_name AND w.key = u.key";
        try (PreparedStatement delete = connection.prepareStatement(sql)) {
            delete.setArray(1, arrays.texts(connection, texts(settled, Key::table)));
            delete.setArray(2, arrays.texts(connection, texts(settled, Key::text)));
            delete.setString(3, pipeline);
            delete.executeUpdate();
        }
    }

    private void insert(Connection connection, String pipeline, String lane, ArrayEncoder arrays) throws SQLException {
        String sql = """
                INSERT INTO sluice.waiting AS w (pipeline, lane, table_name, key, kind, sequence, origin, reason)
                SELECT ?, ?, u.* FROM unnest(?::text[], ?::text[], ?::text[], ?::bigint[], ?::bigint[], ?::text[])
                  AS u(table_name, key, kind, sequence, origin, reason)
                ON CONFLICT (pipeline, table_name, key) DO UPDATE SET lane = excluded.lane, kind = excluded.kind,
                  sequence = excluded.sequence, origin = excluded.origin, reason = excluded.reason""";
        Collection<Row> rows = waiting.values();
        List<@Nullable String> reasons = new ArrayList<>();
        rows.forEach(row -> reasons.add(row.reason()));
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            insert.setString(1, pipeline);
            insert.setString(2, lane);
            insert.setArray(3, arrays.texts(connection, texts(waiting.keySet(), Key::table)));
            insert.setArray(4, arrays.texts(connection, texts(waiting.keySet(), Key::text)));
            insert.setArray(5, arrays.texts(connection, texts(rows, Row::kind)));
            insert.setArray(
                    6, arrays.longs(connection, rows.stream().map(Row::sequence).toList()));
            insert.setArray(
                    7, arrays.longs(connection, rows.stream().map(Row::origin).toList()));
            insert.setArray(8, arrays.texts(connection, reasons));
            insert.executeUpdate();
        }
    }

    private static <T> List<String> texts(Collection<T> of, Function<T, String> field) {
        return of.stream().map(field).toList();
    }
}
