package dev.sluice.cli.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.cli.signals.ControlEvents;
import dev.sluice.embedded.EmbeddedKafka;
import dev.sluice.embedded.LocalPostgres;
import dev.sluice.producers.api.CapturedTable;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Position;
import dev.sluice.schemas.Topics;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.EventWriter;
import dev.sluice.schemas.event.Source;
import dev.sluice.schemas.event.Transaction;
import dev.sluice.schemas.progress.Backfill;
import dev.sluice.schemas.progress.LaneProgress;
import dev.sluice.schemas.progress.ProducerProgress;
import dev.sluice.schemas.progress.ProgressCodec;
import dev.sluice.schemas.progress.SnapshotProgress;
import dev.sluice.schemas.registry.InMemorySchemaRegistry;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.LogicalType;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.PreparationRequest;
import dev.sluice.sinks.postgresql.control.TargetPreparation;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.database.TargetSettings;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Statement;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What a command hears of a backfill, from a publisher whose part the test plays. */
@Execution(ExecutionMode.CONCURRENT)
final class FollowingIT {
    private static final AtomicInteger NUMBERS = new AtomicInteger();
    private static final Table NOTES = new Table(
            TableId.parse("notes"),
            List.of(new Column("id", LogicalType.INT64, "bigint", false, false)),
            List.of("id"),
            List.of(),
            List.of());
    private static final Set<String> LANES = Set.of(Topics.MAIN_LANE);

    private static EmbeddedKafka broker;

