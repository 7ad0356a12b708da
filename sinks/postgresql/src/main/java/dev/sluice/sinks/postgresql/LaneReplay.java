package dev.sluice.sinks.postgresql;

import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.registry.SchemaRegistry;
import dev.sluice.sinks.postgresql.apply.BatchApplier;
import dev.sluice.sinks.postgresql.apply.FaultPoints;
import dev.sluice.sinks.postgresql.apply.LaneCursor;
import dev.sluice.sinks.postgresql.database.SqlStates;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.replay.Replayer;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Works off replays of a lane, between two batches. Used by the sink's thread. */
final class LaneReplay {
    private static final Logger LOG = LoggerFactory.getLogger(LaneReplay.class);
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private final SinkSettings settings;
    private final SinkState state;
    private final TargetDatabase database;
    private final LaneCursor cursor;
    private final BatchApplier applier;
    private final SchemaRegistry registry;
    private final Map<String, Object> kafka;
    private final LockWatch locks;
    private final InstantSource clock;
    private final FaultPoints faults;

    LaneReplay(
            SinkSettings settings,
            SinkState state,
            TargetDatabase database,
            LaneCursor cursor,
            BatchApplier applier,
            SchemaRegistry registry,
            Map<String, Object> kafka,
            LockWatch locks,
            InstantSource clock,
            FaultPoints faults) {
        this.settings = settings;
        this.state = state;
        this.database = database;
        this.cursor = cursor;
        this.applier = applier;
        this.registry = registry;
        this.kafka = kafka;
        this.locks = locks;
        this.clock = clock;
        this.faults = faults;
    }

    /** Whether one is asked for or under way; false too when the target cannot be asked now, for which the next batch waits, if there is one. */
    boolean isAsked() {
        try {
            return database.transactOnce(
                    connection -> Replayer.isUnderWay(connection, settings.pipeline(), settings.lane()));
        } catch (SQLException e) {
            LOG.debug("Cannot look for a replay of {} now", settings.topic(), e);
            return false;
        }
    }

    /**
     * Works off the replay that is under way, as far as it goes.
     *
     * @return false when the sink is to stop
     */
    boolean run() throws SQLException {
        LOG.info("Replaying {}", settings.topic());
        try (Replayer replayer = new Replayer(settings, database, cursor, applier, registry, kafka, faults)) {
            Replayer.Step step = Replayer.Step.MORE;
            Instant given = clock.instant();
            while (!state.isStopped() && (step == Replayer.Step.MORE || step == Replayer.Step.WAITING)) {
                given = step == Replayer.Step.WAITING ? given : clock.instant();
                boolean waits = clock.instant().isAfter(given.plus(PATIENCE));
                state.is(
                        SinkStatus.State.REPLAYING,
                        waits ? "waiting for Kafka: topic " + settings.topic() + " gives no records" : null);
                step = step(replayer);
            }
        }
        state.is(SinkStatus.State.RUNNING, null);
        return !state.isStopped();
    }

    private Replayer.Step step(Replayer replayer) throws SQLException {
        try {
            return state.retrying(() -> locks.watched(replayer::step));
        } catch (SQLException e) {
            if (state.isStopped() || SqlStates.isTransient(e)) {
                throw e;
            }
            return giveUp(replayer, database.explain(e));
        } catch (SluiceException e) {
            return giveUp(replayer, e);
        }
    }

    private Replayer.Step giveUp(Replayer replayer, SluiceException failure) throws SQLException {
        Optional<SluiceException> stops = state.retrying(() -> replayer.giveUp(failure));
        if (stops.isPresent()) {
            throw stops.get();
        }
        LOG.warn("The replay of {} has failed: {}", settings.topic(), failure.getMessage());
        return Replayer.Step.ENDED;
    }
}
