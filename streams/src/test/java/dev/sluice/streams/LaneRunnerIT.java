package dev.sluice.streams;

import static dev.sluice.streams.testing.TableBuilder.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.embedded.EmbeddedKafka;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.EventReader;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.registry.InMemorySchemaRegistry;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Table;
import dev.sluice.streams.testing.Events;
import dev.sluice.streams.testing.LaneTopics;
import dev.sluice.streams.testing.Postgres;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A lane against a real broker. */
class LaneRunnerIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private static Path brokerDir;

    private static EmbeddedKafka kafka;

    @TempDir
    private Path stateDir;

    private final Table regions =
            table("regions").bigint("id").text("name").key("id").build();
    private final Table cities = table("cities")
            .bigint("id")
            .bigint("region")
            .key("id")
            .refers("region", "regions", "id")
            .build();
    private final Catalog catalog = Catalog.of(List.of(regions, cities));
    private final InMemorySchemaRegistry registry = new InMemorySchemaRegistry();
    private final AtomicReference<SluiceException> told = new AtomicReference<>();

    @BeforeAll
    static void startBroker() {
        kafka = EmbeddedKafka.start(brokerDir);
    }

    @AfterAll
    static void stopBroker() {
        kafka.close();
    }

    private LaneRunner start(LaneTopics topics) {
        LaneSettings settings = LaneSettings.of(
                        topics.pipeline(), Events.INCARNATION, "main", 1, stateDir, topics.clientProperties())
                .withReplicationFactor(1);
        return LaneRunner.start(settings, catalog, registry, told::set);
    }

    private List<Event> childrenFirst(long firstSequence, long firstId, int count) {
        List<Event> events = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            events.add(Events.upsert(cities, firstSequence + i, false, firstId + i, firstId));
        }
        events.add(Events.upsert(regions, firstSequence + count, true, firstId, "r"));
        return events;
    }

    @Test
    void aLaneThatIsStoppedAndStartedAgainLosesNothingAndRepeatsNothing() {
        try (LaneTopics topics = LaneTopics.create(kafka.bootstrapServers(), "restart", registry)) {
            Postgres postgres = new Postgres(catalog, EventReader.of(registry), 1);
            topics.publish(childrenFirst(1, 1, 2_500));
            try (LaneRunner runner = start(topics)) {
                topics.await(PATIENCE, () -> runner.status().nextSequence() > 1_000);
            }
            topics.publish(childrenFirst(2_502, 10_000, 1_200));
            try (LaneRunner runner = start(topics)) {
                topics.await(
                        PATIENCE,
                        () -> runner.status().nextSequence() == 3_703
                                && runner.status().waiting() == 0);
                assertThat(runner.status().state()).isEqualTo(LaneStatus.State.RUNNING);
            }
            for (ConsumerRecord<byte[], byte[]> each : topics.readOrdered()) {
                postgres.apply(OrderedHeader.of(each.headers()), each.value());
            }
            assertThat(postgres.rows(cities)).hasSize(3_700);
            assertThat(postgres.rows(regions)).hasSize(2);
            assertThat(postgres.waiting()).isEmpty();
            assertThat(topics.names()).contains("restart.streams.main-lane-changelog");
        }
        assertThat(told).hasNullValue();
    }

    @Test
    void aLaneWhoseGroupLostItsOffsetsReadsAgainAndDropsWhatItHandled() {
        int handled = 4_500;
        try (LaneTopics topics = LaneTopics.create(kafka.bootstrapServers(), "expired", registry)) {
            topics.publish(heartbeats(1, handled));
            try (LaneRunner runner = start(topics)) {
                topics.await(PATIENCE, () -> runner.status().nextSequence() == handled + 1);
            }
            topics.forgetGroup("expired.streams.main");
            topics.publish(heartbeats(handled + 1, 1));
            try (LaneRunner runner = start(topics)) {
                topics.await(PATIENCE, () -> runner.status().nextSequence() == handled + 2 || told.get() != null);
            }
            assertThat(told).hasNullValue();
            assertThat(topics.readOrdered()).hasSize(handled + 1);
        }
    }

    private static List<Event> heartbeats(long firstSequence, int count) {
        return LongStream.range(firstSequence, firstSequence + count)
                .<Event>mapToObj(Events::heartbeat)
                .toList();
    }

    @Test
    void aSourceWhoseClockIsAheadOfTheBrokersDoesNotStopTheLane() {
        LaneTopics.setLargestTimeAhead(kafka.bootstrapServers(), Duration.ofHours(1));
        try (LaneTopics topics = LaneTopics.create(kafka.bootstrapServers(), "ahead", registry)) {
            long ahead = System.currentTimeMillis() + Duration.ofHours(5).toMillis();
            topics.publishAt(ahead, List.of(Events.heartbeat(1)));
            try (LaneRunner runner = start(topics)) {
                topics.await(PATIENCE, () -> topics.readOrdered().size() == 1 || told.get() != null);
                assertThat(runner.status().failure()).isNull();
            }
            assertThat(topics.readOrdered()).hasSize(1);
        } finally {
            LaneTopics.setLargestTimeAhead(kafka.bootstrapServers(), Duration.ofMillis(Long.MAX_VALUE));
        }
    }

    @Test
    void aGapStopsTheLaneTellsWhyAndKeepsWhatWasBefore() throws Exception {
        try (LaneTopics topics = LaneTopics.create(kafka.bootstrapServers(), "gap", registry)) {
            topics.publish(List.of(Events.heartbeat(1), Events.heartbeat(2)));
            try (LaneRunner runner = start(topics)) {
                topics.await(PATIENCE, () -> topics.readOrdered().size() == 2);
                topics.publish(List.of(Events.heartbeat(4)));

                assertThatThrownBy(runner::await)
                        .isInstanceOf(SluiceException.class)
                        .hasMessageContaining("expected sequence 3, found 4 at gap.changes.main partition 0 offset")
                        .extracting(e -> ((SluiceException) e).kind())
                        .isEqualTo(ErrorKind.REFUSED);
                assertThat(runner.status().state()).isEqualTo(LaneStatus.State.FAILED);
                assertThat(runner.status().failure()).contains("expected sequence 3");
                assertThat(told.get()).hasMessageContaining("expected sequence 3");
            }
            assertThat(topics.readOrdered()).hasSize(2);
        }
    }

    @Test
    void otherForeignKeysThanTheStateWasMadeUnderAreRefusedAtStart() throws Exception {
        try (LaneTopics topics = LaneTopics.create(kafka.bootstrapServers(), "altered", registry)) {
            topics.publish(List.of(Events.upsert(cities, 1, true, 1L, 7L)));
            LaneSettings settings = LaneSettings.of(
                            "altered", Events.INCARNATION, "main", 1, stateDir, topics.clientProperties())
                    .withReplicationFactor(1);
            try (LaneRunner runner = LaneRunner.start(settings, catalog, registry, told::set)) {
                topics.await(PATIENCE, () -> runner.status().waiting() == 1);
            }
            Table loose =
                    table("cities").bigint("id").bigint("region").key("id").build();
            Catalog altered = Catalog.of(List.of(regions, loose));
            try (LaneRunner runner = LaneRunner.start(settings, altered, registry, told::set)) {
                assertThatThrownBy(runner::await)
                        .isInstanceOf(SluiceException.class)
                        .hasMessageContaining("cities_region_fk")
                        .extracting(e -> ((SluiceException) e).kind())
                        .isEqualTo(ErrorKind.REFUSED);
            }
        }
    }

    @Test
    void aMissingTopicStopsTheLaneByName() {
        try (LaneTopics topics = LaneTopics.create(kafka.bootstrapServers(), "present", registry)) {
            LaneSettings settings =
                    LaneSettings.of("absent", Events.INCARNATION, "main", 1, stateDir, topics.clientProperties());
            try (LaneRunner runner = LaneRunner.start(settings, catalog, registry, told::set)) {
                assertThatThrownBy(runner::await)
                        .isInstanceOf(SluiceException.class)
                        .hasMessageContaining("lane main stopped")
                        .extracting(e -> ((SluiceException) e).kind())
                        .isEqualTo(ErrorKind.KAFKA);
            }
        }
    }

    @Test
    void aLaneThatIsClosedHasEnded() throws Exception {
        try (LaneTopics topics = LaneTopics.create(kafka.bootstrapServers(), "closed", registry)) {
            LaneRunner runner = start(topics);
            topics.await(PATIENCE, () -> runner.status().state() == LaneStatus.State.RUNNING);
            runner.close();
            runner.close();
            runner.await();
            assertThat(runner.status().state()).isEqualTo(LaneStatus.State.STOPPED);
        }
    }

    @Test
    void ofTwoLanesInOneProcessOneStopsAtAGapAndTheOtherGoesOn() throws Exception {
        AtomicReference<SluiceException> stopped = new AtomicReference<>();
        try (LaneTopics one = LaneTopics.create(kafka.bootstrapServers(), "pair", "public.one", registry);
                LaneTopics two = LaneTopics.create(kafka.bootstrapServers(), "pair", "public.two", registry)) {
            try (LaneRunner first = lane("public.one", one, stopped::set);
                    LaneRunner second = lane("public.two", two, told::set)) {
                one.publish(List.of(Events.heartbeat(1)));
                one.await(PATIENCE, () -> one.readOrdered().size() == 1);
                one.publish(List.of(Events.heartbeat(3)));
                two.publish(childrenFirst(1, 1, 500));
                assertThatThrownBy(first::await).hasMessageContaining("lane public.one stopped: expected sequence 2");
                two.publish(childrenFirst(502, 1_000, 500));
                two.await(PATIENCE, () -> second.status().nextSequence() == 1_003 || told.get() != null);

                assertThat(stopped.get()).hasMessageContaining("public.one");
                assertThat(first.status().state()).isEqualTo(LaneStatus.State.FAILED);
                assertThat(second.status().state()).isEqualTo(LaneStatus.State.RUNNING);
                two.await(PATIENCE, () -> two.readOrdered().size() == 2_002);
            }
            assertThat(one.readOrdered()).hasSize(1);
            assertThat(told).hasNullValue();
        }
    }

    private LaneRunner lane(String name, LaneTopics topics, Consumer<SluiceException> onFailure) {
        LaneSettings settings = LaneSettings.of(
                        topics.pipeline(), Events.INCARNATION, name, 1, stateDir, topics.clientProperties())
                .withReplicationFactor(1);
        return LaneRunner.start(settings, catalog, registry, onFailure);
    }
}
