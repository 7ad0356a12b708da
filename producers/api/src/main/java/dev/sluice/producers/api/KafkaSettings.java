package dev.sluice.producers.api;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The clients' properties: defaults that the operator may change, the operator's, and what exactly-once needs. */
final class KafkaSettings {
    private static final int BATCH_BYTES = 256 << 10;
    private static final int BUFFER_BYTES = 32 << 20;
    private static final int REQUEST_OVERHEAD_BYTES = 1 << 20;

    /** A reader that has reached the end would wait 500 ms there before it may look elsewhere. */
    private static final int FETCH_WAIT_MS = 10;

    private KafkaSettings() {}

    /**
     * The broker asks to come again while it still writes the markers of the transaction before, which takes some milliseconds: with Kafka's default of 100 ms, transactions
     * that follow each other take 105 ms each.
     */
    private static final int BACKOFF_MS = 5;

    /**
     * Timeouts are below the transaction's own of 60 s: a broker that is away must not look like a second producer.
     *
     * <p>One request at a time: with five, a 4.3.1 broker now and then refused batches of one transaction that had overtaken each other
     * (OutOfOrderSequence, logged as an error; the client sends them again), with one this was not seen. The price was between nothing and about a quarter of the
     * rate, which stayed above 200,000 records/s when warm.
     */
    static Map<String, Object> producer(PublisherSettings settings, Map<String, Object> operators) {
        Map<String, Object> properties = new HashMap<>();
        properties.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
        properties.put(ProducerConfig.LINGER_MS_CONFIG, 5);
        properties.put(ProducerConfig.BATCH_SIZE_CONFIG, BATCH_BYTES);
        properties.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
        properties.put(ProducerConfig.RETRY_BACKOFF_MS_CONFIG, BACKOFF_MS);
        properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 30_000);
        properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 15_000);
        properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 30_000);
        properties.putAll(operators);
        int request = settings.bounds().maxRecordBytes() + REQUEST_OVERHEAD_BYTES;
        properties.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, request);
        properties.put(ProducerConfig.BUFFER_MEMORY_CONFIG, Math.max(BUFFER_BYTES, request));
        properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, settings.transactionalId());
        properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        properties.put(ProducerConfig.ACKS_CONFIG, "all");
        properties.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        properties.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        return properties;
    }

    /** Reads committed records only, without a group. */
    static Map<String, Object> consumer(Map<String, Object> operators) {
        Map<String, Object> properties = new HashMap<>();
        properties.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 15_000);
        properties.putAll(operators);
        properties.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, FETCH_WAIT_MS);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        properties.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        properties.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        return properties;
    }

    static String brokers(Map<String, Object> operators) {
        return String.valueOf(operators.get(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG));
    }
}
