package dev.sluice.producers.api;

import static dev.sluice.producers.api.ContractTables.ACCOUNTS;
import static dev.sluice.producers.api.TestLane.notes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.embedded.EmbeddedKafka;
import dev.sluice.producers.api.FaultPoint.Place;
import dev.sluice.producers.api.PublisherStatus.Phase;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.Transaction;
import dev.sluice.schemas.progress.ProducerProgress;
import dev.sluice.schemas.progress.SnapshotProgress;
import dev.sluice.schemas.registry.InMemorySchemaRegistry;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Where a publisher goes on, and when it must not, on a real broker. Every test has a pipeline of its own. */
class PublisherRestartTest {
    private static final AtomicInteger PIPELINES = new AtomicInteger();
    private static EmbeddedKafka broker;

    @BeforeAll
    static void startBroker(@TempDir Path directory) {
        broker = EmbeddedKafka.start(directory);
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    static Stream<Arguments> crashes() {
        return Arrays.stream(Place.values())
                .flatMap(place -> Stream.of(1, 2, 7, 12)
                        // The source is told once per second at most.
                        .filter(number -> place != Place.BEFORE_SOURCE_COMMITTED || number == 1)
                        .map(number -> Arguments.of(place, number)));
    }

    /** The first publisher hangs like a process that was stopped; a second one takes over; then the first wakes up. */
    @ParameterizedTest(name = "{0} number {1}")
    @MethodSource("crashes")
    void aPublisherGoesOnWhereAnotherOneWasCutOff(Place place, int number) throws Exception {
        try (TestLane lane = lane()) {
            lane.load(10);
            lane.store().commit(notes(0, 5));
            CountDownLatch hanging = new CountDownLatch(1);
            RunningPublisher first = lane.start(
                    lane.settings().withCommitInterval(Duration.ZERO), hangAt(place, number, hanging, lane.released()));
            Await.until("first publisher hangs", () -> {
                first.requireAlive();
                feed(lane.store());
                return hanging.getCount() == 0;
            });
            RunningPublisher second = lane.start(lane.settings()).caughtUp(lane.store());
            lane.released().countDown();
            lane.store().commit(notes(5_000, 6));
            assertThat(first.refusal().kind()).isEqualTo(ErrorKind.REFUSED);
            assertThat(first.refusal().getMessage()).contains(lane.settings().transactionalId());
            second.caughtUp(lane.store()).stop();
            Published.assertGood(lane.events(), lane.store());
        }
    }

    @Test
    void aPublisherThatDiedOfItsSourceGoesOnInAHugeTransaction() throws Exception {
        try (TestLane lane = lane()) {
            PublisherSettings settings = lane.settings().withMaxRecordsPerTransaction(50);
            RunningPublisher before = lane.start(settings).caughtUp(lane.store());
            before.stop();
            lane.store().commit(notes(0, 1_000));
            AtomicInteger commits = new AtomicInteger();
            RunningPublisher dying = lane.start(settings, place -> {
                if (place == Place.AFTER_COMMIT && commits.incrementAndGet() == 7) {
                    throw new IllegalStateException("out of luck");
                }
            });
            assertThat(dying.failure()).hasMessage("out of luck");
            assertThat(order(lane)).isBetween(50L, 950L);

            PublisherStatus status = lane.start(settings).caughtUp(lane.store()).stop();
            assertThat(status.transactions()).isGreaterThanOrEqualTo(10);
            List<Event> events = lane.events();
            Published.assertGood(events, lane.store());
            assertThat(events.stream()
                            .filter(event -> event.transaction().totalOrder() > 1
                                    && event.transaction().last()))
                    .singleElement()
                    .satisfies(
                            last -> assertThat(last.transaction().totalOrder()).isEqualTo(1_000));
        }
    }

    @Test
    void aTransactionWhoseRestIsNotCapturedAnyMoreIsEnded() throws Exception {
        try (TestLane lane = lane()) {
            lane.start(lane.settings()).caughtUp(lane.store()).stop();
            lane.store().commit(notes(0, 100));
            RunningPublisher dying = lane.start(lane.settings().withCommitInterval(Duration.ZERO), place -> {
                if (place == Place.AFTER_COMMIT) {
                    throw new IllegalStateException("out of luck");
                }
            });
            assertThat(dying.failure()).hasMessage("out of luck");
            assertThat(order(lane)).isBetween(1L, 99L);

            lane.start(lane.settings(), withoutTail(lane.source()), FaultPoint.NONE)
                    .caughtUp(lane.store())
                    .stop();
            assertThat(order(lane)).isZero();
            assertThat(lane.events())
                    .last()
                    .satisfies(event -> assertThat(event.transaction())
                            .isEqualTo(new Transaction(event.transaction().id(), 1, 1, true)));
        }
    }

    /** Finds nothing in the tail, whatever stands there. */
    private static ChangeSource withoutTail(ChangeSource source) {
        InvocationHandler handler = (proxy, method, arguments) -> {
            Object answer = method.invoke(source, arguments);
            while (answer instanceof Polled polled && polled.part().isPresent()) {
                answer = method.invoke(source, arguments);
            }
            return answer;
        };
        return (ChangeSource) Proxy.newProxyInstance(
                ChangeSource.class.getClassLoader(), new Class<?>[] {ChangeSource.class}, handler);
    }

    @Test
    void theProgressSaysHowFarEachTableIs() throws Exception {
        try (TestLane lane = lane()) {
            lane.load(10);
            assertThat(ProgressStore.read(lane.kafka(), lane.topics().pipeline()))
                    .isEmpty();
            AtomicInteger commits = new AtomicInteger();
            RunningPublisher dying = lane.start(lane.settings().withCommitInterval(Duration.ZERO), place -> {
                if (place == Place.AFTER_COMMIT && commits.incrementAndGet() == 2) {
                    throw new IllegalStateException("out of luck");
                }
            });
            assertThat(dying.failure()).hasMessage("out of luck");
            SnapshotProgress accounts = lane.progress().snapshots().get(0);
            assertThat(accounts.rows()).isEqualTo(6);
            assertThat(accounts.done()).isFalse();

            PublisherStatus status =
                    lane.start(lane.settings()).caughtUp(lane.store()).stop();
            assertThat(status.tables().get(0))
                    .isEqualTo(new PublisherStatus.TableStatus(ACCOUNTS.id(), 10, 10, true, 0));
            assertThat(lane.progress().nextSequence()).isEqualTo(Map.of("main", status.nextSequence()));
            assertThat(lane.progress().snapshots()).allMatch(SnapshotProgress::done);
        }
    }

    @Test
    void aSecondPublisherFencesTheFirst() throws Exception {
        try (TestLane lane = lane()) {
            RunningPublisher first = lane.start(lane.settings()).caughtUp(lane.store());
            RunningPublisher second = lane.start(lane.settings()).caughtUp(lane.store());
            lane.store().commit(notes(0, 3));
            SluiceException refusal = first.refusal();
            assertThat(refusal.kind()).isEqualTo(ErrorKind.REFUSED);
            assertThat(refusal.getMessage())
                    .contains(lane.settings().transactionalId(), lane.topics().changes("main"));
            assertThat(first.status().phase()).isEqualTo(Phase.STOPPED);
            second.caughtUp(lane.store()).stop();
            assertThat(lane.events()).filteredOn(Change.class::isInstance).hasSize(3);
            Published.assertGood(lane.events(), lane.store());
        }
    }

    @Test
    void aLaneIsTakenOverFromAPublisherInFullSwing() throws Exception {
        try (TestLane lane = lane()) {
            PublisherSettings settings = lane.settings().withCommitInterval(Duration.ZERO);
            List<RunningPublisher> publishers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                FaultPoint writes = place -> {
                    if (place == Place.BEFORE_COMMIT) {
                        lane.store().commit(notes(lane.store().size() * 10, 2));
                    }
                };
                RunningPublisher publisher = lane.start(settings, writes);
                publishers.add(publisher);
                int before = lane.store().size();
                lane.store().commit(notes(before * 10, 2));
                Await.until("it publishes", () -> {
                    publisher.requireAlive();
                    return lane.store().size() > before + 30;
                });
            }
            for (RunningPublisher fenced : publishers.subList(0, 3)) {
                assertThat(fenced.refusal().getMessage()).contains(settings.transactionalId());
            }
            publishers.get(3).stop();
            lane.start(settings).caughtUp(lane.store()).stop();
            Published.assertGood(lane.events(), lane.store());
        }
    }

