package dev.sluice.producers.api;

import static dev.sluice.producers.api.TestLane.notes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.embedded.EmbeddedKafka;
import dev.sluice.producers.api.FaultPoint.Place;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.Transaction;
import dev.sluice.schemas.progress.ProducerProgress;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.LaneLayout;
import dev.sluice.schemas.signal.Signal;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** One source in two lanes, on a real broker. Every test has a pipeline of its own. */
class PublishedLanesTest {
    private static final String ACCOUNTS = "public.accounts";
    private static final String NOTES = "public.notes";
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
    void eachLaneHasItsOwnTablesInItsOwnOrder() throws Exception {
        try (TestLane lanes = lanes()) {
            lanes.load(10);
            RunningPublisher publisher = lanes.start(lanes.settings()).caughtUp(lanes.store());
            for (int i = 0; i < 5; i++) {
                lanes.store().commit(both(i));
            }
            PublisherStatus status = publisher.caughtUp(lanes.store()).stop();
            assertGood(lanes);
            assertThat(tables(lanes.events(ACCOUNTS))).containsExactly("accounts", "lines", "savings");
            assertThat(tables(lanes.events(NOTES))).containsExactly("notes");
            for (Control.Kind kind : List.of(Control.Kind.SNAPSHOT_BEGIN, Control.Kind.SNAPSHOT_END)) {
                assertThat(Published.controls(lanes.events(ACCOUNTS), kind)).hasSize(3);
                assertThat(Published.controls(lanes.events(NOTES), kind))
                        .extracting(Control::table)
                        .containsExactly(ContractTables.NOTES.id());
            }
            assertThat(status.nextSequences())
                    .isEqualTo(Map.of(
                            ACCOUNTS,
                            lanes.events(ACCOUNTS).size() + 1L,
                            NOTES,
                            lanes.events(NOTES).size() + 1L))
                    .isEqualTo(lanes.progress().nextSequence());
            assertThat(status.nextSequence()).isEqualTo(status.events() + 2);
        }
    }

    @Test
    void everyLaneIsToldOfTheSameInstants() throws Exception {
        try (TestLane lanes = lanes()) {
            RunningPublisher publisher = lanes.start(lanes.settings().withHeartbeat(Duration.ofMillis(20)));
            publisher.caughtUp(lanes.store());
            Await.until("three heartbeats", () -> instants(lanes, NOTES).size() >= 3);
            publisher.stop();
            assertThat(instants(lanes, ACCOUNTS)).isEqualTo(instants(lanes, NOTES));
        }
    }

    @Test
    void aSourceThatIsNeverIdleLeavesNoLaneWithoutNewsAndNoDrainWithoutAnswer() throws Exception {
        try (TestLane lanes = lanes().cuts()) {
            ChangeSource source = lanes.source();
            AtomicInteger polls = new AtomicInteger();
            InvocationHandler busy = (proxy, method, arguments) -> {
                if (method.getName().equals("poll")) {
                    lanes.store().commit(notes(polls.incrementAndGet() * 10, 1));
                }
                return method.invoke(source, arguments);
            };
            ChangeSource never = (ChangeSource) Proxy.newProxyInstance(
                    ChangeSource.class.getClassLoader(), new Class<?>[] {ChangeSource.class}, busy);
            RunningPublisher publisher =
                    lanes.start(lanes.settings().withHeartbeat(Duration.ofMillis(20)), never, FaultPoint.NONE);
            lanes.send(Signal.drain("d", "test"));
            Await.until("heartbeats and the answer", () -> {
                publisher.requireAlive();
                return publisher.status().nextSequences().getOrDefault(ACCOUNTS, 0L) > 12
                        && ProgressStore.read(lanes.kafka(), lanes.topics().pipeline())
                                .filter(progress -> progress.signalsOffset() == 1)
                                .isPresent();
            });
            publisher.stop();
            for (String lane : List.of(ACCOUNTS, NOTES)) {
                assertThat(Published.controls(lanes.events(lane), Control.Kind.DRAIN))
                        .hasSize(1);
            }
            assertThat(instants(lanes, ACCOUNTS)).hasSizeGreaterThan(1).isEqualTo(instants(lanes, NOTES));
            Published.assertGapFree(lanes.events(NOTES));
        }
    }

    static Stream<Arguments> crashes() {
        return Stream.of(Place.BEFORE_SEND, Place.BEFORE_COMMIT, Place.AFTER_COMMIT)
                .flatMap(place -> Stream.of(2, 4).map(number -> Arguments.of(place, number)));
    }

