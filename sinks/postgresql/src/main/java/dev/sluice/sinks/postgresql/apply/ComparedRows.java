package dev.sluice.sinks.postgresql.apply;

import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Compared;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.EventFormatException;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.apply.ArrayEncoder.Carrier;
import dev.sluice.sinks.postgresql.database.Sql;
import dev.sluice.sinks.postgresql.database.SqlStates;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notes in {@code sluice.compared} what the target holds under the keys of a compare event, in the transaction that moves the cursor onto it: {@code row} is the row as PostgreSQL writes it as one value, so that {@code row::schema.table}
 * gives it back, and {@code explained} a JSON object of what the pipeline itself says of the key: {@code waiting} (its kind) with {@code nulled}, {@code letter} ({@code open} or {@code discarded}) with {@code letter_sequence},
 * {@code loading} while the table's snapshot is not complete; null when it says nothing.
 *
 * <p>It is only a question: a table that is not captured, or a key that is none of the table, is left out, and whoever asked finds no row. What nobody has taken away after an hour goes with a later event.
 */
final class ComparedRows {
    private static final Logger LOG = LoggerFactory.getLogger(ComparedRows.class);

    /** Syntax, names and privileges: no key is better than another then. */
    private static final String STRUCTURE = "42";

    private final String pipeline;
    private final BoundTables tables;
    private final ArrayEncoder arrays;
    private final FaultPoints faults;

    ComparedRows(String pipeline, BoundTables tables, ArrayEncoder arrays, FaultPoints faults) {
        this.pipeline = pipeline;
        this.tables = tables;
        this.arrays = arrays;
        this.faults = faults;
    }

    /** @param values of the key, in the places of a row */
    private record Asked(String key, Step.Row values) {}

    /** An event and its table. */
    private record Question(String signal, long sequence, BoundTable table) {}

    /** Idempotent. */
    void note(Connection connection, Control event, long sequence) throws SQLException {
        TableId id = event.table();
        String signal = event.signal();
        if (id == null || signal == null || event.refused() != null) {
            return;
        }
        Optional<BoundTable> table = table(id, signal);
        if (table.isEmpty()) {
            return;
        }
        faults.before("compared rows");
        forgetOld(connection);
        Set<String> texts = texts(event);
        List<Asked> keys = keys(texts, table.get(), sequence);
        int left = texts.size() - keys.size();
        left += keys.isEmpty() ? 0 : write(connection, new Question(signal, sequence, table.get()), keys);
        if (left > 0) {
            LOG.warn(
                    "signal {} asks for {} keys that cannot be looked up in table {}; they are left out",
                    signal,
                    left,
                    id);
        }
    }

    private Optional<BoundTable> table(TableId id, String signal) {
        try {
            Optional<BoundTable> table = tables.bind(id);
            if (table.isEmpty()) {
                LOG.warn("signal {} is not noted: table {} is not captured", signal, id);
            }
            return table;
        } catch (SluiceException e) {
            LOG.warn("signal {} is not noted: {}", signal, e.getMessage());
            return Optional.empty();
        }
    }

    private static Set<String> texts(Control event) {
        try {
            Compared compared = Compared.of(event);
            Set<String> texts = new LinkedHashSet<>(compared.rows().keySet());
            texts.addAll(compared.refused().keySet());
            return texts;
        } catch (EventFormatException e) {
            LOG.warn("signal {} is not noted: {}", event.signal(), e.getMessage());
            return Set.of();
        }
    }

    /** Those that can be keys of the table. */
    private static List<Asked> keys(Set<String> texts, BoundTable table, long sequence) {
        List<Asked> keys = new ArrayList<>();
        for (String text : texts) {
            try {
                @Nullable Object[] key = KeyText.parse(table.writer(), text);
                @Nullable Object[] row = new @Nullable Object[table.columns().size()];
                for (int i = 0; i < key.length; i++) {
                    row[table.keyIndexes()[i]] = key[i];
                }
                keys.add(new Asked(ControlText.key(text), new Step.Row(row, sequence)));
            } catch (IllegalArgumentException e) {
                // Counted as left out.
            }
        }
        return keys;
    }

