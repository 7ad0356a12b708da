package dev.sluice.streams;

import dev.sluice.schemas.registry.InMemorySchemaRegistry;
import dev.sluice.schemas.registry.SchemaRegistry;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.streams.LaneOutputs.Output;
import dev.sluice.streams.gate.ForeignKeyRules;
import dev.sluice.streams.gate.GatePlan;
import dev.sluice.streams.state.LaneStoreBuilder;
import java.util.List;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.RecordContext;
import org.apache.kafka.streams.processor.TopicNameExtractor;

/**
 * The topology of one lane: {@code changes.<lane>} → sequencer → foreign-key gate → {@code ordered.<lane>}, {@code signals} and, where asked for, topics per table, with one store. Names are part of the state
 * on disk and in Kafka: they never change. Building it touches nothing.
 */
public final class LaneTopology {
    static final String STORE = "lane";
    static final String ORDERED = "ordered";
    static final String TABLES = "tables";
    static final String SIGNALS = "signals";

    private static final String CHANGES = "changes";
    private static final String SEQUENCER = "sequencer";
    private static final String GATE = "foreign-key-gate";

    private LaneTopology() {}

    /** The same whatever the tables are. */
    public static LaneDescription describe(LaneSettings settings) {
        Topology topology = build(settings, Catalog.of(List.of()), ForeignKeyRules.NONE, new InMemorySchemaRegistry());
        return new LaneDescription(settings.lane(), topology.describe());
    }

    /** @throws dev.sluice.runtime.SluiceException when a foreign key of the catalog cannot be gated */
    public static Topology build(
            LaneSettings settings, Catalog catalog, ForeignKeyRules rules, SchemaRegistry registry) {
        return build(settings, catalog, rules, registry, new LaneMeter());
    }

    static Topology build(
            LaneSettings settings, Catalog catalog, ForeignKeyRules rules, SchemaRegistry registry, LaneMeter meter) {
        GatePlan plan = GatePlan.of(catalog, rules);
        Topology topology = new Topology()
                .addSource(CHANGES, new ByteArrayDeserializer(), new ByteArrayDeserializer(), settings.changesTopic())
                .addProcessor(SEQUENCER, () -> new LaneProcessors.Sequencing(settings, plan, registry), CHANGES)
                .addProcessor(GATE, () -> new LaneProcessors.Gating(settings, plan, registry, meter), SEQUENCER)
                .addStateStore(
                        new LaneStoreBuilder(STORE, settings.cacheBytes(), LaneProperties.changelog()), SEQUENCER, GATE)
                .addSink(ORDERED, settings.orderedTopic(), new ByteArraySerializer(), value(), GATE)
                .addSink(SIGNALS, settings.signalsTopic(), new ByteArraySerializer(), value(), GATE);
        if (settings.publishPerTable()) {
            topology.addSink(TABLES, new TopicOfOutput(settings.pipeline()), new ByteArraySerializer(), value(), GATE);
        }
        return topology;
    }

    private static Serializer<Output> value() {
        return (topic, output) -> output.value();
    }

    /** Prints as the names that it gives. */
    private record TopicOfOutput(String pipeline) implements TopicNameExtractor<byte[], Output> {
        @Override
        public String extract(byte[] key, Output output, RecordContext context) {
            return output.topic();
        }

        @Override
        public String toString() {
            return pipeline + ".table.*";
        }
    }
}
