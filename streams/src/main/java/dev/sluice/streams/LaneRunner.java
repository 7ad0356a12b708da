package dev.sluice.streams;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.registry.SchemaRegistry;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.streams.gate.ForeignKeyRules;
import dev.sluice.streams.gate.PendingTotals;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.jspecify.annotations.Nullable;

/**
 * Runs one lane's topology exactly once on one thread. A record that cannot be handled stops the lane; it is never skipped. Killed at any point and
 * started again over the same state directory, it goes on behind the last committed decision. Thread-safe.
 */
public final class LaneRunner implements AutoCloseable {
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(20);

    private final String lane;
    private final KafkaStreams streams;
    private final LaneMeter meter;
    private final Consumer<SluiceException> onFailure;
    private final AtomicReference<@Nullable SluiceException> failure = new AtomicReference<>();
    private final CountDownLatch ended = new CountDownLatch(1);

    private LaneRunner(String lane, KafkaStreams streams, LaneMeter meter, Consumer<SluiceException> onFailure) {
        this.lane = lane;
        this.streams = streams;
        this.meter = meter;
        this.onFailure = onFailure;
    }

    /**
     * Starts the lane and returns at once. Topics {@code changes.<lane>}, {@code ordered.<lane>}, {@code signals} and, where changes are
     * published per table, one of one partition per table must exist. Lanes run beside each other in a process; several processes share a lane.
     *
     * @param onFailure told once when the lane stops by itself, on the lane's own thread: it must not block nor close the runner
     * @throws SluiceException when a foreign key cannot be gated or the state directory cannot be used
     */
    public static LaneRunner start(
            LaneSettings settings,
            Catalog catalog,
            ForeignKeyRules rules,
            SchemaRegistry registry,
            Consumer<SluiceException> onFailure) {
        return start(settings, catalog, rules, registry, onFailure, new LaneMeter());
    }

    /** Without rules. */
    static LaneRunner start(
            LaneSettings settings, Catalog catalog, SchemaRegistry registry, Consumer<SluiceException> onFailure) {
        return start(settings, catalog, ForeignKeyRules.NONE, registry, onFailure);
    }

    static LaneRunner start(
            LaneSettings settings,
            Catalog catalog,
            ForeignKeyRules rules,
            SchemaRegistry registry,
            Consumer<SluiceException> onFailure,
            LaneMeter meter) {
        Topology topology = LaneTopology.build(settings, catalog, rules, registry, meter);
        KafkaStreams streams = client(settings, topology);
        LaneRunner runner = new LaneRunner(settings.lane(), streams, meter, onFailure);
        streams.setUncaughtExceptionHandler(runner::failed);
        streams.setStateListener((now, before) -> runner.changed(now));
        streams.setGlobalStateRestoreListener(meter);
        streams.setStandbyUpdateListener(meter);
        streams.start();
        return runner;
    }

    private static KafkaStreams client(LaneSettings settings, Topology topology) {
        try {
            return new KafkaStreams(topology, LaneProperties.of(settings));
        } catch (KafkaException e) {
            throw SluiceException.of(
                    ErrorKind.KAFKA,
                    "lane " + settings.lane() + " cannot be set up with its state in " + settings.stateDir() + ": "
                            + e.getMessage()
                            + "; check kafka.bootstrap-servers and the properties passed through, and that no other process uses the directory",
                    e);
        }
    }

    public LaneStatus status() {
        LaneMeter.Reading reading = meter.reading();
        PendingTotals pending = reading.pending();
        SluiceException failed = failure.get();
        return new LaneStatus(
                state(failed),
                reading.nextSequence(),
                pending.waiting(),
                pending.stale(),
                pending.held(),
                reading.hasWork(),
                failed == null ? null : failed.getMessage());
    }

    /**
     * Waits until the lane has ended.
     *
     * @throws SluiceException when it stopped by itself, with the reason
     */
    public void await() throws InterruptedException {
        ended.await();
        SluiceException failed = failure.get();
        if (failed != null) {
            throw failed;
        }
    }

    /** Commits what was decided and stops, within 20 s. Its place in the group stays reserved for a restart. Idempotent. */
    @Override
    public void close() {
        streams.close(CLOSE_TIMEOUT);
        ended.countDown();
    }

    private LaneStatus.State state(@Nullable SluiceException failed) {
        if (failed != null) {
            return LaneStatus.State.FAILED;
        }
        return switch (streams.state()) {
            case CREATED, REBALANCING -> LaneStatus.State.STARTING;
            case RUNNING -> LaneStatus.State.RUNNING;
            case PENDING_SHUTDOWN, NOT_RUNNING -> LaneStatus.State.STOPPED;
            case PENDING_ERROR, ERROR -> LaneStatus.State.FAILED;
        };
    }

    private StreamThreadExceptionResponse failed(Throwable thrown) {
        SluiceException cause = explain(thrown);
        if (failure.compareAndSet(null, cause)) {
            onFailure.accept(cause);
        }
        return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    }

    private SluiceException explain(Throwable thrown) {
        for (Throwable t = thrown; t != null; t = t.getCause()) {
            if (t instanceof SluiceException known) {
                return known;
            }
        }
        return SluiceException.of(
                ErrorKind.KAFKA,
                "lane " + lane + " stopped, nothing was skipped: " + thrown.getMessage()
                        + "; put the cause right and start again, it goes on where it was",
                thrown);
    }

    private void changed(KafkaStreams.State now) {
        if (now == KafkaStreams.State.ERROR || now == KafkaStreams.State.NOT_RUNNING) {
            ended.countDown();
        }
    }
}
