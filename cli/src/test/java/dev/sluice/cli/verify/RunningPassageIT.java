package dev.sluice.cli.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.cli.signals.ControlEvents;
import dev.sluice.cli.signals.Liveness;
import dev.sluice.cli.signals.SignalTopic;
import dev.sluice.cli.stations.Role;
import dev.sluice.embedded.EmbeddedKafka;
import dev.sluice.embedded.LocalPostgres;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Position;
import dev.sluice.schemas.Topics;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.EventWriter;
import dev.sluice.schemas.event.Source;
import dev.sluice.schemas.event.Transaction;
import dev.sluice.schemas.registry.InMemorySchemaRegistry;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.schemas.signal.Signal;
import dev.sluice.schemas.signal.SignalCodec;
import dev.sluice.sinks.postgresql.control.PreparationRequest;
import dev.sluice.sinks.postgresql.control.TargetPreparation;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.database.TargetSettings;
import java.nio.file.Path;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What is asked of a pipeline whose publisher and sink the test plays. */
@Execution(ExecutionMode.CONCURRENT)
final class RunningPassageIT {
    private static final AtomicInteger NUMBERS = new AtomicInteger();
    private static final TableId NOTES = TableId.parse("notes");
    private static final Duration LONG = Duration.ofSeconds(60);

    private static EmbeddedKafka broker;

    private final String pipeline = "passage" + NUMBERS.incrementAndGet();
    private final Topics topics = new Topics(pipeline);
    private final InMemorySchemaRegistry registry = new InMemorySchemaRegistry();
    private final EventWriter writer = new EventWriter(pipeline, topics.changes(Topics.MAIN_LANE), registry);
    private final List<String> notices = new CopyOnWriteArrayList<>();
    private final AtomicLong time = new AtomicLong();
    private TargetDatabase target;
    private KafkaProducer<byte[], byte[]> producer;
    private KafkaConsumer<byte[], byte[]> asked;
    private RunningPassage passage;
    private long sequence = 100;

