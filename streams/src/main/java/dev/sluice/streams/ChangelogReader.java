package dev.sluice.streams;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads what was committed to the changelogs of lanes, from their beginning to their end. */
public final class ChangelogReader implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration ANSWER = Duration.ofSeconds(30);
    private static final int RECORDS_PER_POLL = 500;

    private final KafkaConsumer<byte[], byte[]> consumer;

    private ChangelogReader(KafkaConsumer<byte[], byte[]> consumer) {
        this.consumer = consumer;
    }

    /** @param clientProperties for any Kafka client */
    public static ChangelogReader connect(Map<String, Object> clientProperties) {
        Map<String, Object> properties = new HashMap<>(clientProperties);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, RECORDS_PER_POLL);
        return new ChangelogReader(
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer()));
    }

    /**
     * Nothing where the topic does not exist.
     *
     * @param visitor says whether to go on
     * @throws SluiceException of kind KAFKA when the broker gives nothing for 30 seconds
     * @throws org.apache.kafka.common.KafkaException when it refuses
     */
    public void read(String changelog, Predicate<ConsumerRecord<byte[], byte[]>> visitor) {
        if (consumer.partitionsFor(changelog).isEmpty()) {
            return;
        }
        TopicPartition partition = new TopicPartition(changelog, 0);
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
        long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
        long position = consumer.position(partition);
        long deadline = System.nanoTime() + ANSWER.toNanos();
        while (position < end) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                if (!visitor.test(record)) {
                    return;
                }
            }
            long now = consumer.position(partition);
            if (now > position) {
                position = now;
                deadline = System.nanoTime() + ANSWER.toNanos();
            } else if (System.nanoTime() > deadline) {
                throw SluiceException.of(
                        ErrorKind.KAFKA,
                        "topic " + changelog + " cannot be read to its end at offset " + end
                                + ": the broker gives nothing behind offset " + position
                                + "; check that the brokers run");
            }
        }
    }

    @Override
    public void close() {
        consumer.close();
    }
}
