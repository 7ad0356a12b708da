package dev.sluice.sinks.postgresql;

import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.registry.SchemaRegistry;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.sinks.postgresql.apply.BatchApplier;
import dev.sluice.sinks.postgresql.apply.FaultPoints;
import dev.sluice.sinks.postgresql.apply.LaneCursor;
import dev.sluice.sinks.postgresql.apply.LetterRefresh;
import dev.sluice.sinks.postgresql.apply.Loader;
import dev.sluice.sinks.postgresql.apply.Refreshes;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.ordered.OrderedReader;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Applies one lane to the target, exactly once: rows and cursor are committed in one PostgreSQL transaction, which ends where a source transaction ends.
 * The newer of two sinks on a lane wins; the other is refused at its next transaction and has written nothing since.
 *
 * <p>A target that is away is waited for, see {@link SinkSettings#retry}; {@link #status} says so. The cursor tells after a lost connection whether a commit had
 * happened, so nothing is applied twice. One thread calls {@link #run}; {@link #stop} and {@link #status} are for any thread.
 */
public final class Sink implements AutoCloseable {
    private final SinkSettings settings;
    private final TargetDatabase database;
    private final Catalog captured;
    private final SchemaRegistry registry;
    private final Map<String, Object> kafka;
    private final InstantSource clock;
    private final FaultPoints faults;
    private final Refreshes refreshes;
    private final LaneCursor cursor;
    private final SinkState state;
    private volatile @Nullable OrderedReader reading;
    private volatile @Nullable Loader loading;

    private Sink(
            SinkSettings settings,
            TargetDatabase database,
            Catalog captured,
            SchemaRegistry registry,
            Map<String, Object> kafka,
            InstantSource clock,
            FaultPoints faults,
            Refreshes refreshes) {
        this.settings = settings;
        this.database = database;
        this.captured = captured;
        this.registry = registry;
        this.kafka = Map.copyOf(kafka);
        this.clock = clock;
        this.faults = faults;
        this.refreshes = refreshes;
        this.cursor = new LaneCursor(settings.pipeline(), settings.lane());
        this.state = new SinkState(settings, database, clock);
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
        return create(settings, database, captured, registry, kafka, clock, faults, Refreshes.NONE);
    }

    /** @param refreshes who is asked for rows that are dead letters because somebody changed the target */
    public static Sink create(
            SinkSettings settings,
            TargetDatabase database,
            Catalog captured,
            SchemaRegistry registry,
            Map<String, Object> kafka,
            InstantSource clock,
            FaultPoints faults,
            Refreshes refreshes) {
        return new Sink(settings, database, captured, registry, kafka, clock, faults, refreshes);
    }

    /**
     * Applies until {@link #stop}; a transaction under way is finished first, one larger than a batch is given up and begun again next time.
     *
     * @throws SluiceException when the lane cannot go on; its {@code sluice.lanes} row says why where the target can be reached
     */
    public void run() {
        try (OrderedReader reader = openReader();
                LockWatch locks = new LockWatch(database, settings.topic(), clock, state::waitForHolder)) {
            reading = reader;
            run(reader, locks);
            state.is(SinkStatus.State.STOPPED, null);
        } catch (SQLException e) {
            if (!state.isStopped()) {
                throw failed(database.explain(e));
            }
            state.is(SinkStatus.State.STOPPED, database.explain(e).getMessage());
        } catch (SluiceException e) {
            throw failed(e);
        } finally {
            reading = null;
            loading = null;
        }
    }

    private void run(OrderedReader reader, LockWatch locks) throws SQLException {
        BatchApplier applier = state.retrying(() -> locks.watched(() -> BatchApplier.of(
                settings.pipeline(),
                settings.lane(),
                captured,
                settings.nullDefaults(),
                settings.expressions(),
                database,
                faults)));
        try (Loader loader = applier.loader(settings.backfill(), database, cursor)) {
            loading = loader;
            new LaneRun(
                            settings,
                            state,
                            database,
                            cursor,
                            reader,
                            locks,
                            applier,
                            loader,
                            new Brake(settings.backfill(), database, clock),
                            new LetterRefresh(settings.pipeline(), database, captured, refreshes),
                            new LaneReplay(
                                    settings, state, database, cursor, applier, registry, kafka, locks, clock, faults),
                            faults)
                    .follow();
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
        state.is(SinkStatus.State.FAILED, failure.getMessage());
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
        state.stop();
        OrderedReader reader = reading;
        if (reader != null) {
            reader.wakeup();
        }
        Loader loader = loading;
        if (loader != null) {
            loader.cancel();
        }
    }

    public SinkStatus status() {
        return state.status();
    }

    @Override
    public void close() {
        stop();
    }
}
