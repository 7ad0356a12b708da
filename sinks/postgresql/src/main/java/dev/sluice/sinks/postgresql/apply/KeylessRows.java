package dev.sluice.sinks.postgresql.apply;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Tells rows apart that were read with NULL in their keys: the key of such a one ends with a digest of its content, and several rows may hold the same. Each is a row that is missing in the target and keeps a letter of its own:
 * the second one's key ends with {@code #2}, and so on. The next snapshot reads them under the same names.
 */
final class KeylessRows {
    private static final Pattern KEYLESS = Pattern.compile(".*]#[0-9a-f]{16}", Pattern.DOTALL);

    private final Connection connection;
    private final String pipeline;
    private final ArrayEncoder arrays;

    KeylessRows(Connection connection, String pipeline, ArrayEncoder arrays) {
        this.connection = connection;
        this.pipeline = pipeline;
        this.arrays = arrays;
    }

    /** Letters of rows that could not be read, each with a key that no other row of the snapshot has. To be asked before letters are added. */
    List<DeadLetter> apart(List<DeadLetter> letters) throws SQLException {
        if (letters.stream().noneMatch(KeylessRows::isKeyless)) {
            return letters;
        }
        Map<RowKey, Map<Long, String>> known = known(letters);
        List<DeadLetter> apart = new ArrayList<>();
        for (DeadLetter letter : letters) {
            if (isKeyless(letter)) {
                Map<Long, String> names = known.computeIfAbsent(letter.row(), row -> new HashMap<>());
                String next = names.isEmpty() ? letter.key() : letter.key() + '#' + (names.size() + 1);
                // An event that comes again is no other row.
                apart.add(letter.withKey(names.computeIfAbsent(letter.sequence(), sequence -> next)));
            } else {
                apart.add(letter);
            }
        }
        return apart;
    }

    private static boolean isKeyless(DeadLetter letter) {
        return letter.fresh() && KEYLESS.matcher(letter.key()).matches();
    }

    /** By row, as the source names it, keys by the sequences of the events that open letters of the snapshot are about. */
    private Map<RowKey, Map<Long, String>> known(List<DeadLetter> letters) throws SQLException {
        List<RowKey> rows = letters.stream()
                .filter(KeylessRows::isKeyless)
                .map(DeadLetter::row)
                .distinct()
                .toList();
        // Number by number, each found by the index of open ones.
        String sql = """
                WITH RECURSIVE found AS (
                  SELECT u.table_name, u.key AS base, o.key, o.sequence, 1 AS number FROM unnest(?::text[], ?::text[]) AS u(table_name, key) CROSS JOIN LATERAL (
                    SELECT d.key, d.sequence FROM sluice.dead_letters d
                    WHERE d.pipeline = ? AND d.table_name = u.table_name AND d.key = u.key AND d.state = 'open' AND d.snapshot LIMIT 1) o
                  UNION ALL
                  SELECT f.table_name, f.base, o.key, o.sequence, f.number + 1 FROM found f CROSS JOIN LATERAL (
                    SELECT d.key, d.sequence FROM sluice.dead_letters d
                    WHERE d.pipeline = ? AND d.table_name = f.table_name AND d.key = f.base || '#' || (f.number + 1) AND d.state = 'open' AND d.snapshot LIMIT 1) o)
                SELECT table_name, base, key, sequence FROM found""";
        Map<RowKey, Map<Long, String>> known = new HashMap<>();
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setArray(
                    1, arrays.texts(connection, rows.stream().map(RowKey::table).toList()));
            query.setArray(
                    2, arrays.texts(connection, rows.stream().map(RowKey::key).toList()));
            query.setString(3, pipeline);
            query.setString(4, pipeline);
            try (ResultSet found = query.executeQuery()) {
                while (found.next()) {
                    known.computeIfAbsent(new RowKey(found.getString(1), found.getString(2)), row -> new HashMap<>())
                            .put(found.getLong(4), found.getString(3));
                }
            }
        }
        return known;
    }
}