    private final String pipeline = "shop" + NUMBERS.incrementAndGet();
    private final Topics topics = new Topics(pipeline);
    private final InMemorySchemaRegistry registry = new InMemorySchemaRegistry();
    private final EventWriter writer = new EventWriter(pipeline, topics.changes(Topics.MAIN_LANE), registry);
    private final Map<String, Object> kafka = new HashMap<>();
    private final List<String> notices = new ArrayList<>();
    private TargetDatabase target;
    private KafkaProducer<byte[], byte[]> producer;
    private long sequence;

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
        kafka.put("bootstrap.servers", broker.bootstrapServers());
        try (Admin admin = Admin.create(kafka)) {
            admin.createTopics(List.of(
                            new NewTopic(topics.changes(Topics.MAIN_LANE), 1, (short) 1),
                            new NewTopic(topics.producerProgress(), 1, (short) 1)))
                    .all()
                    .get();
        }
        producer = new KafkaProducer<>(kafka, new ByteArraySerializer(), new ByteArraySerializer());
        target = TargetDatabase.open(
                TargetSettings.of(LocalPostgres.temporary().createDatabase()), pipeline, InstantSource.system());
        new TargetPreparation(target, pipeline, InstantSource.system())
                .prepare(PreparationRequest.of("id", "test", Catalog.of(List.of())), false);
        target.withConnectionDo(connection -> {
            try (Statement statement = connection.createStatement()) {
                statement.execute("UPDATE sluice.progress SET sequence = 1000000");
            }
        });
    }

    @AfterEach
    void stop() {
        producer.close();
        target.close();
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
        sent(new ProducerRecord<>(topics.changes(Topics.MAIN_LANE), 0, writer.key(control), writer.value(control)));
    }

    private void hasPassed(long signals, SnapshotProgress... snapshots) {
        TreeMap<String, LaneProgress> lanes = new TreeMap<>();
        lanes.put(Topics.MAIN_LANE, new LaneProgress(sequence + 1, 0, new TreeSet<>(Set.of(NOTES.id()))));
        ProducerProgress progress =
                new ProducerProgress("id", null, lanes, new TreeMap<>(), List.of(snapshots), signals);
        sent(new ProducerRecord<>(
                topics.producerProgress(),
                0,
                pipeline.getBytes(StandardCharsets.UTF_8),
                ProgressCodec.encode(progress)));
    }

    private void sent(ProducerRecord<byte[], byte[]> toSend) {
        try {
            producer.send(toSend).get();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Hears one record at a time, from now on. */
    private ControlEvents slowReader() {
        Map<String, Object> slow = new HashMap<>(kafka);
        slow.put("max.poll.records", 1);
        return ControlEvents.fromNow(pipeline, LANES, registry, slow);
    }

    /** While seconds go by. */
    private Following following(ControlEvents events) {
        AtomicLong seconds = new AtomicLong();
        return new Following(
                target,
                pipeline,
                kafka,
                false,
                events,
                () -> Instant.ofEpochSecond(seconds.addAndGet(2)),
                notices::add);
    }

    private static Standing asked() {
        return new Standing("mine", false, 5, Set.of());
    }

    private static SnapshotProgress read(String signal, boolean done) {
        return new SnapshotProgress(NOTES.id(), "c", null, 0, 0, done, new Backfill(signal, null, false));
    }

    @Test
    void anAnswerIsHeardHoweverFarTheReaderIsBehindThePublisher() {
        try (ControlEvents events = slowReader()) {
            for (int i = 0; i < 100; i++) {
                says(Control.Kind.HEARTBEAT, null, Map.of());
            }
            says(Control.Kind.REFRESHED, "mine", Map.of());
            hasPassed(6, read("mine", true));
            Following following = following(events);
            following.expect(asked(), LANES, refused -> Optional.empty());
            List<Control> heard = new ArrayList<>();
            following.await((lane, control) -> heard.add(control), status -> {});
            assertThat(heard).hasSize(101);
            assertThat(following.standing(asked())).isEqualTo(asked());
        }
    }

    @Test
    void aPublisherThatPassesTheSignalWithoutAnAnswerIsNoticed() {
        try (ControlEvents events = slowReader()) {
            for (int i = 0; i < 20; i++) {
                says(Control.Kind.HEARTBEAT, null, Map.of());
            }
            hasPassed(6);
            Following following = following(events);
            following.expect(asked(), LANES, refused -> Optional.empty());
            assertThatThrownBy(() -> following.await((lane, control) -> {}, status -> {}))
                    .isInstanceOf(SluiceException.class)
                    .hasMessageContaining("has passed signal mine without an answer")
                    .hasMessageContaining("earlier version");
        }
    }

    @Test
    void aBackfillThatEndedBeforeAnybodyListenedIsOver() {
        says(Control.Kind.REFRESHED, "other", Map.of());
        hasPassed(6, read("other", true));
        try (ControlEvents events = slowReader()) {
            Following following = following(events);
            following.expect(
                    Standing.attachedTo(new Backfill("other", null, false)), LANES, refused -> Optional.empty());
            List<Control> heard = new ArrayList<>();
            following.await((lane, control) -> heard.add(control), status -> {});
            assertThat(heard).isEmpty();
        }
    }

    @Test
    void whoeverIsRefusedBecauseOfTheVerySameBackfillWaitsForThat() {
        Request request =
                new Request(List.of(new CapturedTable("notes", List.of("id"), NOTES)), Set.of(), Set.of(), null, false);
        try (ControlEvents events = slowReader()) {
            hasPassed(6, read("other", false));
            says(Control.Kind.REFRESHED, "mine", Map.of(Control.REFUSED, "table notes is being read again already"));
            says(Control.Kind.REFRESHED, "other", Map.of());
            Following following = following(events);
            following.expect(asked(), LANES, refused -> refused.another(request, pipeline, kafka));
            following.await((lane, control) -> {}, status -> {});
            assertThat(following.standing(asked()))
                    .extracting(Standing::signal, Standing::attached)
                    .containsExactly("other", true);
            assertThat(notices).contains("the same backfill is under way already, by signal other");
        }
        assertThat(new Standing("mine", false, 5, Set.of("other")).another(request, pipeline, kafka))
                .as("what was over before it was asked is no reason for the refusal")
                .isEmpty();
        Request withCondition = new Request(request.tables(), Set.of(), Set.of(), "id = 1", false);
        assertThat(asked().another(withCondition, pipeline, kafka)).isEmpty();
    }

    @Test
    void aRefusalForAnotherReasonIsTold() {
        try (ControlEvents events = slowReader()) {
            says(Control.Kind.REFRESHED, "mine", Map.of(Control.REFUSED, "no such column"));
            Following following = following(events);
            following.expect(asked(), LANES, refused -> Optional.empty());
            assertThatThrownBy(() -> following.await((lane, control) -> {}, status -> {}))
                    .hasMessageContaining("refuses: no such column");
        }
    }
}
