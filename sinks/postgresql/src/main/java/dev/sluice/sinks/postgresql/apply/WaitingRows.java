package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.OrderedHeader;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a batch does to {@code sluice.waiting}: the last decision about each key counts. */
final class WaitingRows {
    private final Map<Key, Optional<Row>> decisions = new LinkedHashMap<>();
    private final Set<String> truncated = new LinkedHashSet<>();

    private record Key(String table, String text) {}

    private record Row(
            String kind,
            long sequence,
            long origin,
            @Nullable String reason) {}

    void add(OrderedHeader header, Change change) {
        if (change.op() == Op.TRUNCATE) {
            truncate(change.table().id().toString());
            return;
        }
        switch (header.outcome()) {
            case WAIT -> put(header, change, "wait");
            case STALE -> put(header, change, "stale");
            case HOLD -> put(header, change, "hold");
            case FORGET -> decisions.put(key(change), Optional.empty());
            case APPLY -> {
                if (header.settles()) {
                    decisions.put(key(change), Optional.empty());
                }
            }
            case CONTROL -> {}
        }
    }

    private void truncate(String table) {
        decisions.keySet().removeIf(key -> key.table().equals(table));
        truncated.add(table);
    }

    private void put(OrderedHeader header, Change change, String kind) {
        String reason = header.reason() == null ? null : ControlText.clean(header.reason());
        decisions.put(key(change), Optional.of(new Row(kind, header.sequence(), header.origin(), reason)));
    }

    private static Key key(Change change) {
        return new Key(change.table().id().toString(), ControlText.key(KeyText.of(change.key())));
    }

    void write(Connection connection, String pipeline, String lane, ArrayEncoder arrays, FaultPoints faults)
            throws SQLException {
        for (String table : truncated) {
            faults.before("forget waiting rows of a table");
            try (PreparedStatement delete =
                    connection.prepareStatement("DELETE FROM sluice.waiting WHERE pipeline = ? AND table_name = ?")) {
                delete.setString(1, pipeline);
                delete.setString(2, table);
                delete.executeUpdate();
            }
        }
        List<Map.Entry<Key, Optional<Row>>> gone = decisions.entrySet().stream()
                .filter(e -> e.getValue().isEmpty())
                .toList();
        List<Map.Entry<Key, Optional<Row>>> there = decisions.entrySet().stream()
                .filter(e -> e.getValue().isPresent())
                .toList();
        if (!gone.isEmpty()) {
            faults.before("settle waiting rows");
            delete(connection, pipeline, arrays, gone);
        }
        if (!there.isEmpty()) {
            faults.before("add waiting rows");
            insert(connection, pipeline, lane, arrays, there);
        }
    }

    private static void delete(
            Connection connection, String pipeline, ArrayEncoder arrays, List<Map.Entry<Key, Optional<Row>>> gone)
            throws SQLException {
        String sql = """
                DELETE FROM sluice.waiting w USING unnest(?::text[], ?::text[]) AS u(table_name, key)
                WHERE w.pipeline = ? AND w.table_name = u.table_name AND w.key = u.key""";
        try (PreparedStatement delete = connection.prepareStatement(sql)) {
            delete.setArray(
                    1, arrays.texts(connection, texts(gone, e -> e.getKey().table())));
            delete.setArray(
                    2, arrays.texts(connection, texts(gone, e -> e.getKey().text())));
            delete.setString(3, pipeline);
            delete.executeUpdate();
        }
    }

    private static void insert(
            Connection connection,
            String pipeline,
            String lane,
            ArrayEncoder arrays,
            List<Map.Entry<Key, Optional<Row>>> there)
            throws SQLException {
        String sql = """
                INSERT INTO sluice.waiting AS w (pipeline, lane, table_name, key, kind, sequence, origin, reason)
                SELECT ?, ?, u.* FROM unnest(?::text[], ?::text[], ?::text[], ?::bigint[], ?::bigint[], ?::text[])
                  AS u(table_name, key, kind, sequence, origin, reason)
                ON CONFLICT (pipeline, table_name, key) DO UPDATE SET lane = excluded.lane, kind = excluded.kind,
                  sequence = excluded.sequence, origin = excluded.origin, reason = excluded.reason""";
        List<Row> rows = there.stream().map(e -> e.getValue().orElseThrow()).toList();
        List<@Nullable String> reasons = new ArrayList<>();
        rows.forEach(row -> reasons.add(row.reason()));
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            insert.setString(1, pipeline);
            insert.setString(2, lane);
            insert.setArray(
                    3, arrays.texts(connection, texts(there, e -> e.getKey().table())));
            insert.setArray(
                    4, arrays.texts(connection, texts(there, e -> e.getKey().text())));
            insert.setArray(
                    5, arrays.texts(connection, rows.stream().map(Row::kind).toList()));
            insert.setArray(
                    6, arrays.longs(connection, rows.stream().map(Row::sequence).toList()));
            insert.setArray(
                    7, arrays.longs(connection, rows.stream().map(Row::origin).toList()));
            insert.setArray(8, arrays.texts(connection, reasons));
            insert.executeUpdate();
        }
    }

    private static List<String> texts(
            List<Map.Entry<Key, Optional<Row>>> entries, Function<Map.Entry<Key, Optional<Row>>, String> field) {
        return entries.stream().map(field).toList();
    }
}
