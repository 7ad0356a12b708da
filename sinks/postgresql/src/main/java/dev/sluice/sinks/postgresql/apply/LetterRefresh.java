package dev.sluice.sinks.postgresql.apply;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Table;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Asks the source for the rows of dead letters that may be accepted now: a part of a row that is not there and a row whose parent is not there, because somebody changed the target; and a row that was dead only because its
 * parent was, once the parent is not any more. Missing parents are asked for first. A row is asked for once: its letter is marked when the request is safe, and a letter of the same reason that comes of the answer
 * is born marked. What was not asked for before a crash is asked for by the next sink. An answer that is applied settles the letter as {@code retried}; a source that cannot read by key leaves it open.
 */
public final class LetterRefresh {
    /** The reason of a part of a row that is not there. */
    static final String MISSING_ROW = "missing-row";
    /** A letter of these is asked for when it comes; another of the same row and reason would be asked for again and again. */
    static final Set<String> REASONS = Set.of(MISSING_ROW, "foreign-key");

    /** Letters that are asked for together: the keys of each and of its parents are in memory. */
    private static final int AT_ONCE = 500;

    /** Meanwhile nothing is applied. */
    private static final int MOST = 10_000;

    private static final JsonFactory JSON = new JsonFactory();

    private final String pipeline;
    private final TargetDatabase database;
    private final List<Table> tables;
    private final Refreshes refreshes;

    /** @param captured the lane's tables */
    public LetterRefresh(String pipeline, TargetDatabase database, Catalog captured, Refreshes refreshes) {
        this.pipeline = pipeline;
        this.database = database;
        this.tables = captured.parentsFirst();
        this.refreshes = refreshes;
    }

    private record Letter(long id, RowKey row, List<RowKey> parents) {}

    /**
     * Asks for what nobody has been asked for. Between two transactions of the sink.
     *
     * @return false when more may be left
     */
    public boolean ask() throws SQLException {
        if (refreshes == Refreshes.NONE) {
            return true;
        }
        long last = 0;
        for (int asked = 0; asked < MOST; asked += AT_ONCE) {
            long after = last;
            List<Letter> letters = database.transactOnce(connection -> unasked(connection, after));
            if (letters.isEmpty()) {
                return true;
            }
            ask(letters);
            List<Long> ids = letters.stream().map(Letter::id).toList();
            database.transactOnce(connection -> mark(connection, ids));
            last = ids.get(ids.size() - 1);
        }
        return false;
    }

    /** Only what has a key that can be asked for. */
    private List<Letter> unasked(Connection connection, long after) throws SQLException {
        String sql = """
                SELECT d.id, d.table_name, d.key, CASE WHEN d.reason = 'foreign-key' THEN d.parents END FROM sluice.dead_letters d
                WHERE d.pipeline = ? AND d.id > ? AND d.state = 'open' AND d.asked_at IS NULL AND d.table_name = ANY(?) AND d.key LIKE '[_%]'
                  AND (d.reason IN ('missing-row', 'foreign-key') OR d.reason = 'parent' AND d.parents IS NOT NULL AND NOT EXISTS (
                    SELECT 1 FROM json_array_elements(d.parents) e JOIN sluice.dead_letters p
                      ON p.pipeline = d.pipeline AND p.state = 'open' AND p.table_name = e ->> 0 AND p.key = e ->> 1))
                ORDER BY d.id LIMIT\s""" + AT_ONCE;
        List<Letter> letters = new ArrayList<>();
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            Object[] names = tables.stream().map(table -> table.id().toString()).toArray();
            query.setString(1, pipeline);
            query.setLong(2, after);
            query.setArray(3, connection.createArrayOf("text", names));
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    RowKey row = new RowKey(rows.getString(2), rows.getString(3));
                    letters.add(new Letter(rows.getLong(1), row, decode(rows.getString(4))));
                }
            }
        }
        return letters;
    }

    private void ask(List<Letter> letters) {
        Map<String, Set<String>> keys = new LinkedHashMap<>();
        for (Letter letter : letters) {
            letter.parents().stream()
                    .filter(parent -> parent.key().endsWith("]"))
                    .forEach(parent -> add(keys, parent));
        }
        letters.forEach(letter -> add(keys, letter.row()));
        for (Table table : tables) {
            Set<String> ofTable = keys.get(table.id().toString());
            if (ofTable != null) {
                refreshes.ask(table.id(), List.copyOf(ofTable));
            }
        }
    }

    private static void add(Map<String, Set<String>> keys, RowKey row) {
        keys.computeIfAbsent(row.table(), table -> new LinkedHashSet<>()).add(row.key());
    }

    private Boolean mark(Connection connection, List<Long> ids) throws SQLException {
        String sql =
                "UPDATE sluice.dead_letters SET asked_at = now() WHERE pipeline = ? AND state = 'open' AND id = ANY(?)";
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            update.setString(1, pipeline);
            update.setArray(2, connection.createArrayOf("bigint", ids.toArray()));
            return update.executeUpdate() > 0;
        }
    }

    /** {@code [["schema.table", "key"], …]}; null for none. */
    static @Nullable String encode(List<RowKey> parents) {
        if (parents.isEmpty()) {
            return null;
        }
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartArray();
            for (RowKey parent : parents) {
                json.writeArray(new String[] {parent.table(), parent.key()}, 0, 2);
            }
            json.writeEndArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private static List<RowKey> decode(@Nullable String text) {
        List<RowKey> parents = new ArrayList<>();
        if (text == null) {
            return parents;
        }
        try (JsonParser json = JSON.createParser(text)) {
            while (json.nextToken() != null) {
                if (json.currentToken() == JsonToken.VALUE_STRING) {
                    parents.add(new RowKey(json.getText(), json.nextTextValue()));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return parents;
    }
}
