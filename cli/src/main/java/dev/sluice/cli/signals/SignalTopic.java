package dev.sluice.cli.signals;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Topics;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.schemas.signal.Signal;
import dev.sluice.schemas.signal.SignalCodec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Where a pipeline's producer is asked for something. */
public final class SignalTopic implements AutoCloseable {
    /** Bounds one answer: a signal's rows travel as one. */
    public static final int KEYS_PER_SIGNAL = 200;

    private static final int PATIENCE_MILLIS = 20_000;

    private final String topic;
    private final String by;
    private final KafkaProducer<byte[], byte[]> producer;

    private SignalTopic(String topic, String by, KafkaProducer<byte[], byte[]> producer) {
        this.topic = topic;
        this.by = by;
        this.producer = producer;
    }

    /**
     * Does not connect yet.
     *
     * @param kafka properties for any Kafka client
     */
    public static SignalTopic of(String pipeline, Map<String, Object> kafka) {
        Map<String, Object> properties = new HashMap<>(kafka);
        properties.put(ProducerConfig.ACKS_CONFIG, "all");
        properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, PATIENCE_MILLIS);
        properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, PATIENCE_MILLIS / 2);
        properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, PATIENCE_MILLIS);
        return new SignalTopic(
                new Topics(pipeline).signals(),
                System.getProperty("user.name", "unknown"),
                new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer()));
    }

    /** Who asks, for people. */
    public String by() {
        return by;
    }

    /**
     * Asks for rows again by their keys, in signals of a bounded size.
     *
     * @param purpose the ids begin with it
     * @param last the id of the last of the signals, whose answer stands behind those of the others
     * @throws SluiceException of kind KAFKA when the broker does not take them
     */
    public void refresh(String purpose, TableId table, List<String> keys, String last) {
        for (int from = 0; from < keys.size(); from += KEYS_PER_SIGNAL) {
            int to = Math.min(keys.size(), from + KEYS_PER_SIGNAL);
            String id = to == keys.size() ? last : newId(purpose);
            send(Signal.refresh(id, table, keys.subList(from, to), by));
        }
    }

    public static String newId(String purpose) {
        return purpose + "-" + UUID.randomUUID();
    }

    /**
     * @return its offset in the topic
     * @throws SluiceException of kind KAFKA when the broker does not take it
     */
    public long send(Signal signal) {
        try {
            return producer.send(new ProducerRecord<>(topic, SignalCodec.encode(signal)))
                    .get()
                    .offset();
        } catch (ExecutionException e) {
            throw failed(e.getCause() == null ? e : e.getCause());
        } catch (KafkaException e) {
            throw failed(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw SluiceException.of(ErrorKind.KAFKA, "interrupted before the source was asked for everything", e);
        }
    }

    private SluiceException failed(Throwable cause) {
        return SluiceException.of(
                ErrorKind.KAFKA,
                "topic " + topic + " cannot be written: " + cause.getMessage()
                        + "; check kafka.bootstrap-servers and that the brokers run; `sluice prepare` creates the topic",
                cause);
    }

    @Override
    public void close() {
        producer.close();
    }
}
