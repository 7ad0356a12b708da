package dev.sluice.cli.signals;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Topics;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.EventFormatException;
import dev.sluice.schemas.event.EventReader;
import dev.sluice.schemas.registry.SchemaRegistry;
import dev.sluice.schemas.registry.SchemaRegistryException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** What a producer says about itself in its lanes, from now on; rows pass by undecoded. Used by one thread. */
public final class ControlEvents implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 20_000;
    private static final int FETCH_BYTES = 8 << 20;
    /** A reader of rows that are only passed by keeps up with a publisher. */
    private static final int POLL_RECORDS = 10_000;

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Map<TopicPartition, String> lanes = new HashMap<>();
    private final EventReader reader;

    private ControlEvents(KafkaConsumer<byte[], byte[]> consumer, EventReader reader) {
        this.consumer = consumer;
        this.reader = reader;
    }

    /**
     * Whatever is committed from now on is heard.
     *
     * @param kafka properties for any Kafka client
     * @throws SluiceException of kind KAFKA when the lanes cannot be read
     */
    public static ControlEvents fromNow(
            String pipeline, Collection<String> lanes, SchemaRegistry registry, Map<String, Object> kafka) {
        Map<String, Object> properties = new HashMap<>();
        properties.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, PATIENCE_MILLIS);
        properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, POLL_RECORDS);
        properties.putAll(kafka);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        properties.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, FETCH_BYTES);
        ControlEvents events = new ControlEvents(
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer()),
                EventReader.of(registry));
        try {
            events.begin(new Topics(pipeline), lanes);
            return events;
        } catch (KafkaException e) {
            events.close();
            throw events.unreadable(e);
        }
    }

    private void begin(Topics topics, Collection<String> names) {
        names.forEach(lane -> lanes.put(new TopicPartition(topics.changes(lane), 0), lane));
        consumer.assign(lanes.keySet());
        consumer.endOffsets(lanes.keySet()).forEach(consumer::seek);
    }

    /** Gives those that have come, by lane in their order; waits for some at most so long. */
    public void poll(Duration time, BiConsumer<String, Control> heard) {
        try {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(time)) {
                String lane = lanes.getOrDefault(new TopicPartition(record.topic(), record.partition()), "");
                reader.control(record.value()).ifPresent(control -> heard.accept(lane, control));
            }
        } catch (KafkaException e) {
            throw unreadable(e);
        } catch (EventFormatException | SchemaRegistryException e) {
            throw SluiceException.of(
                    ErrorKind.KAFKA, "topics " + lanes.keySet() + " cannot be decoded: " + e.getMessage(), e);
        }
    }

    /** Whether everything has been given that is committed at the moment of this call. */
    public BooleanSupplier everythingUntilNow() {
        try {
            Map<TopicPartition, Long> ends = consumer.endOffsets(lanes.keySet());
            return () -> ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
        } catch (KafkaException e) {
            throw unreadable(e);
        }
    }

    private SluiceException unreadable(KafkaException e) {
        return SluiceException.of(
                ErrorKind.KAFKA, "topics " + lanes.keySet() + " cannot be read: " + e.getMessage(), e);
    }

    @Override
    public void close() {
        consumer.close();
    }
}
