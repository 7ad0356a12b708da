package dev.sluice.cli.verify;

import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Keeps schema {@code sluice} small: takes away what comparisons left there that nobody asks for any more. One that was killed stays, so that it can go on. */
final class OldVerifications {
    /** So many of the newest ones that were made again and again stay, to look at. */
    private static final int KEPT_ROUNDS = 10;

    /** And so many of those that somebody asked for, and has reports of. */
    private static final int KEPT = 50;

    private static final List<String> PARTS = List.of("verification", "verified_checks", "verified_tables");

    /** Those that are the newest one of a table, or the newest clean one, are what status and {@code --recheck} read. */
    private static final String OLD = """
            SELECT v.id FROM sluice.verifications v
            WHERE v.pipeline = ? AND v.state <> 'running'
              AND (SELECT count(*) FROM sluice.verifications n WHERE n.pipeline = v.pipeline AND n.state <> 'running' AND n.continuous = v.continuous AND n.id > v.id)
                  >= CASE WHEN v.continuous THEN ? ELSE ? END
              AND v.id NOT IN (SELECT max(t.verification) FROM sluice.verified_tables t
                               JOIN sluice.verifications d ON d.pipeline = t.pipeline AND d.id = t.verification
                               WHERE t.pipeline = v.pipeline AND t.phase = 'done' GROUP BY t.table_name, d.mode)
              AND v.id NOT IN (SELECT max(t.verification) FROM sluice.verified_tables t
                               JOIN sluice.verifications d ON d.pipeline = t.pipeline AND d.id = t.verification
                               WHERE t.pipeline = v.pipeline AND t.phase = 'done' AND d.mode = 'full' AND NOT EXISTS (
                                 SELECT FROM sluice.verification k WHERE k.pipeline = t.pipeline AND k.verification = t.verification AND k.table_name = t.table_name
                                   AND k.equal_at IS NULL AND (k.settled_at IS NULL OR k.verdict IN ('missing', 'extra', 'different', 'misconverted', 'colliding', 'unsettled')))
                               GROUP BY t.table_name)""";

    /** Of whatever pipeline: each comparison has a number of its own. Tables of other owners are theirs to drop. */
    private static final String LEFT_OVER = """
            SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'sluice' AND c.relkind = 'r' AND c.relname ~ '^verified_keys_[0-9]+_[0-9]+$' AND pg_has_role(c.relowner, 'USAGE')
              AND split_part(c.relname, '_', 3) NOT IN (SELECT id::text FROM sluice.verifications WHERE state = 'running')""";

    private final TargetDatabase target;
    private final String pipeline;

    OldVerifications(TargetDatabase target, String pipeline) {
        this.target = target;
        this.pipeline = pipeline;
    }

    /** What the sink noted for signals that nobody waits for. Only while no other comparison of the pipeline runs. */
    void forgetAnswers() {
        target.inTransactionDo(connection -> {
            try (PreparedStatement delete =
                    connection.prepareStatement("DELETE FROM sluice.compared WHERE pipeline = ?")) {
                delete.setString(1, pipeline);
                delete.executeUpdate();
            }
        });
    }

    /** It is one of many, and none that anybody has asked for by itself. */
    void isOneOfMany(long id) {
        target.inTransactionDo(connection -> {
            try (PreparedStatement update = connection.prepareStatement(
                    "UPDATE sluice.verifications SET continuous = true WHERE pipeline = ? AND id = ?")) {
                update.setString(1, pipeline);
                update.setLong(2, id);
                update.executeUpdate();
            }
        });
    }

    void delete() {
        target.inTransactionDo(this::deleteOld);
        target.inTransactionDo(OldVerifications::dropLeftOver);
    }

    private void deleteOld(Connection connection) throws SQLException {
        List<Long> old = new ArrayList<>();
        try (PreparedStatement query = connection.prepareStatement(OLD)) {
            query.setString(1, pipeline);
            query.setInt(2, KEPT_ROUNDS);
            query.setInt(3, KEPT);
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    old.add(row.getLong(1));
                }
            }
        }
        if (old.isEmpty()) {
            return;
        }
        for (String part : PARTS) {
            delete(connection, part, "verification", old);
        }
        delete(connection, "verifications", "id", old);
    }

    private void delete(Connection connection, String table, String column, List<Long> ids) throws SQLException {
        String sql = "DELETE FROM sluice." + table + " WHERE pipeline = ? AND " + column + " = ANY (?)";
        try (PreparedStatement delete = connection.prepareStatement(sql)) {
            Array array = connection.createArrayOf("bigint", ids.toArray());
            delete.setString(1, pipeline);
            delete.setArray(2, array);
            delete.executeUpdate();
        }
    }

    private static void dropLeftOver(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            List<String> tables = new ArrayList<>();
            try (ResultSet row = statement.executeQuery(LEFT_OVER)) {
                while (row.next()) {
                    tables.add(row.getString(1));
                }
            }
            for (String table : tables) {
                // The name is letters and digits alone.
                statement.execute("DROP TABLE IF EXISTS sluice.\"" + table + "\"");
            }
        }
    }
}
