package dev.sluice.sinks.postgresql.control;

import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.util.List;
import java.util.Optional;

/**
 * What comparisons found, of each captured table that was ever compared in full.
 *
 * @param newest of the newest comparison of a table, clean or not
 * @param lastClean of the newest one that was clean
 * @param failedChecks names of checks in SQL that did not hold, or could not be told, when checks were made the last time
 */
public record Verified(List<VerifiedTable> newest, List<VerifiedTable> lastClean, List<String> failedChecks) {
    public static final Verified NOTHING = new Verified(List.of(), List.of(), List.of());

    private static final String FAILED_CHECKS = """
            SELECT name FROM sluice.verified_checks c WHERE c.pipeline = ? AND c.outcome <> 'equal'
              AND c.verification = (SELECT max(m.verification) FROM sluice.verified_checks m WHERE m.pipeline = c.pipeline) ORDER BY name""";

    public Verified {
        newest = List.copyOf(newest);
        lastClean = List.copyOf(lastClean);
        failedChecks = List.copyOf(failedChecks);
    }

    /** Counts the keys that differ, so it takes the longer the more of them there are. */
    public static Verified read(TargetDatabase database, String pipeline) {
        return database.inTransaction(connection -> {
            connection.createStatement().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
            if (!ControlSchema.exists(connection)) {
                return NOTHING;
            }
            ControlRows rows = new ControlRows(connection, pipeline);
            return new Verified(
                    VerifiedTable.newest(connection, rows),
                    VerifiedTable.newestClean(connection, rows),
                    ControlSchema.isAtLeast(ControlSchema.WITH_VERIFICATIONS, connection)
                            ? rows.list(FAILED_CHECKS, row -> row.getString(1))
                            : List.of());
        });
    }

    public Optional<VerifiedTable> newest(TableId table) {
        return find(newest, table);
    }

    public Optional<VerifiedTable> lastClean(TableId table) {
        return find(lastClean, table);
    }

    private static Optional<VerifiedTable> find(List<VerifiedTable> tables, TableId table) {
        return tables.stream().filter(found -> found.table().equals(table)).findFirst();
    }
}
