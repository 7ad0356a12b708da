package dev.sluice.sinks.postgresql.apply;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.sinks.postgresql.database.SqlStates;
import dev.sluice.sinks.postgresql.ordered.LanePosition;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/**
 * The lane's row of {@code sluice.progress}. Who starts increments {@code epoch}; who finds another epoch than its own has been followed by a newer sink
 * and stops. Every transaction locks the row first, so the older of two sinks cannot commit after the newer one has begun.
 */
public final class LaneCursor {
    /** With hash and merge joins every statement could become a scan of the whole table; the sink only ever looks rows up by key. */
    private static final String LOCK = """
            SELECT pipeline_id, sequence, ordered_offset, epoch, current_setting('session_replication_role'), set_config('enable_hashjoin', 'off', true),
              set_config('enable_mergejoin', 'off', true), set_config('enable_seqscan', 'off', true), paused_at, paused_by, paused_why,
              (SELECT r.id FROM sluice.replays r WHERE r.pipeline = p.pipeline AND r.lane = p.lane AND r.state IN ('asked', 'indexing', 'applying'))
            FROM sluice.progress p WHERE pipeline = ? AND lane = ? FOR NO KEY UPDATE""";
    /**
     * Beside the lane's own transaction, but not beside a claim or a pause, which lock the row FOR UPDATE. What stands before the lane's own commit in the write-ahead log is as durable as
     * that, and is repeated without it: it need not wait for the disk itself.
     */
    private static final String SHARE = """
            SELECT epoch, paused_at IS NOT NULL
                OR EXISTS (SELECT 1 FROM sluice.replays r WHERE r.pipeline = p.pipeline AND r.lane = p.lane AND r.state IN ('asked', 'indexing', 'applying')),
              set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true), set_config('enable_seqscan', 'off', true),
              set_config('synchronous_commit', 'off', true), sequence
            FROM sluice.progress p WHERE pipeline = ? AND lane = ? FOR KEY SHARE""";

    private static final String UNDEFINED_TABLE = "42P01";
    /** Long enough for a transaction of the sink before; whoever waits longer wants to know for whom. */
    private static final int CLAIM_MILLIS = 1_000;

    private final String pipeline;
    private final String lane;
    private volatile long epoch = -1;
    private @Nullable String paused;
    private @Nullable Long replay;

    public LaneCursor(String pipeline, String lane) {
        this.pipeline = pipeline;
        this.lane = lane;
    }

    /**
     * Makes this sink the lane's newest. Waits briefly for whoever holds the row; the transaction can still be used when that was too short.
     *
     * @throws SQLException with {@code lock_not_available}, saying who holds the row
     */
    public LanePosition claim(Connection connection) throws SQLException {
        try (Statement control = connection.createStatement()) {
            control.execute("SET LOCAL lock_timeout = " + CLAIM_MILLIS);
            control.execute("SAVEPOINT claim");
            try {
                return claimNow(connection);
            } catch (SQLException e) {
                if (SqlStates.of(e).equals(UNDEFINED_TABLE)) {
                    throw withoutSchema(e);
                }
                if (!SqlStates.of(e).equals(SqlStates.LOCK_NOT_AVAILABLE)) {
                    throw e;
                }
                control.execute("ROLLBACK TO SAVEPOINT claim");
                throw new SQLException(
                        "lane " + lane + " of pipeline " + pipeline
                                + " cannot be claimed while its row of sluice.progress is locked by "
                                + holder(connection),
                        SqlStates.LOCK_NOT_AVAILABLE);
            }
        }
    }

