package dev.sluice.sinks.postgresql.control;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.sinks.postgresql.database.SqlStates;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;

/**
 * Keeps a pipeline from writing to its target for a while. Its publisher and topology go on, so that only the target falls behind. Each lane's sink looks at its row of {@code sluice.progress}
 * in the transaction that would write, and locks it: what is paused here is paused at once, wherever the sink runs, and stays so over restarts.
 */
public final class Pause {

    private final TargetDatabase database;
    private final String pipeline;

    public Pause(TargetDatabase database, String pipeline) {
        this.database = database;
        this.pipeline = pipeline;
    }

    /**
     * When it returns, no transaction of the pipeline is under way in the target, and none begins before {@link #resume}. Lanes that are paused already stay as they are.
     *
     * @param patience how long to wait for a transaction that is under way
     * @return the lanes that were not paused yet
     * @throws SluiceException of kind TARGET when that takes longer; then none is paused
     */
    public List<String> pause(String by, String why, Duration patience) {
        // An update alone would not wait for the parts of a backfill, which hold the row by a weaker lock.
        String sql =
                "UPDATE sluice.progress SET paused_at = now(), paused_by = ?, paused_why = ? WHERE (pipeline, lane) IN"
                        + " (SELECT pipeline, lane FROM sluice.progress WHERE pipeline = ? AND paused_at IS NULL FOR UPDATE) RETURNING lane";
        try {
            return database.transactOnce(connection -> {
                new ControlRows(connection, pipeline).require(ControlSchema.WITH_PAUSES);
                try (Statement timeout = connection.createStatement()) {
                    timeout.execute("SET LOCAL lock_timeout = " + Math.max(1, patience.toMillis()));
                }
                try (PreparedStatement update = connection.prepareStatement(sql)) {
                    update.setString(1, by);
                    update.setString(2, why);
                    update.setString(3, pipeline);
                    return ControlRows.read(update, row -> row.getString(1)).stream()
                            .sorted()
                            .toList();
                }
            });
        } catch (SQLException e) {
            if (SqlStates.of(e).equals(SqlStates.LOCK_NOT_AVAILABLE)) {
                throw SluiceException.of(
                        ErrorKind.TARGET,
                        "pipeline " + pipeline
                                + " is not paused: a transaction of its sink is still under way in the target."
                                + " Wait longer with --wait, or see it in pg_stat_activity",
                        e);
            }
            throw database.explain(e);
        }
    }

    /** @return the lanes that were paused */
    public List<String> resume() {
        String sql = "UPDATE sluice.progress SET paused_at = NULL, paused_by = NULL, paused_why = NULL"
                + " WHERE pipeline = ? AND paused_at IS NOT NULL RETURNING lane";
        return database.inTransaction(connection -> {
            new ControlRows(connection, pipeline).require(ControlSchema.WITH_PAUSES);
            try (PreparedStatement update = connection.prepareStatement(sql)) {
                update.setString(1, pipeline);
                return ControlRows.read(update, row -> row.getString(1)).stream()
                        .sorted()
                        .toList();
            }
        });
    }
}
