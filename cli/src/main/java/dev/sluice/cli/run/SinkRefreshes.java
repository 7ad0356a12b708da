package dev.sluice.cli.run;

import dev.sluice.cli.signals.SignalTopic;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.apply.Refreshes;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Asks a pipeline's producer for what its sinks lack. Connects when it is first asked to. Thread-safe. */
final class SinkRefreshes implements Refreshes, AutoCloseable {
    private final String pipeline;
    private final Map<String, Object> kafka;
    private @Nullable SignalTopic signals;

    /** @param kafka properties for any Kafka client */
    SinkRefreshes(String pipeline, Map<String, Object> kafka) {
        this.pipeline = pipeline;
        this.kafka = kafka;
    }

    @Override
    public void ask(TableId table, List<String> keys) {
        signals().refresh("sink", table, keys, SignalTopic.newId("sink"));
    }

    private synchronized SignalTopic signals() {
        SignalTopic open = signals;
        if (open == null) {
            open = SignalTopic.of(pipeline, kafka);
            signals = open;
        }
        return open;
    }

    @Override
    public synchronized void close() {
        if (signals != null) {
            signals.close();
        }
    }
}
