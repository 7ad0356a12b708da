package dev.sluice.sinks.postgresql.apply;

import dev.sluice.schemas.event.Transformed;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a batch adds to {@code sluice.transformed}: values of applied events that a rule changed, on their way or here. Written in the transaction that writes the rows, so each event counts once when it is applied; a version
 * that was written without its missing parent counts again when the parent comes. What is replayed does not.
 */
final class TransformedValues {
    /** The rule by which NULL becomes the column's default. */
    static final String DEFAULT = "default";
    /** Keys of rows that are kept for each rule of a column. */
    static final int SAMPLES = 5;
    /** Parts of rows that were not there, because their snapshot was still to come. */
    static final String PARTIAL_IGNORED = "partial-ignored";

    /** In one order in every transaction, so that two lanes never wait for each other. */
    private final Map<Key, Touched> touched = new TreeMap<>();

    /** How many values, and the keys of the first rows. */
    private static final class Touched {
        private final Set<String> samples = new LinkedHashSet<>();
        private long count;
    }

    private record Key(String table, String column, String rule) implements Comparable<Key> {
        @Override
        public int compareTo(Key other) {
            int byTable = table.compareTo(other.table);
            int byColumn = byTable != 0 ? byTable : column.compareTo(other.column);
            return byColumn != 0 ? byColumn : rule.compareTo(other.rule);
        }
    }

    /** A change that was applied. */
    void add(RowChange change) {
        if (change.kind() != StepKind.UPSERT && change.kind() != StepKind.UPDATE) {
            return;
        }
        for (Transformed mark : change.change().transformed()) {
            count(change, mark.column(), mark.rule());
        }
        if (change.needsDefault()) {
            for (int index : change.table().defaulted(change.row(), change.delivered())) {
                count(change, change.table().column(index).name(), DEFAULT);
            }
        }
    }

    void addIgnored(RowChange partial) {
        count(partial, "", PARTIAL_IGNORED);
    }

    private void count(RowChange change, String column, String rule) {
        Touched values =
                touched.computeIfAbsent(new Key(change.table().id().toString(), column, rule), key -> new Touched());
        values.count++;
        if (values.samples.size() < SAMPLES) {
            values.samples.add(change.keyText());
        }
    }

    void write(Connection connection, String pipeline, ArrayEncoder arrays, FaultPoints faults) throws SQLException {
        if (touched.isEmpty()) {
            return;
        }
        faults.before("count transformed values");
        String sql = """
                INSERT INTO sluice.transformed AS t (pipeline, table_name, column_name, rule, count, samples)
                SELECT ?, u.table_name, u.column_name, u.rule, u.count, u.samples::text[]
                FROM unnest(?::text[], ?::text[], ?::text[], ?::bigint[], ?::text[]) AS u(table_name, column_name, rule, count, samples)
                ON CONFLICT (pipeline, table_name, column_name, rule) DO UPDATE SET count = t.count + excluded.count, updated_at = now(),
                  samples = CASE WHEN cardinality(t.samples) >= %1$d THEN t.samples ELSE ARRAY(
                    SELECT s.key FROM unnest(t.samples || excluded.samples) WITH ORDINALITY s(key, place) GROUP BY s.key ORDER BY min(s.place) LIMIT %1$d) END""".formatted(SAMPLES);
        List<Key> keys = new ArrayList<>(touched.keySet());
        List<String> samples = new ArrayList<>();
        for (Touched values : touched.values()) {
            samples.add(
                    connection.createArrayOf("text", values.samples.toArray()).toString());
        }
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            insert.setString(1, pipeline);
            insert.setArray(
                    2, arrays.texts(connection, keys.stream().map(Key::table).toList()));
            insert.setArray(
                    3, arrays.texts(connection, keys.stream().map(Key::column).toList()));
            insert.setArray(
                    4, arrays.texts(connection, keys.stream().map(Key::rule).toList()));
            insert.setArray(
                    5,
                    arrays.longs(
                            connection,
                            touched.values().stream()
                                    .map(values -> values.count)
                                    .toList()));
            insert.setArray(6, arrays.texts(connection, samples));
            insert.executeUpdate();
        }
    }
}
