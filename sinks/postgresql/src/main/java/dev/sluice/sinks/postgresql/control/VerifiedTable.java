package dev.sluice.sinks.postgresql.control;

import dev.sluice.schemas.relational.TableId;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;

/**
 * What a full comparison found in a table when it had come to its end there, and what has become of that since: keys that were found equal later do not count.
 *
 * @param verification number of the comparison
 * @param sequence the newest one of the table's lane that was applied when it was begun: everything up to there was compared
 * @param endedAt when it had come to the table's end
 * @param clean nothing is unequal and nothing was left open
 * @param unequal keys that differ for no reason that the pipeline itself gives
 * @param unsettled keys of which it is not known
 * @param explained keys that wait or are dead letters
 */
public record VerifiedTable(
        TableId table,
        long verification,
        String mode,
        long sequence,
        Instant endedAt,
        boolean clean,
        long unequal,
        long unsettled,
        long explained) {
    private static final String UNCLEAN =
            "(k.settled_at IS NULL OR k.verdict IN ('missing', 'extra', 'different', 'misconverted', 'colliding', 'unsettled'))";

    /** Of each table the newest comparison for which something holds; keys are counted in that one alone. */
    private static final String NEWEST = """
            SELECT c.table_name, n.verification, 'full', coalesce(n.sequence, 0), n.ended_at, f.unequal + f.unsettled = 0, f.unequal, f.unsettled, f.explained
            FROM sluice.tables c
            CROSS JOIN LATERAL (
              SELECT t.verification, t.sequence, t.ended_at FROM sluice.verified_tables t
              JOIN sluice.verifications v ON v.pipeline = t.pipeline AND v.id = t.verification
              WHERE t.pipeline = c.pipeline AND t.table_name = c.table_name AND t.phase = 'done' AND t.ended_at IS NOT NULL AND v.mode = 'full'%s
              ORDER BY t.ended_at DESC, t.verification DESC LIMIT 1) n
            CROSS JOIN LATERAL (
              SELECT count(*) FILTER (WHERE k.settled_at IS NOT NULL AND k.verdict IN ('missing', 'extra', 'different', 'misconverted', 'colliding')) AS unequal,
                count(*) FILTER (WHERE k.settled_at IS NULL OR k.verdict = 'unsettled') AS unsettled,
                count(*) FILTER (WHERE k.settled_at IS NOT NULL AND k.verdict IN ('waiting', 'stale', 'held', 'dead-letter', 'discarded')) AS explained
              FROM sluice.verification k
              WHERE k.pipeline = c.pipeline AND k.verification = n.verification AND k.table_name = c.table_name AND k.equal_at IS NULL) f
            WHERE c.pipeline = ? ORDER BY c.table_name""";

    private static final String CLEAN =
            " AND NOT EXISTS (SELECT FROM sluice.verification k WHERE k.pipeline = t.pipeline"
                    + " AND k.verification = t.verification AND k.table_name = t.table_name AND k.equal_at IS NULL AND "
                    + UNCLEAN + ")";

    /** The newest of each captured table, clean or not. */
    static List<VerifiedTable> newest(Connection connection, ControlRows rows) throws SQLException {
        return read(connection, rows, "");
    }

    /** The newest of each captured table that is clean. */
    static List<VerifiedTable> newestClean(Connection connection, ControlRows rows) throws SQLException {
        return read(connection, rows, CLEAN);
    }

    private static List<VerifiedTable> read(Connection connection, ControlRows rows, String which) throws SQLException {
        return ControlSchema.isAtLeast(ControlSchema.WITH_VERIFICATIONS, connection)
                ? rows.list(NEWEST.formatted(which), VerifiedTable::of)
                : List.of();
    }

    private static VerifiedTable of(ResultSet row) throws SQLException {
        return new VerifiedTable(
                TableId.parse(row.getString(1)),
                row.getLong(2),
                row.getString(3),
                row.getLong(4),
                row.getObject(5, OffsetDateTime.class).toInstant(),
                row.getBoolean(6),
                row.getLong(7),
                row.getLong(8),
                row.getLong(9));
    }
}