    /** The row's xmax is the transaction that locked it, unless several share it or somebody locked the whole table. */
    private String holder(Connection connection) throws SQLException {
        String sql = """
                SELECT a.pid, a.usename, a.application_name, host(a.client_addr), a.xact_start
                FROM sluice.progress p JOIN pg_catalog.pg_locks l ON l.locktype = 'transactionid' AND l.granted AND l.transactionid = p.xmax
                JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
                WHERE p.pipeline = ? AND p.lane = ? LIMIT 1""";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, pipeline);
            query.setString(2, lane);
            try (ResultSet row = query.executeQuery()) {
                return row.next()
                        ? "server process " + row.getLong(1) + " (user " + row.getString(2) + ", application "
                                + row.getString(3) + ", host " + row.getString(4) + ", in a transaction since "
                                + row.getString(5) + ")"
                        : "another session";
            }
        }
    }

    private LanePosition claimNow(Connection connection) throws SQLException {
        String sql = """
                UPDATE sluice.progress SET epoch = epoch + 1
                WHERE (pipeline, lane) = (SELECT pipeline, lane FROM sluice.progress WHERE pipeline = ? AND lane = ? FOR UPDATE)
                RETURNING pipeline_id, sequence, ordered_offset, epoch""";
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            update.setString(1, pipeline);
            update.setString(2, lane);
            try (ResultSet row = update.executeQuery()) {
                if (!row.next()) {
                    throw unknown(connection);
                }
                epoch = row.getLong(4);
                return position(row);
            }
        }
    }

    /**
     * Locks the row for the rest of the transaction.
     *
     * @return where the lane stands
     * @throws SluiceException of kind REFUSED when a newer sink has claimed the lane
     */
    public LanePosition lock(Connection connection) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(LOCK)) {
            query.setString(1, pipeline);
            query.setString(2, lane);
            try (ResultSet row = query.executeQuery()) {
                if (!row.next()) {
                    throw unknown(connection);
                }
                requireEpoch(row.getLong(4));
                requireForeignKeys(row.getString(5));
                OffsetDateTime since = row.getObject(9, OffsetDateTime.class);
                paused = since == null
                        ? null
                        : "paused by " + row.getString(10) + " since " + since.toInstant() + ": " + row.getString(11);
                replay = row.getObject(12, Long.class);
                return position(row);
            }
        }
    }

    private void requireEpoch(long found) {
        if (found < epoch) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "the cursor of lane " + lane + " of pipeline " + pipeline + " is an older one (epoch " + found
                            + ", this sink has " + epoch
                            + "): the target was restored from a backup. This sink has stopped; nothing of it was written since. Start again.");
        }
        if (found != epoch) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "lane " + lane + " of pipeline " + pipeline + " was claimed by a newer sink (epoch " + found
                            + ", this one has " + epoch + "). This one has stopped; nothing of it was written since.");
        }
    }

    /**
     * Keeps a newer sink from claiming the lane, and a person from pausing it, for the rest of a transaction beside the lane's own. For any thread.
     *
     * @return false while the lane is paused or replayed: then nothing new may be written
     * @throws SluiceException of kind REFUSED when a newer sink has claimed the lane
     */
    boolean share(Connection connection) throws SQLException {
        return shared(connection).may();
    }

    /** As {@link #share}; false too when the lane stands elsewhere: then the lane's own transaction finds out why. */
    boolean shareAt(LanePosition position, Connection connection) throws SQLException {
        Shared shared = shared(connection);
        return shared.may() && shared.sequence() == position.sequence();
    }

    private record Shared(boolean may, long sequence) {}

    private Shared shared(Connection connection) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(SHARE)) {
            query.setString(1, pipeline);
            query.setString(2, lane);
            try (ResultSet row = query.executeQuery()) {
                if (!row.next()) {
                    throw unknown(connection);
                }
                requireEpoch(row.getLong(1));
                return new Shared(!row.getBoolean(2), row.getLong(7));
            }
        }
    }

    /** The replay of this lane that is under way, as the last {@link #lock} found it; null when there is none. */
    public @Nullable Long replay() {
        return replay;
    }

    /** Why nothing may be applied, as the last {@link #lock} found it; null when it may. */
    public @Nullable String paused() {
        return paused;
    }

    private static void requireForeignKeys(String replicationRole) {
        if (replicationRole.equals("replica")) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "session_replication_role is replica for the target's user, which switches foreign keys off; expected origin. "
                            + "Reset it (ALTER ROLE or ALTER DATABASE … RESET session_replication_role), then start again.");
        }
    }

    /** Moves the row, which must be locked. The source time never goes back, and a source whose clock is ahead does not make it a time to come. */
    public void advance(Connection connection, LanePosition end, @Nullable Instant sourceTime) throws SQLException {
        String sql = """
                UPDATE sluice.progress SET sequence = ?, ordered_offset = ?, source_time = greatest(source_time, (SELECT least(x, clock_timestamp()) FROM (VALUES (?::timestamptz)) v(x) WHERE x IS NOT NULL)), applied_at = clock_timestamp()
                WHERE pipeline = ? AND lane = ?""";
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            update.setLong(1, end.sequence());
            update.setLong(2, end.offset());
            OffsetDateTime time = sourceTime == null ? null : sourceTime.atOffset(ZoneOffset.UTC);
            update.setObject(3, time, java.sql.Types.TIMESTAMP_WITH_TIMEZONE);
            update.setString(4, pipeline);
            update.setString(5, lane);
            update.executeUpdate();
        }
    }

    /** Says in {@code sluice.lanes} how the lane stands, unless a newer sink has it. */
    public void report(Connection connection, String state, @Nullable String message) throws SQLException {
        String sql = """
                INSERT INTO sluice.lanes (pipeline, lane, state, message, at)
                SELECT p.pipeline, p.lane, ?, ?, clock_timestamp() FROM sluice.progress p WHERE p.pipeline = ? AND p.lane = ? AND p.epoch = ?
                ON CONFLICT (pipeline, lane) DO UPDATE SET state = excluded.state, message = excluded.message, at = excluded.at""";
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            insert.setString(1, state);
            insert.setString(2, message);
            insert.setString(3, pipeline);
            insert.setString(4, lane);
            insert.setLong(5, epoch);
            insert.executeUpdate();
        }
    }

    private static LanePosition position(ResultSet row) throws SQLException {
        return new LanePosition(row.getString(1), row.getLong(2), row.getLong(3));
    }

    private SluiceException withoutSchema(SQLException failure) {
        return SluiceException.of(
                ErrorKind.REFUSED,
                "the target has no schema sluice, which holds the cursor of lane " + lane + " of pipeline " + pipeline
                        + ": it was removed, or restored from a backup without it. Run sluice prepare; it backfills again.",
                failure);
    }

    private SluiceException unknown(Connection connection) throws SQLException {
        String sql = "SELECT message FROM sluice.lanes WHERE pipeline = ? AND lane = ? AND state = 'retired'";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, pipeline);
            query.setString(2, lane);
            try (ResultSet row = query.executeQuery()) {
                return SluiceException.of(
                        ErrorKind.REFUSED,
                        row.next()
                                ? "lane " + lane + " of pipeline " + pipeline + " is retired: " + row.getString(1)
                                        + ". This sink has stopped; nothing of it was written since. Start again."
                                : "the target knows no lane " + lane + " of pipeline " + pipeline
                                        + " in sluice.progress: it was removed, or restored from a backup without it. Run sluice prepare; it backfills again.");
            }
        }
    }
}
