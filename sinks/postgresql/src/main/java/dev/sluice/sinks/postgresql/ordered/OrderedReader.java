package dev.sluice.sinks.postgresql.ordered;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.EventFormatException;
import dev.sluice.schemas.event.EventReader;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.registry.SchemaRegistry;
import dev.sluice.schemas.registry.SchemaRegistryException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads one lane's topic from where the target stands. There is no consumer group: the position is the target's, and a target that is away for an hour
 * costs no membership. Used by one thread at a time; {@link #wakeup} by any.
 */
public final class OrderedReader implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration FETCH = Duration.ofMillis(20);
    /** Longer than the time between two heartbeats. */
    private static final Duration IDLE = Duration.ofSeconds(2);

    private static final Duration NEW_TOPIC = Duration.ofSeconds(10);
    private static final long NEW_TOPIC_PAUSE_MILLIS = 100;
    private static final int FETCH_BYTES = 4 << 20;

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final TopicPartition partition;
    private final EventReader events;
    private final int batchRows;
    private final long batchBytes;
    private final Duration batchTime;
    private final InstantSource clock;
    private volatile boolean woken;
    private BatchAssembler assembler;

    private OrderedReader(
            KafkaConsumer<byte[], byte[]> consumer,
            TopicPartition partition,
            EventReader events,
            int batchRows,
            long batchBytes,
            Duration batchTime,
            InstantSource clock) {
        this.consumer = consumer;
        this.partition = partition;
        this.events = events;
        this.batchRows = batchRows;
        this.batchBytes = batchBytes;
        this.batchTime = batchTime;
        this.clock = clock;
        this.assembler = new BatchAssembler(partition.topic(), "", 0, batchRows, batchBytes);
    }

    public static OrderedReader open(
            Map<String, Object> kafka,
            String topic,
            SchemaRegistry registry,
            int batchRows,
            long batchBytes,
            Duration batchTime,
            InstantSource clock) {
        TopicPartition partition = new TopicPartition(topic, 0);
        return new OrderedReader(
                consumer(kafka, topic), partition, EventReader.of(registry), batchRows, batchBytes, batchTime, clock);
    }

    /** Of committed records, without a group: it begins nowhere by itself. */
    static KafkaConsumer<byte[], byte[]> consumer(Map<String, Object> kafka, String topic) {
        Map<String, Object> properties = new HashMap<>(kafka);
        properties.keySet().removeAll(List.of(ConsumerConfig.GROUP_ID_CONFIG, ConsumerConfig.GROUP_INSTANCE_ID_CONFIG));
        properties.putIfAbsent(ConsumerConfig.CLIENT_ID_CONFIG, "sluice-sink-" + topic);
        properties.putIfAbsent(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, FETCH_BYTES);
        properties.putIfAbsent(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 2_000);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        try {
            return new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        } catch (KafkaException e) {
            throw SluiceException.of(
                    ErrorKind.KAFKA, "a consumer of topic " + topic + " cannot be made: " + e.getMessage(), e);
        }
    }

    /**
     * Goes to the first record behind a position. The offset is a hint: if it holds another record, the topic is searched.
     *
     * @throws SluiceException of kind REFUSED when the topic no longer has what the target needs next
     */
    public void seek(LanePosition position) {
        guarded(() -> {
            requireTopic(position);
            consumer.assign(List.of(partition));
            long begin = consumer.beginningOffsets(List.of(partition)).getOrDefault(partition, 0L);
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            boolean hinted = position.offset() >= begin && position.offset() < end && holds(position);
            long next = hinted ? position.sequence() + 1 : new PositionSearch(position, end).from(begin);
            assembler = new BatchAssembler(partition.topic(), position.pipelineId(), next, batchRows, batchBytes);
            return Batch.NOTHING;
        });
    }

    /** A broker may learn of a new topic a moment after whoever made it; one that was read before is not new. */
    private void requireTopic(LanePosition position) {
        Instant deadline = clock.instant().plus(position.isFresh() ? NEW_TOPIC : Duration.ZERO);
        while (consumer.partitionsFor(partition.topic()).isEmpty()) {
            if (!clock.instant().isBefore(deadline)) {
                throw lost(position, "does not exist");
            }
            try {
                Thread.sleep(NEW_TOPIC_PAUSE_MILLIS);
            } catch (InterruptedException e) {
                throw new InterruptException(e);
            }
        }
    }

    private boolean holds(LanePosition position) {
        consumer.seek(partition, position.offset());
        Instant deadline = clock.instant().plus(Duration.ofSeconds(10));
        while (clock.instant().isBefore(deadline)) {
            for (ConsumerRecord<byte[], byte[]> found : consumer.poll(POLL)) {
                boolean same = found.offset() == position.offset()
                        && OrderedHeader.of(found.headers()).sequence() == position.sequence();
                consumer.seek(partition, position.offset() + 1);
                return same;
            }
            if (consumer.position(partition) > position.offset()) {
                return false;
            }
        }
        throw SluiceException.of(
                ErrorKind.KAFKA,
                "topic " + partition.topic() + " gives no records. Check that the brokers are running.");
    }

    /** Looks through the topic for the first record that is not applied yet. */
    private final class PositionSearch {
        private final LanePosition position;
        private final long end;
        private long newest;

        private PositionSearch(LanePosition position, long end) {
            this.position = position;
            this.end = end;
        }

        /** @return the sequence of the next own record */
        private long from(long begin) {
            consumer.seek(partition, begin);
            while (consumer.position(partition) < end) {
                for (ConsumerRecord<byte[], byte[]> candidate : consumer.poll(POLL)) {
                    OrderedHeader header = OrderedHeader.of(candidate.headers());
                    if (isNext(header)) {
                        consumer.seek(partition, candidate.offset());
                        return header.isRelease() ? header.sequence() + 1 : header.sequence();
                    }
                    newest = header.sequence();
                }
            }
            if (!position.isFresh()) {
                throw lost(position, newest == 0 ? "is empty" : "ends at sequence " + newest);
            }
            return position.sequence() + 1;
        }

        /** Records under the applied sequence itself may be missing among the applied ones; applying them again changes nothing. */
        private boolean isNext(OrderedHeader header) {
            if (header.sequence() > position.sequence() + 1) {
                throw lost(position, "begins at sequence " + header.sequence());
            }
            if (header.isRelease() && header.sequence() > position.sequence()) {
                throw lost(position, "begins behind the event of sequence " + header.sequence());
            }
            return position.isFresh()
                    ? header.sequence() > position.sequence()
                    : header.sequence() >= position.sequence();
        }
    }

    private SluiceException lost(LanePosition position, String found) {
        String stands = position.isFresh()
                ? "the target expects sequence " + (position.sequence() + 1) + " first"
                : "the target has applied sequence " + position.sequence();
        return SluiceException.of(
                ErrorKind.REFUSED,
                "Kafka lost events of this pipeline: topic " + partition.topic() + " " + found + ", but " + stands
                        + ". Restore Kafka's data, or start anew: sluice remove, then sluice run with adopt: true, which backfills again.");
    }

    /**
     * The next batch; waits for a record. When a whole source transaction is there it does not wait for more than is at hand.
     *
     * @return empty when {@link #wakeup} was called
     */
    public Batch next() {
        return next(batchRows, false);
    }

    /** Like {@link #next}, with at most so many rows, but waits for the first record only for a moment; empty too when none came. A batch is still as large as a batch in bytes. */
    public Batch nextSoon(int rows) {
        return next(rows, true);
    }

    private Batch next(int rows, boolean soon) {
        assembler.limit(rows);
        return guarded(() -> {
            Instant begin = clock.instant();
            Instant first = begin;
            while (!woken) {
                if (soon
                        && assembler.isEmpty()
                        && Duration.between(first, clock.instant()).compareTo(IDLE) >= 0) {
                    return Batch.NOTHING;
                }
                boolean ready = assembler.hasTransaction();
                boolean late = ready && Duration.between(begin, clock.instant()).compareTo(batchTime) > 0;
                if (assembler.isFull() || late || (!fill(ready ? untilMore() : POLL) && ready)) {
                    return assembler.take(late || assembler.isFull() || lags());
                }
                begin = ready ? begin : clock.instant();
            }
            return Batch.NOTHING;
        });
    }

    /** What the broker holds already comes with the fetch under way; without a backlog nothing is waited for. */
    private Duration untilMore() {
        return lags() ? FETCH : Duration.ZERO;
    }

    /** As far as the last fetch told. */
    private boolean lags() {
        return consumer.currentLag(partition).orElse(0) > 0;
    }

    private boolean fill(Duration wait) {
        boolean any = false;
        for (ConsumerRecord<byte[], byte[]> incoming : consumer.poll(wait)) {
            int bytes = incoming.serializedValueSize() + Math.max(0, incoming.serializedKeySize());
            assembler.add(new OrderedRecord(
                    OrderedHeader.of(incoming.headers()), decode(incoming), incoming.offset(), bytes));
            any = true;
        }
        return any;
    }

    private Event decode(ConsumerRecord<byte[], byte[]> incoming) {
        try {
            return events.read(incoming.value());
        } catch (EventFormatException | SchemaRegistryException e) {
            throw SluiceException.of(
                    ErrorKind.KAFKA,
                    "topic " + partition.topic() + ", offset " + incoming.offset() + ": " + e.getMessage(),
                    e);
        }
    }

    /** A wake-up ends the work with nothing. */
    private Batch guarded(Supplier<Batch> work) {
        try {
            return work.get();
        } catch (WakeupException e) {
            woken = true;
            return Batch.NOTHING;
        } catch (InvalidOffsetException e) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "Kafka lost events of this pipeline: topic " + partition.topic()
                            + " no longer holds the offset that the target needs next (" + e.getMessage()
                            + "). Restore Kafka's data, or start anew: sluice remove, then sluice run with adopt: true, which backfills again.",
                    e);
        } catch (EventFormatException e) {
            throw SluiceException.of(ErrorKind.KAFKA, "topic " + partition.topic() + ": " + e.getMessage(), e);
        } catch (KafkaException e) {
            throw SluiceException.of(
                    ErrorKind.KAFKA,
                    "topic " + partition.topic() + " cannot be read: " + e.getMessage()
                            + ". Check kafka in the configuration.",
                    e);
        }
    }

    /** Makes {@link #next} return; for good. */
    public void wakeup() {
        woken = true;
        consumer.wakeup();
    }

    /** Without a group there is nobody to say goodbye to; waiting would only last as long as the fetch under way. */
    @Override
    public void close() {
        consumer.close(CloseOptions.timeout(Duration.ZERO));
    }
}