    /** Rows that somebody has in hand at present are not waited for. */
    private void forgetOld(Connection connection) throws SQLException {
        String sql = """
                DELETE FROM sluice.compared WHERE (pipeline, signal, table_name, key) IN (
                  SELECT pipeline, signal, table_name, key FROM sluice.compared
                  WHERE pipeline = ? AND compared_at < now() - interval '1 hour' FOR UPDATE SKIP LOCKED)""";
        try (PreparedStatement delete = connection.prepareStatement(sql)) {
            delete.setString(1, pipeline);
            delete.executeUpdate();
        }
    }

    /** One by one where not all can be looked up at once: some type does not hold every value. How many were left out. */
    private int write(Connection connection, Question question, List<Asked> keys) throws SQLException {
        Savepoint before = connection.setSavepoint();
        try {
            insert(connection, question, keys);
            connection.releaseSavepoint(before);
            return 0;
        } catch (SQLException e) {
            if (SqlStates.isTransient(e)) {
                throw e;
            }
            connection.rollback(before);
            if (keys.size() == 1 || SqlStates.of(e).startsWith(STRUCTURE)) {
                return keys.size();
            }
        }
        int left = 0;
        for (Asked key : keys) {
            left += write(connection, question, List.of(key));
        }
        return left;
    }

    private void insert(Connection connection, Question question, List<Asked> keys) throws SQLException {
        BoundTable table = question.table;
        String name = table.id().toString();
        List<String> texts = keys.stream().map(Asked::key).toList();
        List<Step.Row> rows = keys.stream().map(Asked::values).toList();
        try (PreparedStatement insert = connection.prepareStatement(text(table))) {
            int parameter = 1;
            insert.setString(parameter++, pipeline);
            insert.setString(parameter++, name);
            insert.setArray(parameter++, arrays.texts(connection, texts));
            insert.setString(parameter++, pipeline);
            insert.setString(parameter++, question.signal);
            insert.setString(parameter++, name);
            insert.setLong(parameter++, question.sequence);
            for (int index : table.keyIndexes()) {
                insert.setArray(
                        parameter++,
                        arrays.column(connection, table.column(index).type(), rows, index));
            }
            insert.setArray(parameter++, arrays.texts(connection, texts));
            for (int join = 0; join < 3; join++) {
                insert.setString(parameter++, pipeline);
                insert.setString(parameter++, name);
            }
            insert.executeUpdate();
        }
    }

    /** The limit has PostgreSQL go to the row by its key, whatever it thinks of the table. */
    private static String text(BoundTable table) {
        List<String> keys = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (int index : table.keyIndexes()) {
            keys.add("?::" + Carrier.of(table.column(index).type()).elementName() + "[]");
            names.add("c" + index);
        }
        return """
                WITH discarded AS MATERIALIZED (
                  SELECT DISTINCT ON (key) key, state, sequence FROM sluice.dead_letters
                  WHERE pipeline = ? AND table_name = ? AND state = 'discarded' AND key = ANY(?::text[]) ORDER BY key, id DESC)
                INSERT INTO sluice.compared (pipeline, signal, table_name, key, sequence, row, explained)
                SELECT ?, ?, ?, u.k, ?, r.image, nullif(json_strip_nulls(json_build_object('waiting', w.kind, 'nulled', w.nulled,
                  'letter', coalesce(o.state, d.state), 'letter_sequence', coalesce(o.sequence, d.sequence),
                  'loading', CASE WHEN p.phase <> 'live' THEN true END))::text, '{}')
                FROM unnest(%s, ?::text[]) AS u(%s, k)
                LEFT JOIN LATERAL (SELECT (t.*)::text AS image FROM %s AS t WHERE %s LIMIT 1) AS r ON true
                LEFT JOIN sluice.waiting w ON w.pipeline = ? AND w.table_name = ? AND w.key = u.k
                LEFT JOIN sluice.dead_letters o ON o.pipeline = ? AND o.table_name = ? AND o.key = u.k AND o.state = 'open'
                LEFT JOIN discarded d ON d.key = u.k
                LEFT JOIN sluice.tables p ON p.pipeline = ? AND p.table_name = ?
                ON CONFLICT (pipeline, signal, table_name, key) DO UPDATE SET sequence = excluded.sequence, row = excluded.row,
                  explained = excluded.explained, compared_at = excluded.compared_at""".formatted(
                String.join(", ", keys), String.join(", ", names), Sql.quote(table.id()), Statements.sameKey(table));
    }
}
