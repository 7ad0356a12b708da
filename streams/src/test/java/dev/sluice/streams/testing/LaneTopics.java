package dev.sluice.streams.testing;

import dev.sluice.schemas.Topics;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.EventWriter;
import dev.sluice.schemas.registry.SchemaRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The topics of one lane on a real broker, with a producer before it and a reader behind it. */
public final class LaneTopics implements AutoCloseable {
    private final Topics topics;
    private final String lane;
    private final Map<String, Object> client;
    private final EventWriter writer;
    private final KafkaProducer<byte[], byte[]> producer;

    private LaneTopics(Topics topics, String lane, Map<String, Object> client, SchemaRegistry registry) {
        this.topics = topics;
        this.lane = lane;
        this.client = client;
        this.writer = new EventWriter(topics.pipeline(), topics.changes(lane), registry);
        Map<String, Object> properties = new HashMap<>(client);
        properties.put("transactional.id", topics.pipeline() + "-" + lane + "-producer");
        properties.put("linger.ms", "5");
        properties.put("batch.size", "131072");
        properties.put("compression.type", "lz4");
        properties.put("max.in.flight.requests.per.connection", "1");
        properties.put("retry.backoff.ms", "5");
        this.producer = new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
        producer.initTransactions();
    }

    public static LaneTopics create(String bootstrapServers, String pipeline, SchemaRegistry registry) {
        return create(bootstrapServers, pipeline, "main", registry);
    }

    public static LaneTopics create(String bootstrapServers, String pipeline, String lane, SchemaRegistry registry) {
        Map<String, Object> client = Map.of("bootstrap.servers", bootstrapServers);
        Topics topics = new Topics(pipeline);
        with(
                client,
                admin -> admin.createTopics(List.of(topic(topics.changes(lane)), topic(topics.ordered(lane))))
                        .all());
        return new LaneTopics(topics, lane, client, registry);
    }

    /** Takes records of any time, as those of a pipeline do. */
    private static NewTopic topic(String name) {
        return new NewTopic(name, 1, (short) 1)
                .configs(Map.of("message.timestamp.after.max.ms", String.valueOf(Long.MAX_VALUE)));
    }

    /** For topics made from now on without a setting of their own. */
    public static void setLargestTimeAhead(String bootstrapServers, Duration ahead) {
        ConfigResource everyBroker = new ConfigResource(ConfigResource.Type.BROKER, "");
        ConfigEntry setting = new ConfigEntry("log.message.timestamp.after.max.ms", String.valueOf(ahead.toMillis()));
        with(
                Map.of("bootstrap.servers", bootstrapServers),
                admin -> admin.incrementalAlterConfigs(
                                Map.of(everyBroker, List.of(new AlterConfigOp(setting, AlterConfigOp.OpType.SET))))
                        .all());
    }

    /** As the broker does some days after the group's last member left. */
    public void forgetGroup(String group) {
        with(
                client,
                admin -> admin.removeMembersFromConsumerGroup(group, new RemoveMembersFromConsumerGroupOptions())
                        .all());
        with(client, admin -> admin.deleteConsumerGroups(List.of(group)).all());
    }

    private static <T> T with(Map<String, Object> client, Function<Admin, KafkaFuture<T>> call) {
        try (Admin admin = Admin.create(client)) {
            return call.apply(admin).get();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    public String pipeline() {
        return topics.pipeline();
    }

    public Map<String, Object> clientProperties() {
        return client;
    }

    /** In one Kafka transaction. */
    public void publish(List<Event> events) {
        publishAt(System.currentTimeMillis(), events);
    }

    public void publishAt(long timestamp, List<Event> events) {
        begin();
        events.forEach(event -> send(timestamp, event));
        commit();
    }

    public void begin() {
        producer.beginTransaction();
    }

    public void send(long timestamp, Event event) {
        // The commit fails when a send did.
        Future<RecordMetadata> unused = producer.send(
                new ProducerRecord<>(topics.changes(lane), 0, timestamp, writer.key(event), writer.value(event)));
    }

    public void commit() {
        producer.commitTransaction();
    }

    /** Everything committed so far. */
    public List<ConsumerRecord<byte[], byte[]>> readOrdered() {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            TopicPartition partition = orderedPartition();
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            while (consumer.position(partition) < end) {
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            }
        }
        return records;
    }

    /** From the beginning as it is committed, until the visitor has enough. */
    public void readOrdered(Predicate<ConsumerRecord<byte[], byte[]>> goOn) {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            boolean more = true;
            while (more) {
                for (ConsumerRecord<byte[], byte[]> each : consumer.poll(Duration.ofSeconds(1))) {
                    more = more && goOn.test(each);
                }
            }
        }
    }

    private KafkaConsumer<byte[], byte[]> consumer() {
        Map<String, Object> properties = new HashMap<>(client);
        properties.put("isolation.level", "read_committed");
        properties.put("auto.offset.reset", "earliest");
        KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        consumer.assign(List.of(orderedPartition()));
        consumer.seekToBeginning(List.of(orderedPartition()));
        return consumer;
    }

    private TopicPartition orderedPartition() {
        return new TopicPartition(topics.ordered(lane), 0);
    }

    /** Behind the last record committed to {@code ordered}. */
    public long orderedEnd() {
        TopicPartition partition = orderedPartition();
        ListOffsetsOptions committed = new ListOffsetsOptions(IsolationLevel.READ_COMMITTED);
        return with(
                        client,
                        admin -> admin.listOffsets(Map.of(partition, OffsetSpec.latest()), committed)
                                .partitionResult(partition))
                .offset();
    }

    public Set<String> names() {
        return with(client, admin -> admin.listTopics().names());
    }

    public void await(Duration patience, BooleanSupplier condition) {
        long deadline = System.nanoTime() + patience.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("did not happen within " + patience);
            }
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Override
    public void close() {
        producer.close();
    }
}
