package dev.sluice.sinks.postgresql;

import dev.sluice.runtime.SluiceException;
import dev.sluice.sinks.postgresql.database.RetryPolicy;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How a sink stands, whether it is to stop, and its patience with the target. One thread changes the status, but for {@link #waitForHolder}; any thread reads it and stops. */
final class SinkState {
    private static final Logger LOG = LoggerFactory.getLogger(SinkState.class);

    private final SinkSettings settings;
    private final TargetDatabase database;
    private final InstantSource clock;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile SinkStatus status = SinkStatus.NEW;

    SinkState(SinkSettings settings, TargetDatabase database, InstantSource clock) {
        this.settings = settings;
        this.database = database;
        this.clock = clock;
    }

    SinkStatus status() {
        return status;
    }

    void stop() {
        stopped.countDown();
    }

    boolean isStopped() {
        return stopped.getCount() == 0;
    }

    /** A run begins. */
    void claimed(long sequence) {
        status = new SinkStatus(SinkStatus.State.RUNNING, sequence, null, null, 0, 0, 0, null);
    }

    void applied(Applied applied) {
        SinkStatus before = status;
        status = new SinkStatus(
                SinkStatus.State.RUNNING,
                applied.end().sequence(),
                Applied.later(before.sourceTime(), applied.sourceTime()),
                clock.instant(),
                before.rowsApplied() + applied.rows(),
                before.deadLettered() + applied.deadLettered(),
                before.transactions() + 1,
                null);
    }

    void is(SinkStatus.State state, @Nullable String message) {
        SinkStatus now = status;
        status = new SinkStatus(
                state,
                now.sequence(),
                now.sourceTime(),
                now.appliedAt(),
                now.rowsApplied(),
                now.deadLettered(),
                now.transactions(),
                message);
    }

    /** As {@link #is}, and tells the log when the state is new. */
    void becomes(SinkStatus.State state, @Nullable String message) {
        if (status.state() != state) {
            LOG.info("{}: {}", settings.topic(), message);
        }
        is(state, message);
    }

    /** What takes long, beside the batches. */
    void doing(String what) {
        LOG.info("{}: {}", settings.topic(), what);
        is(SinkStatus.State.RUNNING, what);
    }

    /** Somebody holds a lock that the sink needs. */
    void waitForHolder(String holder) {
        waitFor(holder);
    }

    <T> T retrying(RetryPolicy.Attempt<T> attempt) throws SQLException {
        return settings.retry().run(clock, this::waitForTarget, attempt);
    }

    private boolean waitForTarget(SQLException failure, Duration pause) {
        SluiceException explained = database.explain(failure);
        waitFor(String.valueOf(explained.getMessage()));
        return pause(pause);
    }

    private void waitFor(String what) {
        if (status.state() != SinkStatus.State.WAITING_FOR_TARGET) {
            LOG.warn("{}: waiting for the target: {}", settings.topic(), what);
        }
        is(SinkStatus.State.WAITING_FOR_TARGET, what);
    }

    /** @return false when the sink is to stop */
    boolean pause(Duration time) {
        try {
            return !stopped.await(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
