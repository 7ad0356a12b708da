package dev.sluice.cli.deadletters;

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

/** Asks a pipeline's producer to read rows again. */
final class RefreshSignals implements AutoCloseable {
    /** Bounds one answer: a signal's rows travel as one. */
    private static final int KEYS_PER_SIGNAL = 200;

    private static final int PATIENCE_MILLIS = 20_000;

    private final String topic;
    private final String by;
    private final KafkaProducer<byte[], byte[]> producer;

    private RefreshSignals(String topic, String by, KafkaProducer<byte[], byte[]> producer) {
        this.topic = topic;
        this.by = by;
        this.producer = producer;
    }

    /**
     * Does not connect yet.
     *
     * @param kafka properties for any Kafka client
     */
    static RefreshSignals to(String pipeline, String by, Map<String, Object> kafka) {
        Map<String, Object> properties = new HashMap<>(kafka);
        properties.put(ProducerConfig.ACKS_CONFIG, "all");
        properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, PATIENCE_MILLIS);
        properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, PATIENCE_MILLIS / 2);
        properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, PATIENCE_MILLIS);
        return new RefreshSignals(
                new Topics(pipeline).signals(),
                by,
                new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer()));
    }

    /** @throws SluiceException of kind KAFKA when the broker does not take them */
    void refresh(TableId table, List<String> keys) {
        try {
            for (int from = 0; from < keys.size(); from += KEYS_PER_SIGNAL) {
                List<String> some = keys.subList(from, Math.min(keys.size(), from + KEYS_PER_SIGNAL));
                Signal signal = Signal.refresh("retry-" + UUID.randomUUID(), table, some, by);
                producer.send(new ProducerRecord<>(topic, SignalCodec.encode(signal)))
                        .get();
            }
        } catch (ExecutionException e) {
            throw failed(e.getCause() == null ? e : e.getCause());
        } catch (KafkaException e) {
            throw failed(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw SluiceException.of(ErrorKind.KAFKA, "interrupted before the source was asked for all of the rows", e);
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
