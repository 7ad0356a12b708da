package dev.sluice.streams;

import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.DefaultProductionExceptionHandler;
import org.apache.kafka.streams.errors.LogAndFailExceptionHandler;
import org.apache.kafka.streams.errors.LogAndFailProcessingExceptionHandler;

/** Kafka Streams' configuration of a lane. */
final class LaneProperties {
    /** A record of {@code max-record-bytes} (16 MiB) with its decision or, in the changelog, with what a waiting row needs beside it. */
    static final int LARGEST_MESSAGE_BYTES = 17 << 20;

    private LaneProperties() {}

    static Properties of(LaneSettings settings) {
        Properties properties = new Properties();
        properties.putAll(settings.clientProperties());
        footprint(properties);
        settings.consumerProperties().forEach((k, v) -> properties.put(StreamsConfig.mainConsumerPrefix(k), v));
        settings.consumerProperties().forEach((k, v) -> properties.put(StreamsConfig.restoreConsumerPrefix(k), v));
        settings.producerProperties().forEach((k, v) -> properties.put(StreamsConfig.producerPrefix(k), v));
        guarantees(settings, properties);
        nothingIsSkipped(properties);
        return properties;
    }

    private static void footprint(Properties properties) {
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.MAX_REQUEST_SIZE_CONFIG), LARGEST_MESSAGE_BYTES);
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 512 << 10);
        // The broker asks to come again while it writes the markers of the transaction before: some milliseconds, not
        // Kafka's default of 100.
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.RETRY_BACKOFF_MS_CONFIG), 5);
        // With several requests on the way the broker may see a transaction's second batch first, refuse it and log an
        // error.
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION), 1);
        properties.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG), 4 << 20);
        properties.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 2_000);
        properties.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 4_000);
        properties.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, SharedRocksDb.class);
    }

    private static void guarantees(LaneSettings settings, Properties properties) {
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, settings.applicationId());
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        properties.put(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG, settings.standbyReplicas());
        properties.put(StreamsConfig.STATE_DIR_CONFIG, settings.stateDir().toString());
        properties.put(
                StreamsConfig.COMMIT_INTERVAL_MS_CONFIG,
                settings.commitInterval().toMillis());
        // While no record comes the loop waits for one this long before it looks at what else is due: commits and
        // releases. Kafka's 100 ms would be five commit intervals; every look costs an idle lane some processor time.
        properties.put(
                StreamsConfig.POLL_MS_CONFIG,
                Math.max(1, settings.commitInterval().toMillis() / 4));
        // The lane's store has its own.
        properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
        properties.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, settings.replicationFactor());
        properties.put(
                StreamsConfig.mainConsumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG),
                InstanceId.in(settings.stateDir()));
        int sessionMillis = (int) settings.sessionTimeout().toMillis();
        properties.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), sessionMillis);
        properties.put(
                StreamsConfig.mainConsumerPrefix(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG), sessionMillis / 4);
        // Whoever takes a lost instance's lane over, and every reader, waits for the end of its last transaction too.
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG), (int)
                Math.max(sessionMillis, 2 * settings.commitInterval().toMillis()));
        properties.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    }

    private static void nothingIsSkipped(Properties properties) {
        properties.put(StreamsConfig.DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG, LogAndFailExceptionHandler.class);
        properties.put(
                StreamsConfig.PROCESSING_EXCEPTION_HANDLER_CLASS_CONFIG, LogAndFailProcessingExceptionHandler.class);
        properties.put(
                StreamsConfig.PRODUCTION_EXCEPTION_HANDLER_CLASS_CONFIG, DefaultProductionExceptionHandler.class);
    }

    /**
     * Of the changelog: many small writes of few keys, so it is compacted early and in small segments. Its records carry the source's time, which the
     * broker must not hold against its own clock.
     */
    static Map<String, String> changelog() {
        return Map.of(
                "cleanup.policy", "compact",
                "segment.bytes", String.valueOf(64 << 20),
                "segment.ms", String.valueOf(3_600_000),
                "min.cleanable.dirty.ratio", "0.2",
                "message.timestamp.after.max.ms", String.valueOf(Long.MAX_VALUE),
                "message.timestamp.before.max.ms", String.valueOf(Long.MAX_VALUE),
                "max.message.bytes", String.valueOf(LARGEST_MESSAGE_BYTES));
    }
}