    @Test
    void anotherIncarnationIsRefusedAndFencesNobody() throws Exception {
        try (TestLane lane = lane()) {
            RunningPublisher ours = lane.start(lane.settings()).caughtUp(lane.store());
            RunningPublisher foreign =
                    lane.start(PublisherSettings.of(lane.topics().pipeline(), "id-2"));
            assertThat(foreign.refusal().kind()).isEqualTo(ErrorKind.REFUSED);
            assertThat(foreign.refusal().getMessage()).contains("id-1", "id-2");
            lane.store().commit(notes(0, 3));
            ours.caughtUp(lane.store()).stop();
            Published.assertGood(lane.events(), lane.store());
        }
    }

    @Test
    void aLostProgressIsRefusedAndNothingIsWritten() throws Exception {
        try (TestLane lane = lane()) {
            lane.load(4);
            lane.start(lane.settings()).caughtUp(lane.store()).stop();
            int published = lane.events().size();
            lane.delete(lane.topics().producerProgress());
            assertRefused(lane, lane.topics().producerProgress());
            lane.createProgress();
            assertRefused(lane, lane.topics().producerProgress());
            assertThat(lane.events()).hasSize(published);
        }
    }

    @Test
    void lostChangesAreRefusedAndNothingIsWritten() throws Exception {
        try (TestLane lane = lane()) {
            lane.load(4);
            lane.start(lane.settings()).caughtUp(lane.store()).stop();
            ProducerProgress progress = lane.progress();
            lane.delete(lane.topics().changes("main"));
            assertRefused(lane, lane.topics().changes("main"));
            lane.createChanges();
            assertRefused(lane, lane.topics().changes("main"));
            assertThat(lane.events()).isEmpty();
            assertThat(lane.progress()).isEqualTo(progress);
        }
    }

