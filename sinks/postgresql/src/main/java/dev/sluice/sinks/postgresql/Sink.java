package dev.sluice.sinks.postgresql;

import dev.sluice.schemas.registry.SchemaRegistry;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.sinks.postgresql.apply.FaultPoints;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import java.time.InstantSource;
import java.util.Map;

/** Applies one lane to the target, exactly once. */
public final class Sink implements AutoCloseable {
    private volatile SinkStatus status = SinkStatus.NEW;

    private Sink() {}

    public static Sink create(SinkSettings settings, TargetDatabase database, Catalog captured, SchemaRegistry registry, Map<String, Object> kafka, InstantSource clock) {
        return create(settings, database, captured, registry, kafka, clock, FaultPoints.NONE);
    }

    public static Sink create(SinkSettings settings, TargetDatabase database, Catalog captured, SchemaRegistry registry, Map<String, Object> kafka, InstantSource clock, FaultPoints faults) {
        return new Sink();
    }

    /** Blocks until {@link #stop}. */
    public void run() {
        throw new UnsupportedOperationException("being written");
    }

    public void stop() {}

    public SinkStatus status() {
        return status;
    }

    @Override
    public void close() {
        stop();
    }
}
