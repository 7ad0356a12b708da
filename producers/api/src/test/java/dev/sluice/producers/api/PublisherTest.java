package dev.sluice.producers.api;

import static dev.sluice.producers.api.ContractTables.ACCOUNTS;
import static dev.sluice.producers.api.ContractTables.NOTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.embedded.EmbeddedKafka;
import dev.sluice.producers.api.FaultPoint.Place;
import dev.sluice.producers.api.PublisherStatus.Phase;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.Rejected;
import dev.sluice.schemas.progress.ProducerProgress;
import dev.sluice.schemas.progress.SnapshotProgress;
import dev.sluice.schemas.registry.InMemorySchemaRegistry;
import dev.sluice.schemas.relational.TableId;
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

/** On a real broker. Every test has a pipeline of its own. */
class PublisherTest {
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

    @Test
    void rowsThenChangesArePublishedOnceInOrder() throws Exception {
        try (TestLane lane = lane()) {
            load(lane.store(), 10);
            RunningPublisher publisher = lane.start(lane.settings()).caughtUp(lane.store());
            for (int i = 0; i < 5; i++) {
                lane.store().commit(notes(i * 3, 3));
            }
            lane.store().commit(List.of(SourceRecord.Row.delete(NOTES, new Object[] {"n00001", null})));
            publisher.caughtUp(lane.store());
            PublisherStatus status = publisher.stop();
            List<Event> events = lane.events();
            Published.assertGood(events, lane.store());
            assertThat(status.phase()).isEqualTo(Phase.STOPPED);
            assertThat(status.nextSequence()).isEqualTo(events.size() + 1);
            assertThat(status.events()).isEqualTo(events.size());
            assertThat(status.tables()).allMatch(PublisherStatus.TableStatus::done);
            assertThat(status.completeAsOf()).isPresent();
        }
    }

    @Test
    void aTablesSnapshotStandsBetweenItsBeginAndItsEnd() throws Exception {
        try (TestLane lane = lane()) {
            load(lane.store(), 10);
            lane.start(lane.settings()).caughtUp(lane.store()).stop();
            List<Event> events = lane.events();
            List<Control> begins = Published.controls(events, Control.Kind.SNAPSHOT_BEGIN);
            List<Control> ends = Published.controls(events, Control.Kind.SNAPSHOT_END);
            assertThat(begins).extracting(Control::table).containsExactly(ids());
            assertThat(ends).extracting(Control::table).containsExactly(ids());
            assertThat(begins.get(0).attributes()).containsEntry("estimated", "10");
            assertThat(ends.get(0).attributes())
                    .containsEntry(Control.ROWS, "10")
                    .containsEntry("rejected", "0");
            assertThat(ends.get(1).attributes()).as("an empty table").containsEntry(Control.ROWS, "0");
            assertThat(events.subList(events.indexOf(begins.get(0)), events.indexOf(ends.get(0))))
                    .filteredOn(event -> event.source().snapshot())
                    .hasSize(10);
        }
    }

