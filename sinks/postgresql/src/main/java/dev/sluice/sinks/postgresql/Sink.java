package dev.sluice.sinks.postgresql;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.registry.SchemaRegistry;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.sinks.postgresql.apply.BatchApplier;
import dev.sluice.sinks.postgresql.apply.FaultPoints;
import dev.sluice.sinks.postgresql.apply.LaneCursor;
import dev.sluice.sinks.postgresql.database.RetryPolicy;
import dev.sluice.sinks.postgresql.database.SqlStates;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.ordered.Batch;
import dev.sluice.sinks.postgresql.ordered.LanePosition;
import dev.sluice.sinks.postgresql.ordered.OrderedReader;
import dev.sluice.sinks.postgresql.replay.Replayer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies one lane to the target, exactly once: rows and cursor are committed in one PostgreSQL transaction, which ends where a source transaction ends.
 * The newer of two sinks on a lane wins; the other is refused at its next transaction and has written nothing since.
 *
 * <p>A target that is away is waited for, see {@link SinkSettings#retry}; {@link #status} says so. The cursor tells after a lost connection whether a commit had
 * happened, so nothing is applied twice. One thread calls {@link #run}; {@link #stop} and {@link #status} are for any thread.
 */
public final class Sink implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Sink.class);
    private static final Duration LOOK_WHILE_PAUSED = Duration.ofMillis(500);

    private final SinkSettings settings;
    private final TargetDatabase database;
    private final Catalog captured;
    private final SchemaRegistry registry;
    private final Map<String, Object> kafka;
    private final InstantSource clock;
    private final FaultPoints faults;
    private final LaneCursor cursor;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile SinkStatus status = SinkStatus.NEW;
    private volatile @Nullable OrderedReader reading;

    private Sink(
            SinkSettings settings,
            TargetDatabase database,
            Catalog captured,
            SchemaRegistry registry,
            Map<String, Object> kafka,
            InstantSource clock,
            FaultPoints faults) {
        this.settings = settings;
        this.database = database;
        this.captured = captured;
        this.registry = registry;
        this.kafka = Map.copyOf(kafka);
        this.clock = clock;
        this.faults = faults;
        this.cursor = new LaneCursor(settings.pipeline(), settings.lane());
    }

    /**
     * Connects nothing yet.
     *
     * @param captured the tables whose events the lane carries
     * @param kafka properties of the Kafka client; what exactly-once needs is set whatever they say
     */
    public static Sink create(
            SinkSettings settings,
            TargetDatabase database,
            Catalog captured,
            SchemaRegistry registry,
            Map<String, Object> kafka,
            InstantSource clock) {
        return create(settings, database, captured, registry, kafka, clock, FaultPoints.NONE);
    }

    /** @param faults told between any two statements */
    public static Sink create(
            SinkSettings settings,
            TargetDatabase database,
            Catalog captured,
            SchemaRegistry registry,
            Map<String, Object> kafka,
            InstantSource clock,
            FaultPoints faults) {
        return new Sink(settings, database, captured, registry, kafka, clock, faults);
    }

    /**
     * Applies until {@link #stop}; a transaction under way is finished first, one larger than a batch is given up and begun again next time.
     *
     * @throws SluiceException when the lane cannot go on; its {@code sluice.lanes} row says why where the target can be reached
     */
    public void run() {
        try (OrderedReader reader = openReader()) {
            reading = reader;
            new Run(reader).follow();
            status = with(SinkStatus.State.STOPPED, null);
        } catch (SQLException e) {
            if (!isStopped()) {
                throw failed(database.explain(e));
            }
            status = with(SinkStatus.State.STOPPED, database.explain(e).getMessage());
        } catch (SluiceException e) {
            throw failed(e);
        } finally {
            reading = null;
        }
    }

    private OrderedReader openReader() {
        return OrderedReader.open(
                kafka,
                settings.topic(),
                registry,
                settings.batchRows(),
                settings.batchBytes(),
                settings.batchTime(),
                clock);
    }

    private SluiceException failed(SluiceException failure) {
        status = with(SinkStatus.State.FAILED, failure.getMessage());
        try {
            database.transactOnce(connection -> {
                cursor.report(connection, "stopped", failure.getMessage());
                return Boolean.TRUE;
            });
        } catch (SQLException e) {
            failure.addSuppressed(e);
        }
        return failure;
    }

    /** Ends {@link #run} soon. Idempotent. */
    public void stop() {
        stopped.countDown();
        OrderedReader reader = reading;
        if (reader != null) {
            reader.wakeup();
        }
    }

    public SinkStatus status() {
        return status;
    }

    @Override
    public void close() {
        stop();
    }

    private boolean isStopped() {
        return stopped.getCount() == 0;
    }

    private SinkStatus with(SinkStatus.State state, @Nullable String message) {
        SinkStatus now = status;
        return new SinkStatus(
                state,
                now.sequence(),
                now.sourceTime(),
                now.appliedAt(),
                now.rowsApplied(),
                now.deadLettered(),
                now.transactions(),
                message);
    }

    /** One stay on the lane: what is known between claiming it and leaving it. */
    private final class Run {
        private final OrderedReader reader;
        private final BatchApplier applier;
        private LanePosition position;

        private Run(OrderedReader reader) throws SQLException {
            this.reader = reader;
            this.applier =
                    retrying(() -> BatchApplier.of(settings.pipeline(), settings.lane(), captured, database, faults));
            this.position = retrying(() -> database.transactOnce(connection -> {
                LanePosition claimed = cursor.claim(connection);
                cursor.report(connection, "running", null);
                applier.load(connection);
                return claimed;
            }));
        }

        /** While a backlog is there the next batch is read during the writing of this one; otherwise reading waits, and takes what came meanwhile. */
        private void follow() throws SQLException {
            LOG.info("Applying {} from sequence {}", settings.topic(), position.sequence() + 1);
            status = new SinkStatus(SinkStatus.State.RUNNING, position.sequence(), null, null, 0, 0, 0, null);
            ExecutorService ahead =
                    Executors.newSingleThreadExecutor(task -> new Thread(task, "sluice-read-" + settings.topic()));
            try {
                reader.seek(position);
                Batch batch = Batch.NOTHING;
                while (!isStopped()) {
                    Future<Batch> next = batch.full() && batch.complete() ? ahead.submit(reader::nextSoon) : null;
                    if (batch.isEmpty()) {
                        lookForReplay();
                    } else {
                        apply(batch);
                    }
                    batch = next == null ? reader.nextSoon() : await(next);
                }
            } finally {
                endReading(ahead);
            }
        }

        private void apply(Batch batch) throws SQLException {
            Attempts attempts = new Attempts(batch);
            Optional<Applied> done = retrying(attempts::next);
            while (done.isEmpty() && (isPaused() ? waitWhilePaused() : replay())) {
                done = retrying(attempts::next);
            }
            if (done.isEmpty()) {
                return;
            }
            Applied applied = done.get();
            position = applied.end();
            SinkStatus before = status;
            status = new SinkStatus(
                    SinkStatus.State.RUNNING,
                    position.sequence(),
                    Applied.later(before.sourceTime(), applied.sourceTime()),
                    clock.instant(),
                    before.rowsApplied() + applied.rows(),
                    before.deadLettered() + applied.deadLettered(),
                    before.transactions() + 1,
                    null);
        }

        /** Repetitions of one batch: a transaction larger than a batch is read again from its beginning. */
        private final class Attempts {
            private Batch batch;
            private boolean repeated;

            private Attempts(Batch batch) {
                this.batch = batch;
            }

            /** Empty while the lane is paused. */
            private Optional<Applied> next() throws SQLException {
                if (repeated && !batch.complete()) {
                    position = database.transactOnce(cursor::lock);
                    reader.seek(position);
                    batch = reader.next();
                }
                repeated = true;
                Optional<Applied> applied = database.transactOnce(connection -> transact(connection, batch));
                faults.before("next transaction");
                return applied;
            }
        }

        private Optional<Applied> transact(Connection connection, Batch first) throws SQLException {
            faults.before("lock cursor");
            LanePosition now = cursor.lock(connection);
            if (cursor.paused() != null || cursor.replay() != null) {
                return Optional.empty();
            }
            Applied applied = Applied.nothing(now);
            if (first.isEmpty() || now.equals(first.end(now.pipelineId()))) {
                return Optional.of(applied);
            }
            if (!now.equals(position)) {
                throw SluiceException.of(
                        ErrorKind.REFUSED,
                        "the cursor of " + settings.topic() + " moved from sequence " + position.sequence() + " to "
                                + now.sequence()
                                + " without this sink: somebody changed sluice.progress, or the target was restored. Start again.");
            }
            Batch piece = first;
            applied = applied.and(piece, applier.apply(connection, piece.records()));
            while (!piece.complete()) {
                piece = reader.next();
                if (piece.isEmpty()) {
                    connection.rollback();
                    return Optional.of(Applied.nothing(now));
                }
                applied = applied.and(piece, applier.apply(connection, piece.records()));
            }
            faults.before("advance cursor");
            cursor.advance(connection, applied.end(), applied.sourceTime());
            faults.before("commit");
            return Optional.of(applied);
        }

        private Batch await(Future<Batch> next) {
            try {
                return next.get();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw SluiceException.of(ErrorKind.BUG, "the sink's thread was interrupted; stop() ends it", e);
            } catch (ExecutionException e) {
                if (e.getCause() instanceof SluiceException failure) {
                    throw failure;
                }
                throw new IllegalStateException(e.getCause());
            }
        }

        private void endReading(ExecutorService ahead) {
            reader.wakeup();
            ahead.shutdown();
            try {
                if (!ahead.awaitTermination(30, TimeUnit.SECONDS)) {
                    LOG.warn("Reading of {} did not end in time", settings.topic());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private <T> T retrying(RetryPolicy.Attempt<T> attempt) throws SQLException {
            return settings.retry().run(clock, this::waitForTarget, attempt);
        }

        private boolean isPaused() {
            return cursor.paused() != null;
        }

        /** A lane on which nothing comes is replayed too. */
        private void lookForReplay() throws SQLException {
            boolean asked;
            try {
                asked = database.transactOnce(
                        connection -> Replayer.isUnderWay(connection, settings.pipeline(), settings.lane()));
            } catch (SQLException e) {
                // The next batch waits for the target, if there is one.
                LOG.debug("Cannot look for a replay of {} now", settings.topic(), e);
                return;
            }
            while (asked && replay() && isPaused()) {
                waitWhilePaused();
            }
        }

        /**
         * Works off the replay that is under way, as far as it goes.
         *
         * @return false when the sink is to stop
         */
        private boolean replay() throws SQLException {
            LOG.info("Replaying {}", settings.topic());
            try (Replayer replayer = new Replayer(settings, database, cursor, applier, registry, kafka, faults)) {
                Replayer.Step step = Replayer.Step.MORE;
                while (!isStopped() && step == Replayer.Step.MORE) {
                    status = with(SinkStatus.State.REPLAYING, null);
                    step = step(replayer);
                }
            }
            status = with(SinkStatus.State.RUNNING, null);
            return !isStopped();
        }

        private Replayer.Step step(Replayer replayer) throws SQLException {
            try {
                return retrying(replayer::step);
            } catch (SQLException e) {
                if (isStopped() || SqlStates.isTransient(e)) {
                    throw e;
                }
                return giveUp(replayer, database.explain(e));
            } catch (SluiceException e) {
                return giveUp(replayer, e);
            }
        }

        private Replayer.Step giveUp(Replayer replayer, SluiceException failure) throws SQLException {
            boolean goesOn = retrying(() -> replayer.giveUp(failure));
            if (!goesOn) {
                throw failure;
            }
            LOG.warn("The replay of {} has failed: {}", settings.topic(), failure.getMessage());
            return Replayer.Step.ENDED;
        }

        /** @return false when the sink is to stop */
        private boolean waitWhilePaused() {
            if (status.state() != SinkStatus.State.PAUSED) {
                LOG.info("{} is {}", settings.topic(), cursor.paused());
            }
            status = with(SinkStatus.State.PAUSED, cursor.paused());
            return pause(LOOK_WHILE_PAUSED);
        }

        private boolean pause(Duration time) {
            try {
                return !stopped.await(time.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }

        private boolean waitForTarget(SQLException failure, Duration pause) {
            SluiceException explained = database.explain(failure);
            if (status.state() != SinkStatus.State.WAITING_FOR_TARGET) {
                LOG.warn("Waiting for the target: {}", explained.getMessage());
            }
            status = with(SinkStatus.State.WAITING_FOR_TARGET, explained.getMessage());
            return pause(pause);
        }
    }
}