    @Test
    void missingTopicsAreNamed() throws Exception {
        try (TestLane lane = lane()) {
            lane.delete(lane.topics().changes("main"));
            SluiceException refusal = lane.start(lane.settings()).refusal();
            assertThat(refusal.kind()).isEqualTo(ErrorKind.KAFKA);
            assertThat(refusal.getMessage()).contains(lane.topics().changes("main"), "prepare");
        }
    }

    @Test
    void aBrokerThatIsNotThereIsNamed() {
        Publisher publisher = Publisher.create(
                PublisherSettings.of("nobody", "id-1"),
                new ListSource(
                        new ListStore(InstantSource.system(), ContractTables.captured()),
                        Capabilities.Transactions.EXACT,
                        InstantSource.system()),
                new InMemorySchemaRegistry(),
                Map.of("bootstrap.servers", "127.0.0.1:1", "default.api.timeout.ms", 500),
                InstantSource.system());
        assertThatThrownBy(publisher::run).isInstanceOfSatisfying(SluiceException.class, e -> {
            assertThat(e.kind()).isEqualTo(ErrorKind.KAFKA);
            assertThat(e.getMessage()).contains("127.0.0.1:1");
        });
        publisher.close();
    }

    private static FaultPoint hangAt(Place place, int number, CountDownLatch hanging, CountDownLatch released) {
        AtomicInteger reached = new AtomicInteger();
        return now -> {
            if (now == place && reached.incrementAndGet() == number) {
                hanging.countDown();
                try {
                    released.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
        };
    }

    /** Keeps a publisher busy that is to be caught at a late moment. */
    private static void feed(ListStore store) {
        if (store.size() < 40) {
            store.commit(notes(100 + store.size() * 10, 9));
        }
    }

    private static long order(TestLane lane) {
        return lane.progress().lanes().get("main").transactionOrder();
    }

    private static void assertRefused(TestLane lane, String topic) {
        SluiceException refusal = lane.start(lane.settings()).refusal();
        assertThat(refusal.kind()).isEqualTo(ErrorKind.REFUSED);
        assertThat(refusal.getMessage()).contains(topic);
    }

    private static TestLane lane() throws Exception {
        return new TestLane(broker.bootstrapServers(), "p" + PIPELINES.incrementAndGet());
    }
}