    @Test
    void theTailGoesOnBetweenTheChunksOfASnapshot() throws Exception {
        try (TestLane lane = lane().cuts()) {
            load(lane.store(), 40);
            WriteLoad load = new WriteLoad(11, state(lane.store()));
            FaultPoint writes = place -> {
                if (place == Place.BEFORE_COMMIT && lane.store().size() < 60) {
                    lane.store().commit(ListFixture.records(load.next()));
                }
            };
            lane.start(lane.settings().withCommitInterval(Duration.ZERO), writes)
                    .caughtUp(lane.store())
                    .stop();
            Published.assertGood(lane.events(), lane.store());
        }
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
            load(lane.store(), 10);
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
            ProducerProgress progress = progress(lane);
            assertThat(progress.transactionOrder()).isBetween(50L, 950L);

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
    void theProgressSaysHowFarEachTableIs() throws Exception {
        try (TestLane lane = lane()) {
            load(lane.store(), 10);
            assertThat(ProgressStore.read(lane.kafka(), lane.topics().pipeline()))
                    .isEmpty();
            AtomicInteger commits = new AtomicInteger();
            RunningPublisher dying = lane.start(lane.settings().withCommitInterval(Duration.ZERO), place -> {
                if (place == Place.AFTER_COMMIT && commits.incrementAndGet() == 2) {
                    throw new IllegalStateException("out of luck");
                }
            });
            assertThat(dying.failure()).hasMessage("out of luck");
            SnapshotProgress accounts = progress(lane).snapshots().get(0);
            assertThat(accounts.rows()).isEqualTo(6);
            assertThat(accounts.done()).isFalse();

            PublisherStatus status =
                    lane.start(lane.settings()).caughtUp(lane.store()).stop();
            assertThat(status.tables().get(0))
                    .isEqualTo(new PublisherStatus.TableStatus(ACCOUNTS.id(), 10, 10, true, 0));
            assertThat(progress(lane).nextSequence()).isEqualTo(Map.of("main", status.nextSequence()));
            assertThat(progress(lane).snapshots()).allMatch(SnapshotProgress::done);
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
            load(lane.store(), 4);
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
            load(lane.store(), 4);
            lane.start(lane.settings()).caughtUp(lane.store()).stop();
            ProducerProgress progress = progress(lane);
            lane.delete(lane.topics().changes("main"));
            assertRefused(lane, lane.topics().changes("main"));
            lane.createChanges();
            assertRefused(lane, lane.topics().changes("main"));
            assertThat(lane.events()).isEmpty();
            assertThat(progress(lane)).isEqualTo(progress);
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

    @Test
    void anIdlePublisherSaysThatItIsComplete() throws Exception {
        try (TestLane lane = lane()) {
            RunningPublisher publisher = lane.start(lane.settings().withHeartbeat(Duration.ofMillis(20)));
            publisher.caughtUp(lane.store());
            Await.until("three heartbeats", () -> heartbeats(lane).size() >= 3);
            lane.store().commit(notes(0, 2));
            int before = heartbeats(lane).size();
            publisher.caughtUp(lane.store());
            Await.until("heartbeats after a change", () -> heartbeats(lane).size() > before + 1);
            publisher.stop();
            Published.assertGood(lane.events(), lane.store());
            assertThat(heartbeats(lane))
                    .extracting(heartbeat -> heartbeat.source().commitMillis())
                    .isSorted()
                    .allSatisfy(asOf -> assertThat(asOf).isLessThanOrEqualTo(System.currentTimeMillis()));
        }
    }

    @Test
    void whatCannotTravelIsRejectedInItsPlace() throws Exception {
        try (TestLane lane = lane()) {
            PublisherSettings settings = lane.settings().withMaxRecordBytes(8_192);
            lane.store().load(NOTES, List.of(new Object[] {"good", "body"}, new Object[] {"huge", "x".repeat(9_000)}));
            RunningPublisher publisher = lane.start(settings).caughtUp(lane.store());
            lane.store()
                    .log(List.of(
                            SourceRecord.Row.upsert(NOTES, Op.CREATE, new Object[] {null, "no key"}),
                            new SourceRecord.Refused(
                                    NOTES.id(),
                                    Op.CREATE,
                                    "[\"bad\"]",
                                    "body",
                                    "nul-character",
                                    "no NUL",
                                    new byte[9_000],
                                    "list/1"),
                            SourceRecord.Row.upsert(NOTES, Op.CREATE, new Object[] {"fine", "body"})));
            PublisherStatus status = publisher.caughtUp(lane.store()).stop();
            List<Event> events = lane.events();
            Published.assertGapFree(events);
            Published.assertWholeTransactions(events);
            assertThat(events.stream().filter(Rejected.class::isInstance).map(event -> ((Rejected) event).reason()))
                    .containsExactly("record-too-large", "null-key", "nul-character");
            assertThat(Published.controls(events, Control.Kind.SNAPSHOT_END)
                            .get(1)
                            .attributes())
                    .containsEntry(Control.ROWS, "2")
                    .containsEntry("rejected", "1");
            assertThat(status.tables().get(1).rejected()).isEqualTo(3);
            assertThat(progress(lane).snapshots().get(1).rejected()).isEqualTo(1);
        }
    }

    @Test
    void theSourceIsToldWhatItMayForgetAndClosed() throws Exception {
        try (TestLane lane = lane()) {
            lane.store().commit(notes(0, 3));
            RunningPublisher publisher = lane.start(lane.settings()).caughtUp(lane.store());
            lane.store().commit(notes(3, 3));
            publisher.caughtUp(lane.store()).stop();
            assertThat(lane.store().forgotten()).isEqualTo(2);
            lane.start(lane.settings()).caughtUp(lane.store()).stop();
        }
    }

    private static TestLane lane() throws Exception {
        return new TestLane(broker.bootstrapServers(), "p" + PIPELINES.incrementAndGet());
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

    private static void assertRefused(TestLane lane, String topic) {
        SluiceException refusal = lane.start(lane.settings()).refusal();
        assertThat(refusal.kind()).isEqualTo(ErrorKind.REFUSED);
        assertThat(refusal.getMessage()).contains(topic);
    }

    private static ProducerProgress progress(TestLane lane) {
        return ProgressStore.read(lane.kafka(), lane.topics().pipeline()).orElseThrow();
    }

    private static List<Control> heartbeats(TestLane lane) {
        return Published.controls(lane.events(), Control.Kind.HEARTBEAT);
    }

    private static TableId[] ids() {
        return ContractTables.ALL.stream().map(table -> table.id()).toArray(TableId[]::new);
    }

    private static void load(ListStore store, int accounts) {
        for (Write.Insert row : WriteLoad.rows(accounts)) {
            store.load(row.table(), List.<Object[]>of(row.row().toArray()));
        }
    }

    private static SourceState state(ListStore store) {
        SourceState state = SourceState.empty();
        ContractTables.ALL.forEach(table -> store.rows(table)
                .forEach(row -> state.rows(table).put(RecordText.key(table, row), Arrays.asList(row))));
        return state;
    }

    private static List<SourceRecord> notes(int from, int count) {
        List<SourceRecord> notes = new ArrayList<>();
        for (int i = from; i < from + count; i++) {
            notes.add(SourceRecord.Row.upsert(NOTES, Op.CREATE, new Object[] {String.format("n%05d", i), "body"}));
        }
        return notes;
    }
}
