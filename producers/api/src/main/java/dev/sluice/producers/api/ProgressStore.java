package dev.sluice.producers.api;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Topics;
import dev.sluice.schemas.progress.ProducerProgress;
import dev.sluice.schemas.progress.ProgressCodec;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;

/** The compacted topic that says how far a pipeline's producer has come. Its records are keyed by the pipeline's name; the last committed one counts. */
public final class ProgressStore {
    private ProgressStore() {}

    /**
     * The last committed progress; empty when nothing was ever published or the topic does not exist. A commit becomes visible some milliseconds after the
     * producer has it, so beside a producer that runs or has just ended this may be a little behind; one that takes the lane over waits for it.
     *
     * @param kafkaProperties of a Kafka client, at least {@code bootstrap.servers}
     * @throws SluiceException kind {@code KAFKA} when the topic cannot be read, {@code REFUSED} when another version of Sluice wrote it
     */
    public static Optional<ProducerProgress> read(Map<String, Object> kafkaProperties, String pipeline) {
        try (TopicEnd end = TopicEnd.connect(kafkaProperties)) {
            return read(end, pipeline);
        }
    }

    /**
     * Whether a lane has any committed event. What an aborted or an open transaction left in the topic does not count.
     *
     * @param kafkaProperties of a Kafka client, at least {@code bootstrap.servers}
     * @throws SluiceException kind {@code KAFKA} when the topic cannot be read
     */
    public static boolean hasEvents(Map<String, Object> kafkaProperties, String pipeline, String lane) {
        try (TopicEnd end = TopicEnd.connect(kafkaProperties)) {
            return end.last(new Topics(pipeline).changes(lane), found -> true).isPresent();
        }
    }

    static Optional<ProducerProgress> read(TopicEnd end, String pipeline) {
        byte[] key = key(pipeline);
        String topic = new Topics(pipeline).producerProgress();
        return end.last(topic, found -> Arrays.equals(key, found.key()))
                .filter(found -> found.value() != null)
                .map(found -> decode(found, topic));
    }

    static ProducerRecord<byte[], byte[]> toRecord(String pipeline, ProducerProgress progress) {
        return new ProducerRecord<>(
                new Topics(pipeline).producerProgress(), 0, key(pipeline), ProgressCodec.encode(progress));
    }

    private static byte[] key(String pipeline) {
        return pipeline.getBytes(StandardCharsets.UTF_8);
    }

    private static ProducerProgress decode(ConsumerRecord<byte[], byte[]> found, String topic) {
        try {
            return ProgressCodec.decode(found.value());
        } catch (IllegalArgumentException e) {
            throw SluiceException.of(
                    ErrorKind.REFUSED, "topic " + topic + " at offset " + found.offset() + ": " + e.getMessage(), e);
        }
    }
}
