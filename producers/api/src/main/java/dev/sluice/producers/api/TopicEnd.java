package dev.sluice.producers.api;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Finds the last committed record of a topic of one partition without reading the topic. */
final class TopicEnd implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(200);
    /** Polls without any progress before the broker counts as not answering: 30 s. */
    private static final int FRUITLESS_POLLS = 150;
    /** The last offsets are often only markers of transactions; then it looks further back. */
    private static final long FIRST_WINDOW = 64;

    private final Consumer<byte[], byte[]> consumer;
    private final String brokers;

    private TopicEnd(Consumer<byte[], byte[]> consumer, String brokers) {
        this.consumer = consumer;
        this.brokers = brokers;
    }

    static TopicEnd connect(Map<String, Object> kafkaProperties) {
        String brokers = KafkaSettings.brokers(kafkaProperties);
        try {
            return new TopicEnd(new KafkaConsumer<>(KafkaSettings.consumer(kafkaProperties)), brokers);
        } catch (KafkaException e) {
            throw SluiceException.of(
                    ErrorKind.CONFIGURATION, "no Kafka client for " + brokers + ": " + rootMessage(e), e);
        }
    }

    boolean exists(String topic) {
        try {
            return !consumer.partitionsFor(topic).isEmpty();
        } catch (KafkaException e) {
            throw unreadable(topic, e);
        }
    }

    /** The last committed record that {@code wanted} accepts; empty when the topic has none or does not exist. */
    Optional<ConsumerRecord<byte[], byte[]>> last(String topic, Predicate<ConsumerRecord<byte[], byte[]>> wanted) {
        if (!exists(topic)) {
            return Optional.empty();
        }
        TopicPartition partition = new TopicPartition(topic, 0);
        try {
            consumer.assign(List.of(partition));
            long begin = offset(consumer.beginningOffsets(Set.of(partition)), partition);
            long end = offset(consumer.endOffsets(Set.of(partition)), partition);
            ConsumerRecord<byte[], byte[]> found = null;
            long from = end;
            for (long window = FIRST_WINDOW; found == null && from > begin; window *= 8) {
                from = Math.max(begin, end - window);
                found = lastBetween(partition, from, end, wanted);
            }
            return Optional.ofNullable(found);
        } catch (KafkaException e) {
            throw unreadable(topic, e);
        }
    }

    private @Nullable ConsumerRecord<byte[], byte[]> lastBetween(
            TopicPartition partition, long from, long end, Predicate<ConsumerRecord<byte[], byte[]>> wanted) {
        consumer.seek(partition, from);
        ConsumerRecord<byte[], byte[]> last = null;
        long position = from;
        for (int fruitless = 0; position < end; ) {
            for (ConsumerRecord<byte[], byte[]> found : consumer.poll(POLL).records(partition)) {
                if (found.offset() < end && wanted.test(found)) {
                    last = found;
                }
            }
            long now = consumer.position(partition);
            fruitless = now > position ? 0 : fruitless + 1;
            position = now;
            if (fruitless > FRUITLESS_POLLS) {
                throw SluiceException.of(
                        ErrorKind.KAFKA,
                        "topic " + partition.topic() + " on " + brokers + " cannot be read to its end at offset " + end
                                + ": the broker gives nothing behind offset " + position);
            }
        }
        return last;
    }

    private static long offset(Map<TopicPartition, Long> offsets, TopicPartition partition) {
        return offsets.getOrDefault(partition, 0L);
    }

    private SluiceException unreadable(String topic, KafkaException e) {
        return SluiceException.of(
                ErrorKind.KAFKA, "topic " + topic + " on " + brokers + " cannot be read: " + rootMessage(e), e);
    }

    private static String rootMessage(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage());
    }

    @Override
    public void close() {
        consumer.close();
    }
}
