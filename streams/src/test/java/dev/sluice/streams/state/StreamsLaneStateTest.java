package dev.sluice.streams.state;

import java.util.Properties;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

class StreamsLaneStateTest extends LaneStateContract {
    private final TopologyTestDriver driver;
    private final LaneState state;

    StreamsLaneStateTest(@TempDir java.nio.file.Path dir) {
        Topology topology = new Topology()
                .addSource("source", new ByteArrayDeserializer(), new ByteArrayDeserializer(), "topic")
                .addProcessor("idle", Idle::new, "source")
                .addStateStore(
                        Stores.keyValueStoreBuilder(
                                        Stores.persistentKeyValueStore("store"), Serdes.Bytes(), Serdes.ByteArray())
                                .withCachingEnabled(),
                        "idle");
        Properties properties = new Properties();
        properties.put(StreamsConfig.STATE_DIR_CONFIG, dir.toString());
        driver = new TopologyTestDriver(topology, properties);
        KeyValueStore<Bytes, byte[]> store = driver.getKeyValueStore("store");
        state = new StreamsLaneState(store);
    }

    private static final class Idle implements Processor<byte[], byte[], Void, Void> {
        @Override
        public void process(Record<byte[], byte[]> record) {}
    }

    @AfterEach
    void close() {
        driver.close();
    }

    @Override
    LaneState state() {
        return state;
    }
}
