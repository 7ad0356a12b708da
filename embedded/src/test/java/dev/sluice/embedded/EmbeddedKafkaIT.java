package dev.sluice.embedded;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedKafkaIT {
    private static final TopicPartition TOPIC = new TopicPartition("changes", 0);

    @TempDir
    Path directory;

    @Test
    void a_restart_keeps_records_transactions_and_offsets_though_ports_change() throws Exception {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(directory);
                Producer<String, String> producer = producer(kafka)) {
            createTopic(kafka);
            producer.initTransactions();
            inTransaction(producer, "committed");
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(TOPIC.topic(), "aborted")).get(10, SECONDS);
            producer.abortTransaction();
            commitOffset(kafka, 1);
        }

        try (EmbeddedKafka kafka = EmbeddedKafka.start(directory);
                Producer<String, String> producer = producer(kafka)) {
            assertThat(committedOffset(kafka)).isEqualTo(1);
            producer.initTransactions();
            inTransaction(producer, "after the restart");
            assertThat(committedRecords(kafka, 2)).containsExactly("committed", "after the restart");
        }
    }

    @Test
    void a_kill_in_the_middle_of_a_transaction_keeps_what_was_committed_and_nothing_else() throws Exception {
        try (ChildJvm child = ChildJvm.start(Child.class, directory.toString())) {
            assertThat(child.line()).isEqualTo("in a transaction");
        }
        try (EmbeddedKafka kafka = EmbeddedKafka.start(directory);
                Producer<String, String> producer = producer(kafka)) {
            assertThat(committedOffset(kafka)).isEqualTo(1);
            producer.initTransactions();
            inTransaction(producer, "after the kill");
            assertThat(committedRecords(kafka, 2)).containsExactly("committed", "after the kill");
        }
    }

    /** Commits, begins another transaction, and waits to be killed. */
    static final class Child {
        private Child() {}

        public static void main(String[] arguments) throws Exception {
            try (EmbeddedKafka kafka = EmbeddedKafka.start(Path.of(arguments[0]));
                    Producer<String, String> producer = producer(kafka)) {
                createTopic(kafka);
                producer.initTransactions();
                inTransaction(producer, "committed");
                commitOffset(kafka, 1);
                producer.beginTransaction();
                producer.send(new ProducerRecord<>(TOPIC.topic(), "open")).get(10, SECONDS);
                System.out.println("in a transaction");
                Thread.sleep(SECONDS.toMillis(300));
            }
        }
    }

    @Test
    void a_record_of_16_MiB_passes_and_its_clock_may_be_ahead() throws Exception {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(directory);
                Producer<byte[], byte[]> producer = new KafkaProducer<>(
                        Map.of(
                                "bootstrap.servers",
                                kafka.bootstrapServers(),
                                "max.request.size",
                                Integer.MAX_VALUE,
                                "buffer.memory",
                                64L << 20),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            createTopic(kafka);
            long nextYear = System.currentTimeMillis() + Duration.ofDays(365).toMillis();
            long offset = producer.send(
                            new ProducerRecord<>(TOPIC.topic(), 0, nextYear, new byte[100], new byte[16 << 20]))
                    .get(30, SECONDS)
                    .offset();
            assertThat(offset).isZero();
        }
    }

    @Test
    void a_port_that_somebody_took_is_replaced() throws Exception {
        try (ServerSocket taken = Loopback.onFreePort()) {
            EmbeddedKafka.Ports free = EmbeddedKafka.Ports.free();
            Iterator<EmbeddedKafka.Ports> choices = List.of(
                            new EmbeddedKafka.Ports(free.broker(), taken.getLocalPort()),
                            new EmbeddedKafka.Ports(taken.getLocalPort(), free.controller()),
                            EmbeddedKafka.Ports.free())
                    .iterator();
            try (EmbeddedKafka kafka = EmbeddedKafka.start(directory, choices::next)) {
                createTopic(kafka);
                assertThat(choices.hasNext()).isFalse();
            }
        }
    }

    @Test
    void ports_that_stay_taken_are_named() throws Exception {
        try (ServerSocket taken = Loopback.onFreePort()) {
            EmbeddedKafka.Ports ports =
                    new EmbeddedKafka.Ports(EmbeddedKafka.Ports.free().broker(), taken.getLocalPort());
            assertThatThrownBy(() -> EmbeddedKafka.start(directory, () -> ports))
                    .isInstanceOf(SluiceException.class)
                    .hasMessageContaining("in use")
                    .hasMessageContaining(Integer.toString(taken.getLocalPort()))
                    .extracting(e -> ((SluiceException) e).kind())
                    .isEqualTo(ErrorKind.KAFKA);
        }
    }

    @Test
    void a_comma_in_the_path_is_refused_because_kafka_would_take_it_for_two() {
        assertThatThrownBy(() -> EmbeddedKafka.start(directory.resolve("a,b")))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("comma");
    }

    private static void createTopic(EmbeddedKafka kafka) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            admin.createTopics(List.of(new NewTopic(TOPIC.topic(), 1, (short) 1)))
                    .all()
                    .get(10, SECONDS);
        }
    }

    private static Producer<String, String> producer(EmbeddedKafka kafka) {
        return new KafkaProducer<>(
                Map.of("bootstrap.servers", kafka.bootstrapServers(), "transactional.id", "lane-main"),
                new StringSerializer(),
                new StringSerializer());
    }

    private static void inTransaction(Producer<String, String> producer, String value) throws Exception {
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(TOPIC.topic(), value)).get(10, SECONDS);
        producer.commitTransaction();
    }

    private static void commitOffset(EmbeddedKafka kafka, long offset) {
        try (Consumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", kafka.bootstrapServers(), "group.id", "sink"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            consumer.assign(List.of(TOPIC));
            consumer.commitSync(Map.of(TOPIC, new OffsetAndMetadata(offset)));
        }
    }

    private static long committedOffset(EmbeddedKafka kafka) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            return admin.listConsumerGroupOffsets("sink")
                    .partitionsToOffsetAndMetadata()
                    .get(10, SECONDS)
                    .get(TOPIC)
                    .offset();
        }
    }

    private static List<String> committedRecords(EmbeddedKafka kafka, int expected) {
        List<String> values = new ArrayList<>();
        try (Consumer<String, String> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", kafka.bootstrapServers(), "isolation.level", "read_committed"),
                new StringDeserializer(),
                new StringDeserializer())) {
            consumer.assign(List.of(TOPIC));
            consumer.seekToBeginning(List.of(TOPIC));
            long end = System.nanoTime() + SECONDS.toNanos(20);
            while (values.size() < expected && System.nanoTime() < end) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
                    values.add(record.value());
                }
            }
        }
        return values;
    }
}
