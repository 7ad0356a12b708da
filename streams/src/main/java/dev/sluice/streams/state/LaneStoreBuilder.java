package dev.sluice.streams.state;

import java.util.Map;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** Builds a {@link LaneStore} over RocksDB with a changelog. */
public final class LaneStoreBuilder implements StoreBuilder<LaneStore> {
    private final StoreBuilder<KeyValueStore<Bytes, byte[]>> below;
    private final long cacheBytes;

    /**
     * @param cacheBytes most heap for entries
     * @param changelog settings of the changelog topic
     */
    public LaneStoreBuilder(String name, long cacheBytes, Map<String, String> changelog) {
        this.below = Stores.keyValueStoreBuilder(
                        Stores.persistentKeyValueStore(name), Serdes.Bytes(), Serdes.ByteArray())
                .withCachingDisabled()
                .withLoggingEnabled(changelog);
        this.cacheBytes = cacheBytes;
    }

    @Override
    public LaneStore build() {
        return new LaneStore(below.build(), cacheBytes);
    }

    @Override
    public StoreBuilder<LaneStore> withCachingEnabled() {
        return this;
    }

    /** About Kafka Streams' own caching layer, which there is none of. */
    @Override
    public StoreBuilder<LaneStore> withCachingDisabled() {
        return this;
    }

    @Override
    public StoreBuilder<LaneStore> withLoggingEnabled(Map<String, String> config) {
        throw new UnsupportedOperationException("the changelog's settings are given to the builder");
    }

    @Override
    public StoreBuilder<LaneStore> withLoggingDisabled() {
        throw new UnsupportedOperationException("a lane without a changelog would lose its state");
    }

    @Override
    public Map<String, String> logConfig() {
        return below.logConfig();
    }

    @Override
    public boolean loggingEnabled() {
        return true;
    }

    @Override
    public String name() {
        return below.name();
    }
}
