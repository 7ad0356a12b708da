package dev.sluice.verification;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.schemas.event.KeyText;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the pipeline itself says of a key.
 *
 * @param waiting kind of its row in {@code sluice.waiting}: {@code wait}, {@code stale} or {@code hold}; null for none
 * @param nulled it is written, with NULL in place of references
 * @param letter state of its newest dead letter, {@code open} or {@code discarded}; null for none
 * @param letterSequence under which that was written; unknown where it is 0
 * @param loading its table is being read as a whole, so that rows may be there before the cursor
 */
record Explanation(
        @Nullable String waiting, boolean nulled, @Nullable String letter, long letterSequence, boolean loading) {
    static final Explanation NONE = new Explanation(null, false, null, 0, false);

    private static final ObjectMapper JSON = new ObjectMapper();
    /** Each kind of letter has an index of its own. */
    private static final String SQL = """
            SELECT key, kind, nulled, NULL, 0::bigint FROM sluice.waiting WHERE pipeline = ? AND table_name = ? AND key = ANY (?)
            UNION ALL
            SELECT key, NULL, false, state, sequence FROM sluice.dead_letters WHERE pipeline = ? AND table_name = ? AND key = ANY (?) AND state = 'open'
            UNION ALL
            SELECT key, NULL, false, state, max(sequence) FROM sluice.dead_letters
            WHERE pipeline = ? AND table_name = ? AND key = ANY (?) AND state = 'discarded' GROUP BY key, state""";

    private static final int PARTS = 3;
    private static final String OVER =
            "SELECT key FROM sluice.dead_letters WHERE pipeline = ? AND table_name = ? AND key = ANY (?) AND state IN ('superseded', 'retried')";

    /** Whether a version that the target holds can be older than the one that became the dead letter. */
    boolean hasLetterBehind(@Nullable TargetRow row) {
        return letter != null && (row == null || letterSequence == 0 || letterSequence > row.sequence());
    }

    boolean waits(String kind) {
        return kind.equals(waiting);
    }

    Explanation and(Explanation other) {
        return new Explanation(
                waiting == null ? other.waiting : waiting,
                nulled || other.nulled,
                "open".equals(other.letter) || letter == null ? other.letter : letter,
                Math.max(letterSequence, other.letterSequence),
                loading || other.loading);
    }

    /**
     * By key; nothing for keys of which there is nothing to say.
     *
     * @param keys as {@link KeyText#stored}
     */
    static Map<String, Explanation> read(
            Connection connection, String pipeline, String table, Collection<String> keys, boolean loading)
            throws SQLException {
        Map<String, Explanation> explanations = new HashMap<>();
        if (loading) {
            keys.forEach(key -> explanations.put(key, new Explanation(null, false, null, 0, true)));
        }
        try (PreparedStatement statement = connection.prepareStatement(SQL)) {
            for (int part = 0; part < PARTS; part++) {
                statement.setString(part * 3 + 1, pipeline);
                statement.setString(part * 3 + 2, table);
                statement.setArray(part * 3 + 3, connection.createArrayOf("text", keys.toArray()));
            }
            try (ResultSet found = statement.executeQuery()) {
                while (found.next()) {
                    Explanation explanation = new Explanation(
                            found.getString(2), found.getBoolean(3), found.getString(4), found.getLong(5), false);
                    explanations.merge(found.getString(1), explanation, Explanation::and);
                }
            }
        }
        return explanations;
    }

    /** Keys whose dead letters are over. */
    static Set<String> over(Connection connection, String pipeline, String table, Collection<String> keys)
            throws SQLException {
        Set<String> over = new HashSet<>();
        try (PreparedStatement statement = connection.prepareStatement(OVER)) {
            statement.setString(1, pipeline);
            statement.setString(2, table);
            statement.setArray(3, connection.createArrayOf("text", keys.toArray()));
            try (ResultSet found = statement.executeQuery()) {
                while (found.next()) {
                    over.add(found.getString(1));
                }
            }
        }
        return over;
    }

    /** As the sink keeps it with a compared row; null for nothing. */
    static Explanation parse(@Nullable String json) {
        if (json == null) {
            return NONE;
        }
        try {
            JsonNode node = JSON.readTree(json);
            return new Explanation(
                    node.path("waiting").textValue(),
                    node.path("nulled").booleanValue(),
                    node.path("letter").textValue(),
                    node.path("letter_sequence").longValue(),
                    node.path("loading").booleanValue());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(
                    "sluice.compared explains a row in a way that this version does not read", e);
        }
    }
}
