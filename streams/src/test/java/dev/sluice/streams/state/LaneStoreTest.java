package dev.sluice.streams.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Inside Kafka Streams, over RocksDB. */
class LaneStoreTest extends LaneStateContract {
    private static final byte[] A = {'A'};
    private static final byte[] B = {'B'};
    private static final byte[] MARKER = {0};

    private final TopologyTestDriver driver;
    private final TestInputTopic<byte[], byte[]> topic;
    private final KeyValueStore<Bytes, byte[]> below;
    private LaneStore state;

    LaneStoreTest(@TempDir Path dir) {
        LaneStoreBuilder builder = new LaneStoreBuilder("store", 1 << 20, Map.of());
        Topology topology = new Topology()
                .addSource("source", new ByteArrayDeserializer(), new ByteArrayDeserializer(), "topic")
                .addProcessor("putting", Putting::new, "source")
                .addStateStore(builder, "putting");
        Properties properties = new Properties();
        properties.put(StreamsConfig.STATE_DIR_CONFIG, dir.toString());
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        driver = new TopologyTestDriver(topology, properties);
        topic = driver.createInputTopic("topic", new ByteArraySerializer(), new ByteArraySerializer());
        // From now on there is a present record, as there always is where a state is written.
        commit();
        state = (LaneStore) driver.getStateStore("store");
        below = state.below();
    }

    private static final class Putting implements Processor<byte[], byte[], Void, Void> {
        private LaneStore store;

        @Override
        public void init(ProcessorContext<Void, Void> context) {
            store = context.getStateStore("store");
        }

        @Override
        public void process(Record<byte[], byte[]> record) {
            store.put(record.key(), record.value());
        }
    }

    @AfterEach
    void close() {
        driver.close();
    }

    @Override
    LaneState state() {
        return state;
    }

    private void commit() {
        topic.pipeInput(MARKER, MARKER);
    }

    private byte[] below(byte[] key) {
        return below.get(Bytes.wrap(key));
    }

    private List<String> changelog() {
        List<String> keys = new ArrayList<>();
        driver.producedTopicNames().stream()
                .filter(name -> name.endsWith("-store-changelog"))
                .flatMap(name -> driver
                        .createOutputTopic(name, new ByteArrayDeserializer(), new ByteArrayDeserializer())
                        .readRecordsToList()
                        .stream())
                .filter(record -> !Arrays.equals(record.key(), MARKER))
                .forEach(record -> keys.add((char) record.key()[0] + (record.value() == null ? "-" : "+")));
        return keys;
    }

    @Test
    void aCommitWritesWhatHasChangedAndItsChangelog() {
        changelog();
        topic.pipeInput(A, B);

        assertThat(below(A)).isEqualTo(B);
        assertThat(changelog()).containsExactly("A+");
    }

    @Test
    void manyChangesOfAKeyAreWrittenOnce() {
        changelog();
        for (int i = 0; i < 100; i++) {
            state.put(A, new byte[] {(byte) i});
        }
        assertThat(below(A)).isNull();
        commit();
        commit();

        assertThat(below(A)).isEqualTo(new byte[] {99});
        assertThat(changelog()).containsExactly("A+");
    }

    @Test
    void aKeyThatWasNotThereAndGoesAgainIsNeverWritten() {
        changelog();
        assertThat(state.get(A)).isNull();
        state.put(A, B);
        state.delete(A);
        state.put(B, B);
        assertThat(state.get(B)).isEqualTo(B);
        commit();
        assertThat(changelog()).containsExactly("B+");

        state.delete(B);
        commit();
        state.delete(B);
        commit();
        assertThat(changelog()).containsExactly("B-");
        assertThat(below(B)).isNull();
    }

    @Test
    void aScanLeavesChangesOfOtherKindsUnwritten() {
        state.put(A, B);
        state.put(B, B);
        state.scan(A, null, (key, value) -> true);

        assertThat(below(A)).isEqualTo(B);
        assertThat(below(B)).isNull();
    }

    @Test
    void moreChangesThanHaveRoomInMemoryAreWrittenBeforeTheCommitAndAreNotLost() {
        for (int i = 0; i < 20_000; i++) {
            state.put(key(i), key(i));
        }
        assertThat(below(key(0))).isEqualTo(key(0));
        for (int i = 0; i < 20_000; i += 997) {
            assertThat(state.get(key(i))).isEqualTo(key(i));
        }
    }

    private static byte[] key(int i) {
        return ByteBuffer.allocate(5).put((byte) 'K').putInt(i).array();
    }

    @Test
    void whatTheStoreBelowGotWithoutItIsSeenOnceTheCacheIsCleared() {
        state.put(A, A);
        state.flushCache();
        assertThat(state.get(A)).isEqualTo(A);
        below.put(Bytes.wrap(A), B);
        assertThat(state.get(A)).isEqualTo(A);
        state.clearCache();

        assertThat(state.get(A)).isEqualTo(B);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void itBehavesAsAStateInMemoryAndSoDoesWhatItWrote(long seed) {
        Random random = new Random(seed);
        TreeLaneState model = new TreeLaneState();
        for (int step = 0; step < 4_000; step++) {
            byte[] key = {(byte) ('A' + random.nextInt(3)), (byte) random.nextInt(40)};
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> {
                    byte[] value = new byte[random.nextInt(2_000)];
                    random.nextBytes(value);
                    model.put(key, value);
                    state.put(key, value);
                }
                case 3, 4 -> {
                    model.delete(key);
                    state.delete(key);
                }
                case 5 -> assertThat(state.get(key)).isEqualTo(model.get(key));
                case 6 -> assertThat(all(state, key[0])).isEqualTo(all(model, key[0]));
                default -> {
                    if (random.nextInt(20) == 0) {
                        state.flushCache();
                        state.clearCache();
                    }
                }
            }
        }
        state.flushCache();
        state.clearCache();
        for (byte kind = 'A'; kind < 'D'; kind++) {
            assertThat(all(state, kind)).isEqualTo(all(model, kind));
        }
    }

    private static List<Bytes> all(LaneState of, byte kind) {
        List<Bytes> found = new ArrayList<>();
        of.scan(new byte[] {kind}, null, (key, value) -> {
            found.add(Bytes.wrap(key));
            return found.add(Bytes.wrap(value));
        });
        return found;
    }
}