    /** Dies among the records and commits of transactions over both lanes. */
    @ParameterizedTest(name = "{0} number {1}")
    @MethodSource("crashes")
    void aTransactionOverTwoLanesIsInBothOrInNeitherWhereverThePublisherDies(Place place, int number) throws Exception {
        try (TestLane lanes = lanes()) {
            PublisherSettings settings = lanes.settings().withCommitInterval(Duration.ZERO);
            lanes.start(settings).caughtUp(lanes.store()).stop();
            for (int i = 0; i < 4; i++) {
                lanes.store().commit(both(i));
            }
            AtomicInteger reached = new AtomicInteger();
            RunningPublisher dying = lanes.start(settings, now -> {
                if (now == place && reached.incrementAndGet() == number) {
                    throw new IllegalStateException("out of luck");
                }
            });
            assertThat(dying.failure()).hasMessage("out of luck");
            assertThat(transactions(lanes, ACCOUNTS)).isEqualTo(transactions(lanes, NOTES));
            lanes.start(settings).caughtUp(lanes.store()).stop();
            assertGood(lanes);
            assertThat(transactions(lanes, ACCOUNTS))
                    .isEqualTo(transactions(lanes, NOTES))
                    .hasSize(4);
        }
    }

    @Test
    void aHugeTransactionEndsInEveryLaneWhereverItsLastEventIs() throws Exception {
        try (TestLane lanes = lanes()) {
            PublisherSettings settings = lanes.settings().withMaxRecordsPerTransaction(50);
            lanes.start(settings).caughtUp(lanes.store()).stop();
            List<SourceRecord> huge = new ArrayList<>(notes(0, 60));
            for (long i = 0; i < 400; i++) {
                huge.add(account(i));
            }
            lanes.store().commit(huge);
            AtomicInteger commits = new AtomicInteger();
            RunningPublisher dying = lanes.start(settings, place -> {
                if (place == Place.AFTER_COMMIT && commits.incrementAndGet() == 3) {
                    throw new IllegalStateException("out of luck");
                }
            });
            assertThat(dying.failure()).hasMessage("out of luck");
            ProducerProgress progress = lanes.progress();
            assertThat(progress.lanes().get(NOTES).transactionOrder()).isEqualTo(60);
            assertThat(progress.lanes().get(ACCOUNTS).transactionOrder()).isBetween(1L, 399L);

            lanes.start(settings).caughtUp(lanes.store()).stop();
            assertGood(lanes);
            assertThat(lasts(lanes.events(ACCOUNTS), Change.class))
                    .extracting(Transaction::totalOrder)
                    .containsExactly(400L);
            assertThat(lasts(lanes.events(NOTES), Change.class)).isEmpty();
            assertThat(lanes.events(NOTES)).last().isInstanceOfSatisfying(Control.class, end -> {
                assertThat(end.kind()).isEqualTo(Control.Kind.HEARTBEAT);
                assertThat(end.transaction().last()).isTrue();
            });
            assertThat(lanes.progress().isInsideTransaction()).isFalse();
        }
    }

    @Test
    void aDrainedPipelineGoesOnInOtherLanesAboveTheSequencesOfTheOldOnes() throws Exception {
        try (TestLane lanes = new TestLane(broker.bootstrapServers(), "p" + PIPELINES.incrementAndGet())) {
            lanes.load(5);
            PublisherSettings single = lanes.settings();
            PublisherStatus before = lanes.start(single).caughtUp(lanes.store()).stop();
            lanes.byForeignKey();
            SluiceException refusal = lanes.start(lanes.settings()).refusal();
            assertThat(refusal.getMessage()).contains("sluice lanes migrate");

            LaneLayout wanted = LaneLayout.byForeignKey(Catalog.of(ContractTables.ALL));
            Map<String, Long> applied = Map.of("main", before.nextSequence() - 1);
            assertThat(LaneMigration.named(wanted, lanes.progress())).isEqualTo(wanted);
            assertRefused(lanes, single, wanted, Map.of("main", before.nextSequence() - 2), "let it drain");
            Map<String, Long> first = migrate(lanes, single, wanted, applied);
            assertThat(first).isEqualTo(Map.of(ACCOUNTS, before.nextSequence(), NOTES, before.nextSequence()));
            assertThat(migrate(lanes, single, wanted, applied))
                    .as("asked for again")
                    .isEqualTo(first);

            PublisherSettings several = lanes.settings().withLanes(wanted, first);
            lanes.store().commit(both(7));
            lanes.start(several).caughtUp(lanes.store()).stop();
            List<Event> all = new ArrayList<>(lanes.events("main"));
            all.addAll(lanes.events(ACCOUNTS));
            all.addAll(lanes.events(NOTES));
            Published.assertRebuilds(all, lanes.store());
            assertThat(lanes.events(NOTES))
                    .as("nothing is read again")
                    .noneMatch(e -> e instanceof Control control && control.kind() == Control.Kind.SNAPSHOT_BEGIN);
            assertThat(lanes.events(NOTES).get(0).source().sequence()).isEqualTo(before.nextSequence());
            assertThat(lanes.progress().past()).isEqualTo(Map.of("main", before.nextSequence()));
            LaneLayout back = LaneLayout.single(
                    wanted.members().values().stream().flatMap(Set::stream).toList());
            assertThat(LaneMigration.named(back, lanes.progress()).lanes()).containsExactly("main.2");
        }
    }

