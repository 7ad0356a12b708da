package dev.sluice.cli.stations;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Topics;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.schemas.signal.Signal;
import dev.sluice.schemas.signal.SignalCodec;
import dev.sluice.sinks.postgresql.apply.Refreshes;
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
import org.jspecify.annotations.Nullable;

/** Asks a pipeline's producer to read rows again. Connects when it is first asked to. Thread-safe. */
public final class RefreshSignals implements Refreshes, AutoCloseable {
    /** Bounds one answer: a signal's rows travel as one. */
    private static final int KEYS_PER_SIGNAL = 200;

    private static final int PATIENCE_MILLIS = 20_000;

    private final String topic;
    private final String by;
    private final Map<String, Object> properties;
    private @Nullable KafkaProducer<byte[], byte[]> producer;

    private RefreshSignals(String topic, String by, Map<String, Object> properties) {
        this.topic = topic;
        this.by = by;
        this.properties = properties;
    }

    /**
     * Does not connect yet.
     *
     * @param kafka properties for any Kafka client
     */
    public static RefreshSignals to(String pipeline, String by, Map<String, Object> kafka) {
        Map<String, Object> properties = new HashMap<>(kafka);
        properties.put(ProducerConfig.ACKS_CONFIG, "all");
        properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, PATIENCE_MILLIS);
        properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, PATIENCE_MILLIS / 2);
        properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, PATIENCE_MILLIS);
        return new RefreshSignals(new Topics(pipeline).signals(), by, properties);
    }

    /** @throws SluiceException of kind KAFKA when the broker does not take them */
    @Override
    public void ask(TableId table, List<String> keys) {
        try {
            for (int from = 0; from < keys.size(); from += KEYS_PER_SIGNAL) {
                List<String> some = keys.subList(from, Math.min(keys.size(), from + KEYS_PER_SIGNAL));
                Signal signal = Signal.refresh("refresh-" + UUID.randomUUID(), table, some, by);
                producer()
                        .send(new ProducerRecord<>(topic, SignalCodec.encode(signal)))
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

    private synchronized KafkaProducer<byte[], byte[]> producer() {
        if (producer == null) {
            producer = new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
        }
        return producer;
    }

    private SluiceException failed(Throwable cause) {
        return SluiceException.of(
                ErrorKind.KAFKA,
                "topic " + topic + " cannot be written: " + cause.getMessage()
                        + "; check kafka.bootstrap-servers and that the brokers run; `sluice prepare` creates the topic",
                cause);
    }

    @Override
    public synchronized void close() {
        if (producer != null) {
            producer.close();
        }
    }
}
