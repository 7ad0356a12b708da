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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;

/**
 * A lane's topic as a log that can be read again from any place it still holds. Used by one thread. Beside {@link OrderedReader}, whose place is the target's, it has a place of its own.
 */
public final class OrderedLog implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration ANSWER = Duration.ofSeconds(1);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final TopicPartition partition;
    private final EventReader events;
    private final Deque<LoggedRecord> waiting = new ArrayDeque<>();
    private Density density = new Density("", "", 0);

    private OrderedLog(KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition, EventReader events) {
        this.consumer = consumer;
        this.partition = partition;
        this.events = events;
    }

    /** @param kafka properties of the Kafka client */
    public static OrderedLog open(Map<String, Object> kafka, String topic, SchemaRegistry registry) {
        OrderedLog log = new OrderedLog(
                OrderedReader.consumer(kafka, topic), new TopicPartition(topic, 0), EventReader.of(registry));
        try {
            log.assign();
            return log;
        } catch (RuntimeException e) {
            log.close();
            throw e;
        }
    }

    private void assign() {
        guarded(() -> {
            if (consumer.partitionsFor(partition.topic()).isEmpty()) {
                throw SluiceException.of(ErrorKind.REFUSED, "topic " + partition.topic() + " does not exist");
            }
            consumer.assign(List.of(partition));
            return Boolean.TRUE;
        });
    }

    /** The sequence of the first record that is still there; empty where there is none. */
    public OptionalLong firstSequence() {
        return guarded(() -> first(begin())
                .map(found -> OptionalLong.of(headerOf(found).sequence()))
                .orElse(OptionalLong.empty()));
    }

    /** The sequence of the first record whose source transaction was committed at a time or later; empty where all are older. */
    public OptionalLong sequenceAt(Instant time) {
        return guarded(() -> {
            // Records carry the commit time as their timestamp, which need not grow: the first that is as new.
            OffsetAndTimestamp found = consumer.offsetsForTimes(Map.of(partition, time.toEpochMilli()))
                    .get(partition);
            if (found == null) {
                return OptionalLong.empty();
            }
            consumer.seek(partition, found.offset());
            long end = end();
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (consumer.position(partition) < end) {
                for (ConsumerRecord<byte[], byte[]> candidate : consumer.poll(POLL)) {
                    if (decode(candidate).source().commitMillis() >= time.toEpochMilli()) {
                        return OptionalLong.of(headerOf(candidate).sequence());
                    }
                    deadline = System.nanoTime() + PATIENCE.toNanos();
                }
                requirePatience(deadline);
            }
            return OptionalLong.empty();
        });
    }

    /**
     * Goes to the first record of a sequence.
     *
     * @param lastOffset up to which is to be read
     * @throws SluiceException of kind REFUSED when the topic begins behind it, or ends before
     */
    public void seekSequence(String pipelineId, long sequence, long lastOffset) {
        guarded(() -> {
            requireHolds(sequence);
            long low = begin();
            long high = end();
            if (high <= lastOffset) {
                throw SluiceException.of(
                        ErrorKind.REFUSED,
                        "topic " + partition.topic() + " ends at offset " + (high - 1) + ", but offset " + lastOffset
                                + " is applied: Kafka lost events of this pipeline");
            }
            while (low < high) {
                long middle = low + (high - low) / 2;
                Optional<ConsumerRecord<byte[], byte[]>> found = first(middle);
                if (found.isEmpty() || headerOf(found.get()).sequence() >= sequence) {
                    high = middle;
                } else {
                    low = found.get().offset() + 1;
                }
            }
            seek(pipelineId, sequence, low);
            return Boolean.TRUE;
        });
    }

    /** @throws SluiceException of kind REFUSED when the topic begins behind a sequence */
    public void requireHolds(long sequence) {
        OptionalLong first = firstSequence();
        if (first.isEmpty() || first.getAsLong() > sequence) {
            throw gone(sequence, first);
        }
    }

    private SluiceException gone(long sequence, OptionalLong first) {
        return SluiceException.of(
                ErrorKind.REFUSED,
                "topic " + partition.topic() + " no longer holds sequence " + sequence + ": it "
                        + (first.isEmpty() ? "is empty" : "begins at sequence " + first.getAsLong())
                        + ". Replay a range that it holds");
    }

    /** Goes behind a record that was read. */
    public void seekBehind(String pipelineId, long sequence, long offset) {
        guarded(() -> {
            seek(pipelineId, sequence + 1, offset + 1);
            return Boolean.TRUE;
        });
    }

    private void seek(String pipelineId, long next, long offset) {
        waiting.clear();
        density = new Density(partition.topic(), pipelineId, next);
        consumer.seek(partition, offset);
    }

    /**
     * The next records, up to one with a given offset. Waits for the first of them for a moment only.
     *
     * @return empty when none came in time
     */
    public List<LoggedRecord> read(int mostRows, long mostBytes, long lastOffset) {
        return guarded(() -> {
            List<LoggedRecord> read = new ArrayList<>();
            long bytes = 0;
            Duration wait = POLL;
            while (read.size() < mostRows && bytes < mostBytes) {
                if (waiting.isEmpty()) {
                    consumer.poll(wait).forEach(incoming -> waiting.add(logged(incoming)));
                    wait = Duration.ZERO;
                }
                LoggedRecord next = waiting.peek();
                if (next == null || next.offset() > lastOffset) {
                    break;
                }
                waiting.remove();
                density.check(next.header(), next.event(), next.offset());
                read.add(next);
                bytes += next.value().length;
            }
            return read;
        });
    }

    /**
     * To be asked when {@link #read} gave nothing. Brokers that do not answer now may have it.
     *
     * @throws SluiceException of kind REFUSED when the topic does not hold a record with the offset
     */
    public void requireToCome(long offset) {
        guarded(() -> {
            LoggedRecord next = waiting.peek();
            if (next != null && next.offset() > offset) {
                throw lost("goes on at offset " + next.offset() + " and has no record at offset " + offset);
            }
            OptionalLong end = endNow();
            if (end.isPresent() && end.getAsLong() <= offset) {
                throw lost("ends at offset " + (end.getAsLong() - 1) + ", but offset " + offset + " is applied");
            }
            if (next == null && consumer.position(partition) > offset) {
                throw lost("has no record at offset " + offset);
            }
            return Boolean.TRUE;
        });
    }

    private SluiceException lost(String how) {
        return SluiceException.of(
                ErrorKind.REFUSED,
                "topic " + partition.topic() + " " + how
                        + ". If Kafka has lost nothing, replay when the lane has applied something more; otherwise read the tables again with: sluice backfill");
    }

    private OptionalLong endNow() {
        try {
            return OptionalLong.of(
                    consumer.endOffsets(List.of(partition), ANSWER).getOrDefault(partition, 0L));
        } catch (TimeoutException e) {
            return OptionalLong.empty();
        }
    }

    private LoggedRecord logged(ConsumerRecord<byte[], byte[]> incoming) {
        byte[] header = incoming.headers().lastHeader(OrderedHeader.NAME) == null
                ? new byte[0]
                : incoming.headers().lastHeader(OrderedHeader.NAME).value();
        return new LoggedRecord(
                OrderedHeader.decode(header), header, decode(incoming), incoming.value(), incoming.offset());
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

    private static OrderedHeader headerOf(ConsumerRecord<byte[], byte[]> incoming) {
        return OrderedHeader.of(incoming.headers());
    }

    private long begin() {
        return consumer.beginningOffsets(List.of(partition)).getOrDefault(partition, 0L);
    }

    private long end() {
        return consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
    }

    /** The first record at an offset or behind it. */
    private Optional<ConsumerRecord<byte[], byte[]>> first(long offset) {
        long end = end();
        consumer.seek(partition, offset);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (consumer.position(partition) < end) {
            for (ConsumerRecord<byte[], byte[]> found : consumer.poll(POLL)) {
                return Optional.of(found);
            }
            requirePatience(deadline);
        }
        return Optional.empty();
    }

    private void requirePatience(long deadline) {
        if (System.nanoTime() > deadline) {
            throw SluiceException.of(
                    ErrorKind.KAFKA,
                    "topic " + partition.topic() + " gives no records. Check that the brokers are running.");
        }
    }

    private <T> T guarded(Supplier<T> work) {
        try {
            return work.get();
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

    @Override
    public void close() {
        consumer.close(CloseOptions.timeout(Duration.ZERO));
    }
}