    @Test
    void everyLaneOfAStoppedPipelineCanBeEndedWithAHeartbeatAndGoesOnBehindIt() throws Exception {
        try (TestLane lanes = lanes()) {
            assertThat(heartbeat(lanes)).as("nothing was published").isEmpty();
            lanes.load(5);
            PublisherStatus before =
                    lanes.start(lanes.settings()).caughtUp(lanes.store()).stop();
            assertThat(heartbeat(lanes)).isEqualTo(before.nextSequences());
            assertThat(heartbeat(lanes).get(NOTES))
                    .isEqualTo(before.nextSequences().get(NOTES) + 1);
            lanes.store().commit(both(7));
            lanes.start(lanes.settings()).caughtUp(lanes.store()).stop();
            assertGood(lanes);
        }
    }

    private static Map<String, Long> heartbeat(TestLane lanes) {
        LaneLayout layout = LaneLayout.byForeignKey(Catalog.of(ContractTables.ALL));
        return LaneMigration.heartbeat(
                lanes.settings(), layout, lanes.registry(), lanes.kafka(), InstantSource.system());
    }

    private static Map<String, Long> migrate(
            TestLane lanes, PublisherSettings settings, LaneLayout layout, Map<String, Long> applied) {
        return LaneMigration.migrate(settings, layout, applied, 1, lanes.registry(), lanes.kafka());
    }

    private static void assertRefused(
            TestLane lanes, PublisherSettings settings, LaneLayout layout, Map<String, Long> applied, String reason) {
        assertThatThrownBy(() -> migrate(lanes, settings, layout, applied))
                .isInstanceOfSatisfying(
                        SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContaining(reason);
    }

    private static void assertGood(TestLane lanes) {
        List<Event> all = new ArrayList<>();
        for (String lane : List.of(ACCOUNTS, NOTES)) {
            List<Event> events = lanes.events(lane);
            Published.assertGapFree(events);
            Published.assertEndedTransactions(events);
            all.addAll(events);
        }
        Published.assertRebuilds(all, lanes.store());
    }

    private static List<SourceRecord> both(int number) {
        List<SourceRecord> records = new ArrayList<>(notes(number * 10, 1));
        records.add(account(100 + number));
        records.addAll(notes(number * 10 + 1, 1));
        return records;
    }

    private static SourceRecord account(long id) {
        return SourceRecord.Row.upsert(ContractTables.ACCOUNTS, Op.CREATE, new Object[] {id, "owner", 1L});
    }

    /** Names of the tail's transactions that a reader of the lane sees. */
    private static Set<String> transactions(TestLane lanes, String lane) {
        return lanes.events(lane).stream()
                .filter(event -> event instanceof Change && !event.source().snapshot())
                .map(event -> event.transaction().id())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static List<Transaction> lasts(List<Event> events, Class<? extends Event> type) {
        return events.stream()
                .filter(type::isInstance)
                .map(Event::transaction)
                .filter(Transaction::last)
                .toList();
    }

    private static List<String> tables(List<Event> events) {
        return events.stream()
                .filter(Change.class::isInstance)
                .map(event -> ((Change) event).table().id().name())
                .distinct()
                .sorted()
                .toList();
    }

    private static List<Long> instants(TestLane lanes, String lane) {
        return Published.controls(lanes.events(lane), Control.Kind.HEARTBEAT).stream()
                .map(heartbeat -> heartbeat.source().commitMillis())
                .toList();
    }

    private static TestLane lanes() throws Exception {
        return new TestLane(broker.bootstrapServers(), "p" + PIPELINES.incrementAndGet()).byForeignKey();
    }
}
