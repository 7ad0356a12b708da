package dev.sluice.producers.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

/** Failures that a real broker does not give on demand, on Kafka's own producer double. */
class LaneProducerTest {
    private static final List<ProducerRecord<byte[], byte[]>> RECORDS = List.of(
            new ProducerRecord<>("changes", 0, null, new byte[] {1}),
            new ProducerRecord<>("progress", 0, null, new byte[] {2}));

    /** Thrown by the next commits, one each. */
    private final Deque<RuntimeException> failures = new ArrayDeque<>();

    private final MockProducer<byte[], byte[]> kafka =
            new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());
    private final LaneProducer lane = new LaneProducer(
            kafka, "shop.producer.main", "topic shop.changes.main on broker:9092", Duration.ofMillis(1), this::fault);

    private void fault(FaultPoint.Place place) {
        if (place == FaultPoint.Place.BEFORE_COMMIT && !failures.isEmpty()) {
            kafka.commitTransactionException = failures.remove();
        } else if (place == FaultPoint.Place.BEFORE_SEND) {
            kafka.commitTransactionException = null;
        }
    }

    @Test
    void anAbortedTransactionIsSentAgainUnchanged() {
        lane.takeOver();
        failures.add(new KafkaException("in error state", new TimeoutException("expired")));
        failures.add(new KafkaException("in error state"));
        lane.commit(RECORDS);
        assertThat(kafka.history()).isEqualTo(RECORDS);
        assertThat(kafka.commitCount()).isEqualTo(1);
        lane.commit(RECORDS);
        assertThat(kafka.commitCount()).isEqualTo(2);
    }

    @Test
    void attemptsAreBoundedAndEarlierFailuresAreKept() {
        lane.takeOver();
        for (int i = 1; i <= LaneProducer.ATTEMPTS; i++) {
            failures.add(new KafkaException("failure " + i));
        }
        assertThatThrownBy(() -> lane.commit(RECORDS)).isInstanceOfSatisfying(SluiceException.class, e -> {
            assertThat(e.kind()).isEqualTo(ErrorKind.KAFKA);
            assertThat(e.getMessage()).contains("shop.changes.main", "broker:9092", "failure 5");
            assertThat(e.getCause().getSuppressed())
                    .singleElement()
                    .satisfies(earlier -> assertThat(earlier).hasMessage("failure 4"));
        });
        assertThat(kafka.history()).isEmpty();
    }

    @Test
    void aCommitThatTimedOutIsAskedForAgainAndNeverAborted() {
        lane.takeOver();
        failures.add(new TimeoutException("no answer"));
        assertThatThrownBy(() -> lane.commit(RECORDS))
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.KAFKA));
        assertThat(kafka.transactionAborted()).isFalse();
        assertThat(kafka.transactionInFlight()).isTrue();
    }

    @Test
    void aFencedProducerIsRefusedByName() {
        lane.takeOver();
        failures.add(new KafkaException("in error state", new ProducerFencedException("fenced")));
        assertThatThrownBy(() -> lane.commit(RECORDS)).isInstanceOfSatisfying(SluiceException.class, e -> {
            assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED);
            assertThat(e.getMessage()).contains("shop.producer.main");
        });
    }

    @Test
    void aProducerThatIsJustBeingFencedIsRefusedByName() {
        lane.takeOver();
        failures.add(new KafkaException("in error state", new InvalidTxnStateException("PREPARE_EPOCH_FENCE")));
        assertThatThrownBy(() -> lane.commit(RECORDS)).isInstanceOfSatisfying(SluiceException.class, e -> {
            assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED);
            assertThat(e.getMessage()).contains("shop.producer.main");
        });
    }

    /** As Kafka 4.3.1 answers when the commit meets the moment in which the taker's fence is being written. */
    @Test
    void aBrokerThatFailsOnItsFenceIsRefusedByName() {
        lane.takeOver();
        failures.add(
                new KafkaException(
                        "in error state",
                        new KafkaException(
                                "Unhandled error in EndTxnResponse: The server experienced an unexpected error when processing the request.")));
        assertThatThrownBy(() -> lane.commit(RECORDS)).isInstanceOfSatisfying(SluiceException.class, e -> {
            assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED);
            assertThat(e.getMessage()).contains("shop.producer.main", "or the broker failed");
        });
    }

    @Test
    void whatNoSecondAttemptCanRepairIsNotTriedAgain() {
        lane.takeOver();
        failures.add(new KafkaException("in error state", new RecordTooLargeException("too large")));
        failures.add(new KafkaException("in error state", new TopicAuthorizationException("not yours")));
        assertThatThrownBy(() -> lane.commit(RECORDS))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("max.message.bytes");
        assertThat(failures).hasSize(1);
    }
}
