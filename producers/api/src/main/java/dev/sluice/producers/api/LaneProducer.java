package dev.sluice.producers.api;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Topics;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ApplicationRecoverableException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pipeline's transactional producer, for all its lanes. {@link #commit} either makes all its records durable, once and in their order, or throws; after it has thrown, nobody
 * but the next producer's start knows whether they are.
 *
 * <p>Records are sent only when all of a transaction are there, so a source that takes its time never holds a Kafka transaction open.
 */
final class LaneProducer implements AutoCloseable {
    static final int ATTEMPTS = 5;
    private static final Duration CLOSE = Duration.ofSeconds(5);
    private static final Logger log = LoggerFactory.getLogger(LaneProducer.class);

    /** Nothing that a second attempt with the same producer could repair. */
    private static final List<Class<? extends KafkaException>> FATAL = List.of(
            RecordTooLargeException.class,
            AuthenticationException.class,
            AuthorizationException.class,
            UnsupportedVersionException.class,
            ApplicationRecoverableException.class,
            InterruptException.class);

    private static final String UNHANDLED = "Unhandled error in EndTxnResponse";

    private final Producer<byte[], byte[]> producer;
    private final String transactionalId;
    private final String target;
    private final Duration backoff;
    private final FaultPoint faults;

    LaneProducer(
            Producer<byte[], byte[]> producer,
            String transactionalId,
            String target,
            Duration backoff,
            FaultPoint faults) {
        this.producer = producer;
        this.transactionalId = transactionalId;
        this.target = target;
        this.backoff = backoff;
        this.faults = faults;
    }

    static LaneProducer connect(PublisherSettings settings, Map<String, Object> kafkaProperties, FaultPoint faults) {
        String brokers = KafkaSettings.brokers(kafkaProperties);
        try {
            return new LaneProducer(
                    new KafkaProducer<>(KafkaSettings.producer(settings, kafkaProperties)),
                    settings.transactionalId(),
                    topics(settings) + " on " + brokers,
                    Duration.ofMillis(200),
                    faults);
        } catch (KafkaException e) {
            throw SluiceException.of(ErrorKind.CONFIGURATION, "no Kafka producer for " + brokers + ": " + reason(e), e);
        }
    }

    private static String topics(PublisherSettings settings) {
        Set<String> lanes = settings.lanes().lanes();
        String name = lanes.size() == 1 ? lanes.iterator().next() : "*";
        return (lanes.size() == 1 ? "topic " : "topics ") + new Topics(settings.pipeline()).changes(name);
    }

    /** Fences every earlier producer of the pipeline, and ends what it left open. */
    void takeOver() {
        try {
            producer.initTransactions();
        } catch (KafkaException e) {
            throw failed(e);
        }
    }

    /** Makes the records durable in one Kafka transaction; the same records are sent again when Kafka asks for it. */
    void commit(List<ProducerRecord<byte[], byte[]>> records) {
        KafkaException earlier = null;
        for (int attempt = 1; ; attempt++) {
            try {
                transaction(records);
                return;
            } catch (KafkaException e) {
                if (earlier != null) {
                    e.addSuppressed(earlier);
                }
                earlier = e;
                abort(e, attempt == ATTEMPTS);
                log.info("{}: transaction aborted, attempt {} follows: {}", target, attempt + 1, reason(e));
                pause(attempt);
            }
        }
    }

    private void transaction(List<ProducerRecord<byte[], byte[]>> records) {
        producer.beginTransaction();
        for (ProducerRecord<byte[], byte[]> next : records) {
            faults.reached(FaultPoint.Place.BEFORE_SEND);
            // A failure comes back from the commit: one failed record fails them all.
            var unused = producer.send(next);
        }
        faults.reached(FaultPoint.Place.BEFORE_COMMIT);
        commitTransaction();
        faults.reached(FaultPoint.Place.AFTER_COMMIT);
    }

    /** A commit that timed out may still happen: Kafka allows only the same call again, never an abort. */
    private void commitTransaction() {
        for (int attempt = 1; ; attempt++) {
            try {
                producer.commitTransaction();
                return;
            } catch (TimeoutException e) {
                if (attempt == ATTEMPTS) {
                    throw failed(e);
                }
            }
        }
    }

    private void abort(KafkaException e, boolean givenUp) {
        if (isFenced(e) || FATAL.stream().anyMatch(type -> cause(e, type) != null)) {
            throw failed(e);
        }
        try {
            producer.abortTransaction();
        } catch (KafkaException abort) {
            e.addSuppressed(abort);
            throw isFenced(abort) ? failed(abort) : failed(e);
        }
        if (givenUp) {
            throw failed(e);
        }
    }

    private void pause(int attempt) {
        try {
            Thread.sleep(backoff.toMillis() << (attempt - 1));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw SluiceException.of(
                    ErrorKind.KAFKA, target + ": interrupted before the transaction could be sent again", e);
        }
    }

    private SluiceException failed(KafkaException e) {
        if (isFenced(e)) {
            return SluiceException.of(
                    ErrorKind.REFUSED,
                    target + ": another producer has taken over transactional id " + transactionalId
                            + (isUnhandled(e) ? ", or the broker failed, as its log says" : "")
                            + "; a pipeline has one producer, stop one of the two",
                    e);
        }
        if (cause(e, RecordTooLargeException.class) != null) {
            return SluiceException.of(
                    ErrorKind.KAFKA,
                    target + " refuses a record below max-record-bytes; raise max.message.bytes of the topic: "
                            + reason(e),
                    e);
        }
        return SluiceException.of(
                ErrorKind.KAFKA,
                target + " cannot be written under transactional id " + transactionalId + ": " + reason(e)
                        + ". Start again when the brokers are well; nothing of the transaction is visible or lost",
                e);
    }

    /**
     * The broker calls the state invalid while it ends the transaction of a producer that is being fenced; before and after it says fenced. In one moment in between it fails on its own state
     * ("already a pending state PREPARE_EPOCH_FENCE" in its log), which the client calls unhandled.
     */
    private static boolean isFenced(KafkaException e) {
        return cause(e, ProducerFencedException.class) != null
                || cause(e, InvalidProducerEpochException.class) != null
                || cause(e, InvalidTxnStateException.class) != null
                || isUnhandled(e);
    }

    private static boolean isUnhandled(KafkaException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (String.valueOf(cause.getMessage()).startsWith(UNHANDLED)) {
                return true;
            }
        }
        return false;
    }

    private static <T extends Throwable> @Nullable T cause(Throwable e, Class<T> type) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return type.cast(cause);
            }
        }
        return null;
    }

    private static String reason(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getClass().getSimpleName() + ": " + cause.getMessage();
    }

    /** Ends an open transaction when Kafka answers within 5 s; the next producer ends it otherwise. */
    @Override
    public void close() {
        producer.close(CLOSE);
    }
}
