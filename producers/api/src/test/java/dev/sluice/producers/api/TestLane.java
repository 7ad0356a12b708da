package dev.sluice.producers.api;

import dev.sluice.producers.api.Capabilities.Transactions;
import dev.sluice.schemas.Topics;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.EventReader;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.progress.ProducerProgress;
import dev.sluice.schemas.registry.InMemorySchemaRegistry;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.schemas.signal.Signal;
import dev.sluice.schemas.signal.SignalCodec;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** A pipeline of its own on a real broker: its topics, its store in memory, its publishers. */
final class TestLane implements AutoCloseable {
    private static final Map<String, Long> FIRST = Map.of("public.accounts", 1L, "public.notes", 1L);
    private static final Duration POLL = Duration.ofMillis(50);

    private final Map<String, Object> kafka;
    private final Topics topics;
    private final InMemorySchemaRegistry registry = new InMemorySchemaRegistry();
    private final ListStore store = new ListStore(InstantSource.system(), ContractTables.captured());
    private final List<RunningPublisher> running = new ArrayList<>();
    /** Lets everybody go who stands at a fault point. */
    private final CountDownLatch released = new CountDownLatch(1);

    private Transactions transactions = Transactions.EXACT;
    private @Nullable LaneLayout layout;

    TestLane(String bootstrapServers, String pipeline) throws Exception {
        kafka = Map.of("bootstrap.servers", bootstrapServers);
        topics = new Topics(pipeline);
        createChanges();
        createProgress();
        createSignals();
    }

    /** {@code public.accounts} with savings and lines, and {@code public.notes}. */
    TestLane byForeignKey() throws Exception {
        layout = LaneLayout.byForeignKey(Catalog.of(ContractTables.ALL));
        for (String lane : layout.lanes()) {
            create(new NewTopic(topics.changes(lane), 1, (short) 1));
        }
        return this;
    }

    /** Returns when the signals are committed. */
    void send(Signal... signals) throws Exception {
        for (Signal signal : signals) {
            send(SignalCodec.encode(signal));
        }
    }

    void send(byte @Nullable [] signal) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(kafka, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.send(new ProducerRecord<>(topics.signals(), 0, null, signal))
                    .get();
        }
    }

    TestLane cuts() {
        transactions = Transactions.CUT;
        return this;
    }

    InMemorySchemaRegistry registry() {
        return registry;
    }

    Map<String, Object> kafka() {
        return kafka;
    }

    ListStore store() {
        return store;
    }

    Topics topics() {
        return topics;
    }

    CountDownLatch released() {
        return released;
    }

    /** Small chunks and transactions, so that a few rows make many of each. */
    PublisherSettings settings() {
        PublisherSettings settings = small();
        return layout == null ? settings : settings.withLanes(layout, FIRST);
    }

    private PublisherSettings small() {
        return PublisherSettings.of(topics.pipeline(), "id-1")
                .withChunkRows(3)
                .withMaxRecordsPerTransaction(4)
                .withHeartbeat(Duration.ofHours(1));
    }

    ChangeSource source() {
        return new ListSource(store, transactions, InstantSource.system());
    }

    RunningPublisher start(PublisherSettings settings) {
        return start(settings, FaultPoint.NONE);
    }

    RunningPublisher start(PublisherSettings settings, FaultPoint faults) {
        return start(settings, source(), faults);
    }

    RunningPublisher start(PublisherSettings settings, InstantSource clock) {
        RunningPublisher publisher =
                RunningPublisher.start(Publisher.create(settings, source(), registry, kafka, clock, FaultPoint.NONE));
        running.add(publisher);
        return publisher;
    }

    RunningPublisher start(PublisherSettings settings, ChangeSource source, FaultPoint faults) {
        RunningPublisher publisher = RunningPublisher.start(
                Publisher.create(settings, source, registry, kafka, InstantSource.system(), faults));
        running.add(publisher);
        return publisher;
    }

    /** Rows of all tables but notes, without a trace in the log. */
    void load(int accounts) {
        for (Write.Insert row : WriteLoad.rows(accounts)) {
            store.load(row.table(), List.<Object[]>of(row.row().toArray()));
        }
    }

    static List<SourceRecord> notes(int from, int count) {
        List<SourceRecord> notes = new ArrayList<>();
        for (int i = from; i < from + count; i++) {
            notes.add(SourceRecord.Row.upsert(
                    ContractTables.NOTES, Op.CREATE, new Object[] {String.format("n%05d", i), "body"}));
        }
        return notes;
    }

    ProducerProgress progress() {
        awaitMarkers(topics.producerProgress());
        return ProgressStore.read(kafka, topics.pipeline()).orElseThrow();
    }

    /** All committed events of lane {@code main}. */
    List<Event> events() {
        return events("main");
    }

    List<Event> events(String lane) {
        EventReader reader = EventReader.of(registry);
        List<Event> events = new ArrayList<>();
        TopicPartition partition = new TopicPartition(topics.changes(lane), 0);
        awaitMarkers(partition.topic());
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(KafkaSettings.consumer(kafka))) {
            consumer.assign(Set.of(partition));
            consumer.seekToBeginning(Set.of(partition));
            long end = consumer.endOffsets(Set.of(partition)).get(partition);
            while (consumer.position(partition) < end) {
                consumer.poll(POLL).forEach(found -> events.add(reader.read(found.value())));
            }
        }
        return events;
    }

    /** A commit is answered before its markers are written, and until then no reader sees it. */
    private void awaitMarkers(String topic) {
        try (Admin admin = Admin.create(kafka)) {
            Await.until(
                    "no open transaction in " + topic,
                    () -> end(admin, topic, IsolationLevel.READ_COMMITTED)
                            == end(admin, topic, IsolationLevel.READ_UNCOMMITTED));
        }
    }

    private static long end(Admin admin, String topic, IsolationLevel isolation) {
        TopicPartition partition = new TopicPartition(topic, 0);
        try {
            return admin.listOffsets(Map.of(partition, OffsetSpec.latest()), new ListOffsetsOptions(isolation))
                    .partitionResult(partition)
                    .get()
                    .offset();
        } catch (InterruptedException | ExecutionException e) {
            throw new AssertionError(e);
        }
    }

    void createChanges() throws Exception {
        create(new NewTopic(topics.changes("main"), 1, (short) 1));
    }

    void createProgress() throws Exception {
        create(new NewTopic(topics.producerProgress(), 1, (short) 1).configs(Map.of("cleanup.policy", "compact")));
    }

    void createSignals() throws Exception {
        create(new NewTopic(topics.signals(), 1, (short) 1));
    }

    private void create(NewTopic topic) throws Exception {
        try (Admin admin = Admin.create(kafka)) {
            Await.until("topic " + topic.name() + " created", () -> created(admin, topic));
            Await.until("topic " + topic.name() + " known", () -> names(admin).contains(topic.name()));
        }
    }

    /** A deleted topic's name is free again only after a moment. */
    private static boolean created(Admin admin, NewTopic topic) {
        try {
            admin.createTopics(List.of(topic)).all().get();
            return true;
        } catch (ExecutionException e) {
            return false;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    void delete(String topic) throws Exception {
        try (Admin admin = Admin.create(kafka)) {
            admin.deleteTopics(List.of(topic)).all().get();
            Await.until("topic " + topic + " deleted", () -> !names(admin).contains(topic));
        }
    }

    private static Set<String> names(Admin admin) {
        try {
            return admin.listTopics().names().get();
        } catch (InterruptedException | ExecutionException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        released.countDown();
        running.forEach(RunningPublisher::close);
    }
}