    @BeforeAll
    static void startBroker(@TempDir Path directory) {
        broker = EmbeddedKafka.start(directory);
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    @BeforeEach
    void start() throws Exception {
        Map<String, Object> kafka = new HashMap<>(Map.of("bootstrap.servers", broker.bootstrapServers()));
        try (Admin admin = Admin.create(kafka)) {
            admin.createTopics(List.of(
                            new NewTopic(topics.changes(Topics.MAIN_LANE), 1, (short) 1),
                            new NewTopic(topics.signals(), 1, (short) 1)))
                    .all()
                    .get();
        }
        producer = new KafkaProducer<>(kafka, new ByteArraySerializer(), new ByteArraySerializer());
        asked = new KafkaConsumer<>(kafka, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        TopicPartition signals = new TopicPartition(topics.signals(), 0);
        asked.assign(List.of(signals));
        asked.seekToBeginning(List.of(signals));
        target = TargetDatabase.open(
                TargetSettings.of(LocalPostgres.temporary().createDatabase()), pipeline, InstantSource.system());
        new TargetPreparation(target, pipeline, InstantSource.system())
                .prepare(PreparationRequest.of("id", "test", Catalog.of(List.of())), false);
        sql("INSERT INTO sluice.instances VALUES ('" + pipeline + "', 'publisher', 'i', 'h', 1, 'infinity'), ('"
                + pipeline + "', 'sink', 'i', 'h', 1, 'infinity')");
        InstantSource clock = () -> Instant.ofEpochMilli(time.addAndGet(10));
        passage = new RunningPassage(
                pipeline,
                target,
                SignalTopic.of(pipeline, kafka),
                ControlEvents.fromNow(pipeline, Set.of(Topics.MAIN_LANE), registry, kafka),
                Map.of(NOTES, Topics.MAIN_LANE),
                new Liveness(pipeline, false, Role.SINGLE, "the comparison", Optional.of(LONG), clock, notices::add),
                clock,
                notices::add);
    }

    @AfterEach
    void stop() {
        passage.close();
        producer.close();
        asked.close();
        target.close();
    }

    private void sql(String sql) {
        target.withConnectionDo(connection -> {
            try (Statement statement = connection.createStatement()) {
                statement.execute(sql);
            }
        });
    }

    private void apply() {
        sql("UPDATE sluice.progress SET sequence = " + sequence);
    }

    /** The signals that have come since the last call, at least one. */
    private List<Signal> signals() {
        List<Signal> signals = new ArrayList<>();
        await(() -> {
            for (ConsumerRecord<byte[], byte[]> found : asked.poll(Duration.ofMillis(100))) {
                signals.add(SignalCodec.decode(found.value()));
            }
            return !signals.isEmpty();
        });
        return signals;
    }

    private void says(Control.Kind kind, String signal, Map<String, String> attributes) {
        sequence++;
        Control control = new Control(
                kind,
                signal,
                null,
                attributes,
                new Source("id", "test", "test", sequence, Position.of(new byte[] {1}), sequence, false),
                new Transaction("t", 1, 1, true),
                sequence);
        Future<RecordMetadata> unused = producer.send(
                new ProducerRecord<>(topics.changes(Topics.MAIN_LANE), 0, writer.key(control), writer.value(control)));
        producer.flush();
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + LONG.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited for too long").isLessThan(end);
            LockSupport.parkNanos(5_000_000);
        }
    }

    @Test
    void whatTheSourceHoldsIsThereWhenTheTargetHasAppliedTheAnswer() {
        CompletableFuture<Void> present = CompletableFuture.runAsync(() -> passage.awaitPresent(NOTES));
        Signal drain = signals().get(0);
        assertThat(drain.type()).isEqualTo(Signal.Type.DRAIN);
        says(Control.Kind.DRAIN, "another", Map.of());
        apply();
        says(Control.Kind.DRAIN, drain.id(), Map.of());
        long looked = time.get();
        await(() -> time.get() > looked + 3_000);
        assertThat(present).as("the answer is not applied yet").isNotDone();
        apply();
        present.join();
        assertThat(passage.isOpen()).isTrue();
    }

    @Test
    void manyWhoAskAtOnceAreAllAnswered() {
        List<CompletableFuture<Void>> all = IntStream.range(0, 8)
                .mapToObj(i -> CompletableFuture.runAsync(() -> {
                    for (int n = 0; n < 5; n++) {
                        passage.awaitPresent(NOTES);
                    }
                }))
                .toList();
        Set<String> answered = new HashSet<>();
        CompletableFuture<Void> together = CompletableFuture.allOf(all.toArray(CompletableFuture[]::new));
        await(() -> {
            for (ConsumerRecord<byte[], byte[]> found : asked.poll(Duration.ofMillis(20))) {
                String id = SignalCodec.decode(found.value()).id();
                assertThat(answered.add(id)).as("each is sent once").isTrue();
                says(Control.Kind.DRAIN, id, Map.of());
            }
            apply();
            return together.isDone();
        });
        together.join();
        assertThat(answered).hasSizeLessThanOrEqualTo(40);
    }

    @Test
    void keysAreReadAgainInSignalsOfABoundedSizeAndTheLastIsWaitedFor() {
        List<String> keys = IntStream.range(0, 450).mapToObj(i -> "[" + i + "]").toList();
        CompletableFuture<Void> refreshed = CompletableFuture.runAsync(() -> passage.refresh(NOTES, keys));
        List<Signal> refreshes = new ArrayList<>();
        while (refreshes.size() < 3) {
            refreshes.addAll(signals());
        }
        assertThat(refreshes).extracting(signal -> signal.keys().size()).containsExactly(200, 200, 50);
        says(Control.Kind.REFRESHED, refreshes.get(0).id(), Map.of());
        apply();
        says(Control.Kind.REFRESHED, refreshes.get(2).id(), Map.of());
        apply();
        refreshed.join();
    }

    @Test
    void anAnswerInPartsIsOverWithItsLastOne() {
        Asked compared = passage.expected("mine", Topics.MAIN_LANE, true);
        says(Control.Kind.COMPARE, "mine", Map.of("a", "1"));
        apply();
        says(Control.Kind.COMPARE, "mine", Map.of("b", "2", Control.LAST, "true"));
        apply();
        assertThat(compared.await()).extracting(Control::attributes).first().isEqualTo(Map.of("a", "1"));
        assertThat(compared.await()).hasSize(2);
    }

    @Test
    void aPublisherThatDoesNotKnowTheQuestionIsNoticed() {
        Asked compared = passage.expected("mine", Topics.MAIN_LANE, true);
        // Seconds go by, and something is asked that every publisher understands.
        Signal drain = signals().get(0);
        assertThat(drain.type()).isEqualTo(Signal.Type.DRAIN);
        says(Control.Kind.DRAIN, drain.id(), Map.of());
        assertThatThrownBy(compared::await)
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("has passed signal mine without an answer")
                .hasMessageContaining("earlier version");
        assertThat(passage.isOpen()).isTrue();
    }

    @Test
    void aRefusalIsTold() {
        CompletableFuture<Void> refreshed = CompletableFuture.runAsync(() -> passage.refresh(NOTES, List.of("[1]")));
        says(Control.Kind.REFRESHED, signals().get(0).id(), Map.of(Control.REFUSED, "table notes is not captured"));
        assertThatThrownBy(refreshed::join)
                .hasCauseInstanceOf(SluiceException.class)
                .hasMessageContaining("refuses signal")
                .hasMessageContaining("table notes is not captured");
        assertThat(passage.isOpen()).as("others may still ask").isTrue();
    }

    @Test
    void aPauseIsSaidOnceAndWaitedFor() {
        sql("UPDATE sluice.progress SET paused_at = now(), paused_by = 'me', paused_why = 'lunch'");
        sql("INSERT INTO sluice.lanes (pipeline, lane, state) VALUES ('" + pipeline
                + "', 'main', 'running') ON CONFLICT (pipeline, lane) DO UPDATE SET state = 'running'");
        CompletableFuture<Void> present = CompletableFuture.runAsync(() -> passage.awaitPresent(NOTES));
        says(Control.Kind.DRAIN, signals().get(0).id(), Map.of());
        long looked = time.get();
        await(() -> time.get() > looked + 5_000);
        assertThat(notices).containsExactly("the pipeline is paused; the comparison goes on with: sluice resume");
        apply();
        present.join();
    }

    private boolean isLater() {
        return time.addAndGet(100) > 0;
    }

    @Test
    void aTargetThatDoesNotMoveIsToldOfNowAndThen() {
        CompletableFuture<Void> present = CompletableFuture.runAsync(() -> passage.awaitPresent(NOTES));
        Signal drain = signals().get(0);
        await(() -> isLater() && !notices.isEmpty());
        assertThat(notices.get(0)).startsWith("waiting for an answer in lane main; its target is at sequence 0");
        says(Control.Kind.DRAIN, drain.id(), Map.of());
        await(() -> isLater() && notices.size() == 2);
        assertThat(notices.get(1))
                .startsWith(
                        "waiting for the target to apply sequence 101 of lane main; it is at 0 and has not moved for ");
        apply();
        present.join();
    }

    @Test
    void aPipelineThatDoesNotComeBackIsNotWaitedForForever() {
        CompletableFuture<Void> present = CompletableFuture.runAsync(() -> passage.awaitPresent(NOTES));
        Signal unused = signals().get(0);
        sql("DELETE FROM sluice.instances WHERE role = 'sink'");
        await(() -> !notices.isEmpty());
        assertThat(notices).containsExactly("no sink runs; the comparison goes on with: sluice run");
        time.addAndGet(LONG.toMillis());
        assertThatThrownBy(present::join).hasMessageContaining("has stopped; the comparison goes on with: sluice run");
        assertThatThrownBy(() -> passage.isOpen())
                .as("nobody goes on as if it had never run")
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("has stopped");
        assertThatThrownBy(() -> passage.awaitPresent(NOTES)).hasMessageContaining("has stopped");
    }

    @Test
    void aLaneThatHasStoppedIsToldAtOnce() {
        sql(
                "INSERT INTO sluice.lanes (pipeline, lane, state, message) VALUES ('" + pipeline
                        + "', 'main', 'stopped', 'disk full') ON CONFLICT (pipeline, lane) DO UPDATE SET state = 'stopped', message = 'disk full'");
        assertThatThrownBy(() -> passage.awaitPresent(NOTES))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("lane main has stopped: disk full");
    }

    @Test
    void whoeverIsInterruptedIsToldThatItGoesOn() throws Exception {
        CompletableFuture<Throwable> failure = new CompletableFuture<>();
        Thread waits = new Thread(() -> {
            try {
                passage.awaitPresent(NOTES);
            } catch (RuntimeException e) {
                failure.complete(e);
            }
        });
        waits.start();
        Signal unused = signals().get(0);
        waits.interrupt();
        assertThat(failure.get()).isInstanceOf(SluiceException.class).hasMessageContaining("goes on where it was");
    }

    @Test
    void whatTheTargetHeldIsForgottenBySignal() {
        sql("INSERT INTO sluice.compared (pipeline, signal, table_name, key, sequence) VALUES ('" + pipeline
                + "', 'a', 'public.notes', '[1]', 1), ('" + pipeline + "', 'b', 'public.notes', '[1]', 1)");
        passage.forget("a");
        List<String> left = target.withConnection(connection -> {
            try (var rows = connection.createStatement().executeQuery("SELECT signal FROM sluice.compared")) {
                List<String> signals = new ArrayList<>();
                while (rows.next()) {
                    signals.add(rows.getString(1));
                }
                return signals;
            }
        });
        assertThat(left).containsExactly("b");
    }
}
