package dev.sluice.streams;

import dev.sluice.schemas.registry.InMemorySchemaRegistry;
import dev.sluice.schemas.registry.SchemaRegistry;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.streams.gate.GatePlan;
import dev.sluice.streams.state.LaneStoreBuilder;
import java.util.List;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.Topology;

/**
 * The topology of one lane: {@code changes.<lane>} → sequencer → foreign-key gate → {@code ordered.<lane>}, with one store. Names are part of the state
 * on disk and in Kafka: they never change. Building it touches nothing.
 */
public final class LaneTopology {
    static final String STORE = "lane";

    private static final String CHANGES = "changes";
    private static final String SEQUENCER = "sequencer";
    private static final String GATE = "foreign-key-gate";
    private static final String ORDERED = "ordered";

    private LaneTopology() {}

    /** The same whatever the tables are. */
    public static LaneDescription describe(LaneSettings settings) {
        Topology topology = build(settings, Catalog.of(List.of()), new InMemorySchemaRegistry());
        return new LaneDescription(settings.lane(), settings.pipeline() + ".table.*", topology.describe());
    }

    /** @throws dev.sluice.runtime.SluiceException when a foreign key of the catalog cannot be gated */
    public static Topology build(LaneSettings settings, Catalog catalog, SchemaRegistry registry) {
        return build(settings, catalog, registry, new LaneMeter());
    }

    static Topology build(LaneSettings settings, Catalog catalog, SchemaRegistry registry, LaneMeter meter) {
        GatePlan plan = GatePlan.of(catalog);
        return new Topology()
                .addSource(CHANGES, new ByteArrayDeserializer(), new ByteArrayDeserializer(), settings.changesTopic())
                .addProcessor(SEQUENCER, () -> new LaneProcessors.Sequencing(settings, plan, registry), CHANGES)
                .addProcessor(GATE, () -> new LaneProcessors.Gating(settings, plan, registry, meter), SEQUENCER)
                .addStateStore(
                        new LaneStoreBuilder(STORE, settings.cacheBytes(), LaneProperties.changelog()), SEQUENCER, GATE)
                .addSink(ORDERED, settings.orderedTopic(), new ByteArraySerializer(), new ByteArraySerializer(), GATE);
    }
}
