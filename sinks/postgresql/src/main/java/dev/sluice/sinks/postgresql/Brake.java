package dev.sluice.sinks.postgresql;

import dev.sluice.sinks.postgresql.apply.BackfillSettings;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Holds rows of backfills back: to so many per second, and while the target is under pressure. Changes of the tail are not held back by themselves, but those behind
 * such rows wait with them: a lane has one order. Used by the sink's thread.
 */
final class Brake {
    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final long MILLIS = 1_000;
    /** Four batches a second, so that the tail between them is not late by much, but not less than a source reads at once: that is one transaction. */
    private static final int BATCHES_PER_SECOND = 4;

    private static final int FEWEST_ROWS = 2_000;
    /** Without pg_monitor the lag of standbys is NULL, and nothing is held back for it. */
    private static final String PRESSURE = """
            SELECT (SELECT max(extract(epoch FROM replay_lag)) FROM pg_stat_replication),
              (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND backend_type = 'client backend'
                 AND pid <> pg_backend_pid() AND application_name NOT LIKE 'sluice %')""";

    private final BackfillSettings settings;
    private final TargetDatabase database;
    private final InstantSource clock;
    private Instant due;
    private Instant nextLook;
    private Instant lookedAt;
    private @Nullable String pressure;

    Brake(BackfillSettings settings, TargetDatabase database, InstantSource clock) {
        this.settings = settings;
        this.database = database;
        this.clock = clock;
        this.due = clock.instant();
        this.nextLook = due;
        this.lookedAt = due;
    }

    /** @return why rows of a backfill may not be applied now; null when they may */
    @Nullable
    String reason() throws SQLException {
        noticeClock();
        if (clock.instant().isBefore(due)) {
            return "the backfill is held to " + settings.maxRowsPerSecond() + " rows per second";
        }
        if (watches() && !clock.instant().isBefore(nextLook)) {
            pressure = look().orElse(null);
            nextLook = clock.instant().plus(LOOK);
        }
        return pressure;
    }

    /** One that was set back makes it due, so that nothing waits for hours. */
    private void noticeClock() {
        Instant now = clock.instant();
        if (now.isBefore(lookedAt)) {
            due = now;
            nextLook = now;
        }
        lookedAt = now;
    }

    /** How long until it is worth to ask again. */
    Duration pause() {
        Duration left = Duration.between(clock.instant(), pressure == null ? due : nextLook);
        return left.isNegative() ? Duration.ZERO : left;
    }

    private boolean watches() {
        return !settings.maxReplicaLag().isZero() || settings.maxActiveSessions() > 0;
    }

    private Optional<String> look() throws SQLException {
        return database.transactOnce(connection -> {
            try (Statement query = connection.createStatement();
                    ResultSet row = query.executeQuery(PRESSURE)) {
                row.next();
                return Optional.ofNullable(reason(row.getDouble(1), row.getInt(2)));
            }
        });
    }

    private @Nullable String reason(double lagSeconds, int sessions) {
        Duration most = settings.maxReplicaLag();
        if (!most.isZero() && lagSeconds * MILLIS > most.toMillis()) {
            return "the backfill is held back: a standby of the target is " + (long) lagSeconds
                    + " s behind, more than apply.max-replica-lag allows (" + most.toSeconds() + " s)";
        }
        if (settings.maxActiveSessions() > 0 && sessions > settings.maxActiveSessions()) {
            return "the backfill is held back: " + sessions
                    + " sessions are active in the target, more than apply.max-active-sessions allows ("
                    + settings.maxActiveSessions() + ")";
        }
        return null;
    }

    /** Rows of a backfill that were applied. */
    void applied(long rows) {
        if (settings.maxRowsPerSecond() > 0) {
            Instant now = clock.instant();
            Duration cost = Duration.ofMillis(rows * MILLIS / settings.maxRowsPerSecond());
            due = (due.isAfter(now) ? due : now).plus(cost);
        }
    }

    /** How many rows of those that there is room for may be applied at once. */
    int atMost(int rows) {
        if (settings.maxRowsPerSecond() == 0) {
            return rows;
        }
        int share = Math.max(FEWEST_ROWS, settings.maxRowsPerSecond() / BATCHES_PER_SECOND);
        return Math.min(rows, share);
    }
}
