package dev.sluice.verification;

import dev.sluice.schemas.relational.TableId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** Which keys the pipeline itself accounts for, by {@code sluice.waiting} and the open rows of {@code sluice.dead_letters}. */
final class Explanations {
    private static final String SQL = "SELECT key, 'WAITING' FROM sluice.waiting"
            + " WHERE pipeline = ? AND table_name = ? AND key = ANY (?)"
            + " UNION ALL SELECT key, 'DEAD_LETTER' FROM sluice.dead_letters"
            + " WHERE pipeline = ? AND table_name = ? AND key = ANY (?) AND state = 'open'";

    private final Connection connection;
    private final String pipeline;
    private final boolean known;

    Explanations(Connection connection, String pipeline) throws SQLException {
        this.connection = connection;
        this.pipeline = pipeline;
        try (Statement statement = connection.createStatement();
                ResultSet tables = statement.executeQuery(
                        "SELECT to_regclass('sluice.waiting') IS NOT NULL AND to_regclass('sluice.dead_letters') IS NOT NULL")) {
            tables.next();
            this.known = tables.getBoolean(1);
        }
    }

    /** The explained ones among these keys. A key that both waits and has a dead letter counts as a dead letter, which needs a person. */
    Map<String, Verdict> of(TableId table, Collection<String> keys) throws SQLException {
        Map<String, Verdict> explained = new HashMap<>();
        if (!known || keys.isEmpty()) {
            return explained;
        }
        try (PreparedStatement statement = connection.prepareStatement(SQL)) {
            for (int half = 0; half < 2; half++) {
                statement.setString(half * 3 + 1, pipeline);
                statement.setString(half * 3 + 2, table.toString());
                statement.setArray(half * 3 + 3, connection.createArrayOf("text", keys.toArray()));
            }
            try (ResultSet found = statement.executeQuery()) {
                while (found.next()) {
                    explained.merge(
                            found.getString(1),
                            Verdict.valueOf(found.getString(2)),
                            (one, other) -> one == Verdict.DEAD_LETTER ? one : other);
                }
            }
        }
        return explained;
    }
}
