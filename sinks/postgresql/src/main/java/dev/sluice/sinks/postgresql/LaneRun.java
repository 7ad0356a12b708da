package dev.sluice.sinks.postgresql;

import dev.sluice.runtime.SluiceException;
import dev.sluice.sinks.postgresql.apply.BatchApplier;
import dev.sluice.sinks.postgresql.apply.FaultPoints;
import dev.sluice.sinks.postgresql.apply.LaneCursor;
import dev.sluice.sinks.postgresql.apply.LetterRefresh;
import dev.sluice.sinks.postgresql.apply.Loader;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.ordered.Batch;
import dev.sluice.sinks.postgresql.ordered.LanePosition;
import dev.sluice.sinks.postgresql.ordered.OrderedReader;
import dev.sluice.sinks.postgresql.ordered.OrderedRecord;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One stay of a sink on its lane, from the claim until it leaves. Used by the sink's thread. */
final class LaneRun {
    private static final Logger LOG = LoggerFactory.getLogger(LaneRun.class);
    private static final int LOADED_BATCHES = 4;
    private static final Duration LOOK_WHILE_PAUSED = Duration.ofMillis(500);

    private final SinkSettings settings;
    private final SinkState state;
    private final TargetDatabase database;
    private final LaneCursor cursor;
    private final OrderedReader reader;
    private final LockWatch locks;
    private final BatchApplier applier;
    private final Loader loader;
    private final Brake brake;
    private final LetterRefresh refresh;
    private final LaneReplay replay;
    private final FaultPoints faults;
    /** Some letters may not have been asked for: those of an earlier sink, to begin with. */
    private boolean unasked = true;

    private LanePosition position;

    /** Claims the lane. */
    LaneRun(
            SinkSettings settings,
            SinkState state,
            TargetDatabase database,
            LaneCursor cursor,
            OrderedReader reader,
            LockWatch locks,
            BatchApplier applier,
            Loader loader,
            Brake brake,
            LetterRefresh refresh,
            LaneReplay replay,
            FaultPoints faults)
            throws SQLException {
        this.settings = settings;
        this.state = state;
        this.database = database;
        this.cursor = cursor;
        this.reader = reader;
        this.locks = locks;
        this.applier = applier;
        this.loader = loader;
        this.brake = brake;
        this.refresh = refresh;
        this.replay = replay;
        this.faults = faults;
        this.position = state.retrying(() -> database.transactOnce(connection -> {
            LanePosition claimed = cursor.claim(connection);
            cursor.report(connection, "running", null);
            applier.load(connection);
            return claimed;
        }));
    }

    /** Until the sink is to stop. */
    void follow() throws SQLException {
        LOG.info("Applying {} from sequence {}", settings.topic(), position.sequence() + 1);
        state.claimed(position.sequence());
        try (ReadAhead ahead = new ReadAhead(reader, settings.topic())) {
            resumeLoad();
            reader.seek(position);
            askForLetters();
            Batch batch = Batch.NOTHING;
            while (!state.isStopped()) {
                ahead.behind(batch, rows());
                if (batch.isEmpty()) {
                    lookForReplay();
                } else {
                    apply(batch);
                }
                faults.before("read on");
                batch = ahead.next(rows());
            }
        }
    }

    /** While tables are loaded a batch is spread over several connections, and larger: two commits for each cost more than they bound. */
    private int rows() {
        int batches = Math.max(LOADED_BATCHES, settings.backfill().parallelism());
        return loader.loading().isEmpty() ? settings.batchRows() : brake.atMost(settings.batchRows() * batches);
    }

    private void resumeLoad() throws SQLException {
        state.retrying(() -> locks.watched(() -> loader.resume(state::doing)));
        state.is(SinkStatus.State.RUNNING, null);
    }

    private void apply(Batch batch) throws SQLException {
        boolean loads = loads(batch);
        if (loads && !holdBack()) {
            return;
        }
        BatchAttempts attempts = new BatchAttempts(
                settings, state, database, cursor, reader, locks, applier, loader, faults, batch, position);
        Optional<Applied> done = state.retrying(attempts::next);
        while (done.isEmpty() && (isPaused() ? waitWhilePaused() : replay.run())) {
            done = state.retrying(attempts::next);
        }
        if (done.isEmpty()) {
            return;
        }
        state.retrying(attempts::finish);
        if (loads) {
            brake.applied(attempts.reads());
        }
        position = done.get().end();
        state.applied(done.get());
        unasked |= applier.takeLettersChanged();
        askForLetters();
    }

    /** Rows that were read again one by one are no backfill, and neither they nor the tail wait for one. */
    private boolean loads(Batch batch) {
        boolean loading =
                !loader.loading().isEmpty() || batch.records().stream().anyMatch(OrderedRecord::beginsSnapshot);
        return loading && batch.records().stream().anyMatch(OrderedRecord::isRead);
    }

    /** Behind the commit, so that nothing is asked for that is not recorded; what fails is tried again behind the next. */
    private void askForLetters() throws SQLException {
        if (!unasked) {
            return;
        }
        faults.before("ask for letters");
        try {
            unasked = !state.retrying(refresh::ask);
        } catch (SluiceException e) {
            LOG.warn("The source was not asked for the rows of dead letters: {}", e.getMessage());
        }
    }

    /** A lane on which nothing comes is replayed too. */
    private void lookForReplay() throws SQLException {
        boolean asked = replay.isAsked();
        while (asked && replay.run() && isPaused()) {
            waitWhilePaused();
        }
    }

    private boolean isPaused() {
        return cursor.paused() != null;
    }

    /** @return false when the sink is to stop */
    private boolean waitWhilePaused() {
        state.becomes(SinkStatus.State.PAUSED, cursor.paused());
        return state.pause(LOOK_WHILE_PAUSED);
    }

    /** @return false when the sink is to stop */
    private boolean holdBack() throws SQLException {
        Optional<String> why = state.retrying(() -> Optional.ofNullable(brake.reason()));
        while (why.isPresent()) {
            state.becomes(SinkStatus.State.HELD_BACK, why.get());
            if (!state.pause(brake.pause())) {
                return false;
            }
            why = state.retrying(() -> Optional.ofNullable(brake.reason()));
        }
        return true;
    }
}
