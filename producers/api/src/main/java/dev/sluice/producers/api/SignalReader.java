package dev.sluice.producers.api;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.signal.Signal;
import dev.sluice.schemas.signal.SignalCodec;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Committed signals, one at a time and in their order. What is no signal is skipped with a warning. It keeps no offset of its own: {@link #offset} belongs into
 * the Kafka transaction of the answer.
 */
final class SignalReader implements AutoCloseable {
    /** A signal is a wish of a person or of a row that waits: nobody notices some milliseconds, and the tail notices a poll per part. */
    private static final Duration LOOK = Duration.ofMillis(20);

    private static final int MAX_PENDING = 100;
    private static final int FETCH_BYTES = 1 << 20;
    private static final int FETCH_WAIT_MS = 500;
    private static final Logger log = LoggerFactory.getLogger(SignalReader.class);

    private final Consumer<byte[], byte[]> consumer;
    private final TopicPartition partition;
    private final String brokers;
    private final Interval look;
    private final Deque<ConsumerRecord<byte[], byte[]>> pending = new ArrayDeque<>();
    private @Nullable Signal current;
    private long offset;

    private SignalReader(Consumer<byte[], byte[]> consumer, String topic, String brokers, InstantSource clock) {
        this.consumer = consumer;
        this.partition = new TopicPartition(topic, 0);
        this.brokers = brokers;
        this.look = new Interval(clock, LOOK);
    }

    /**
     * @param offset of the next signal to handle; a topic that does not know it was made anew, and is read from its beginning
     * @throws SluiceException kind {@code KAFKA} when the topic cannot be read
     */
    static SignalReader connect(Map<String, Object> kafkaProperties, String topic, long offset, InstantSource clock) {
        String brokers = KafkaSettings.brokers(kafkaProperties);
        Map<String, Object> properties = KafkaSettings.consumer(kafkaProperties);
        properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, MAX_PENDING);
        properties.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, FETCH_BYTES);
        properties.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, FETCH_WAIT_MS);
        SignalReader reader = new SignalReader(new KafkaConsumer<>(properties), topic, brokers, clock);
        try {
            reader.seek(offset);
            return reader;
        } catch (KafkaException e) {
            reader.close();
            throw reader.unreadable(e);
        }
    }

    private void seek(long wanted) {
        consumer.assign(List.of(partition));
        long begin = consumer.beginningOffsets(Set.of(partition)).getOrDefault(partition, 0L);
        long end = consumer.endOffsets(Set.of(partition)).getOrDefault(partition, 0L);
        offset = wanted < begin || wanted > end ? begin : wanted;
        if (offset != wanted) {
            log.warn(
                    "topic {} has the offsets {} to {}, the next signal was expected at {}: signals are read from {}",
                    partition.topic(),
                    begin,
                    end,
                    wanted,
                    begin);
        }
        consumer.seek(partition, offset);
    }

    /** The signal to be handled, until {@link #handled} is said; null when there is none. Never waits. */
    @Nullable
    Signal next() {
        if (current == null && pending.isEmpty() && look.isDue()) {
            poll();
            look.restart();
        }
        while (current == null && !pending.isEmpty()) {
            ConsumerRecord<byte[], byte[]> found = pending.remove();
            offset = found.offset();
            current = decode(found);
            if (current == null) {
                offset++;
            }
        }
        return current;
    }

    private void poll() {
        try {
            fetch();
        } catch (KafkaException e) {
            throw unreadable(e);
        }
    }

    private void fetch() {
        try {
            consumer.poll(Duration.ZERO).records(partition).forEach(pending::add);
        } catch (OffsetOutOfRangeException e) {
            // The topic was made anew under its reader: as at the start.
            seek(offset);
        }
    }

    private static @Nullable Signal decode(ConsumerRecord<byte[], byte[]> found) {
        try {
            return SignalCodec.decode(found.value());
        } catch (IllegalArgumentException e) {
            log.warn(
                    "topic {} at offset {} is skipped, it holds no signal: {}",
                    found.topic(),
                    found.offset(),
                    e.getMessage());
            return null;
        }
    }

    /** The answer of the present signal stands among the records of the next Kafka transaction. */
    void handled() {
        current = null;
        offset++;
    }

    /** Of the next signal to handle: everything before is answered or skipped. */
    long offset() {
        return offset;
    }

    private SluiceException unreadable(KafkaException e) {
        return SluiceException.of(
                ErrorKind.KAFKA,
                "topic " + partition.topic() + " on " + brokers + " cannot be read: " + e.getMessage()
                        + "; `sluice prepare` creates it",
                e);
    }

    @Override
    public void close() {
        consumer.close();
    }
}
