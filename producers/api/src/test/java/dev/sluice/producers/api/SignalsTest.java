package dev.sluice.producers.api;

import static dev.sluice.producers.api.ContractTables.ACCOUNTS;
import static dev.sluice.producers.api.ContractTables.NOTES;
import static dev.sluice.producers.api.TestLane.notes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.embedded.EmbeddedKafka;
import dev.sluice.producers.api.FaultPoint.Place;
import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.schemas.signal.Signal;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Signals and their answers on a real broker. Every test has a pipeline of its own. */
class SignalsTest {
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
    void aRefreshReadsPresentRowsAndDeletesAbsentOnesBehindTheTail() throws Exception {
        try (TestLane lane = lane()) {
            lane.load(3);
            RunningPublisher publisher = lane.start(lane.settings()).caughtUp(lane.store());
            lane.store().commit(List.of(account(2, "changed")));
            lane.send(Signal.refresh("r-1", ACCOUNTS.id(), List.of("[2]", "[77]"), "test"));
            awaitAnswer(publisher, lane, "r-1");
            publisher.caughtUp(lane.store()).stop();
            List<Event> events = lane.events();
            Published.assertGood(events, lane.store());
            int answer = events.indexOf(answers(events, "r-1").get(0));
            Change present = (Change) events.get(answer - 2);
            Change absent = (Change) events.get(answer - 1);
            assertThat(present.op()).isEqualTo(Op.READ);
            assertThat(present.source().snapshot()).isTrue();
            assertThat(present.after()).isEqualTo(new Object[] {2L, "changed", 1L});
            assertThat(present.transaction().id())
                    .isEqualTo(absent.transaction().id());
            assertThat(absent.op()).isEqualTo(Op.DELETE);
            assertThat(KeyText.of(absent.key())).isEqualTo("[77]");
            assertThat(events.subList(0, answer - 2))
                    .filteredOn(event -> event instanceof Change change && change.op() == Op.CREATE)
                    .as("the tail up to where the keys were read")
                    .hasSize(1);
            assertThat(lane.progress().signalsOffset()).isEqualTo(1);
        }
    }

    @Test
    void aRefreshOfManyKeysIsReadInPieces() throws Exception {
        try (TestLane lane = lane()) {
            lane.store().commit(notes(0, 2_400));
            AtomicInteger largest = new AtomicInteger();
            AtomicInteger reads = new AtomicInteger();
            RunningPublisher publisher = lane.start(
                    lane.settings().withMaxRecordsPerTransaction(500),
                    watched(lane.source(), keys -> {
                        largest.accumulateAndGet(keys.size(), Math::max);
                        reads.incrementAndGet();
                    }),
                    FaultPoint.NONE);
            publisher.caughtUp(lane.store());
            List<String> keys = IntStream.range(0, 2_400)
                    .mapToObj(i -> String.format("[\"n%05d\"]", i))
                    .toList();
            lane.send(Signal.refresh("many", NOTES.id(), keys, "test"));
            awaitAnswer(publisher, lane, "many");
            publisher.stop();
            List<Event> events = lane.events();
            Published.assertGood(events, lane.store());
            assertThat(largest.get()).isLessThanOrEqualTo(ChangeSource.MAX_KEYS);
            assertThat(reads.get()).isGreaterThan(2);
            assertThat(events.stream()
                            .filter(event -> event instanceof Change change && change.op() == Op.READ)
                            .filter(event -> event.source().sequence()
                                    > answers(events, "many").get(0).source().sequence() - 2_401))
                    .hasSize(2_400);
        }
    }

    @Test
    void aDrainIsAnsweredInEveryLaneBehindEverythingThatWasCommittedBefore() throws Exception {
        try (TestLane lanes = lane().byForeignKey()) {
            RunningPublisher publisher = lanes.start(lanes.settings()).caughtUp(lanes.store());
            lanes.store().commit(notes(0, 9));
            lanes.store().commit(List.of(account(1, "one")));
            lanes.send(Signal.drain("d", "test"), Signal.drain("d2", "test"));
            Await.until(
                    "the second answer",
                    () -> !answers(lanes.events("public.notes"), "d2").isEmpty());
            publisher.stop();
            for (String name : List.of("public.accounts", "public.notes")) {
                List<Event> events = lanes.events(name);
                Published.assertGapFree(events);
                Published.assertEndedTransactions(events);
                assertThat(answers(events, "d")).singleElement().satisfies(answer -> {
                    assertThat(answer.kind()).isEqualTo(Control.Kind.DRAIN);
                    assertThat(events.subList(events.indexOf(answer), events.size()))
                            .noneMatch(Change.class::isInstance);
                });
                assertThat(answers(events, "d2")).hasSize(1);
            }
        }
    }

    @Test
    void whatIsNoSignalIsSkippedAndWhatCannotBeDoneIsAnsweredWithTheReason() throws Exception {
        try (TestLane lane = lane()) {
            lane.load(2);
            lane.send("{\"id\":1}".getBytes(StandardCharsets.UTF_8));
            lane.send((byte[]) null);
            lane.send(
                    Signal.refresh("unknown", TableId.parse("nobody"), List.of("[1]"), "test"),
                    Signal.refresh("wrong-key", ACCOUNTS.id(), List.of("[1]", "[\"x\"]"), "test"),
                    Signal.refresh("good", ACCOUNTS.id(), List.of("[1]"), "test"));
            RunningPublisher publisher = lane.start(lane.settings());
            awaitAnswer(publisher, lane, "good");
            publisher.caughtUp(lane.store()).stop();
            List<Event> events = lane.events();
            Published.assertGood(events, lane.store());
            assertThat(answers(events, "unknown").get(0).attributes().get("refused"))
                    .contains("public.nobody");
            assertThat(answers(events, "wrong-key").get(0).attributes().get("refused"))
                    .contains("id", "public.accounts")
                    .doesNotContain("x\"");
            assertThat(answers(events, "good").get(0).attributes()).isEmpty();
            assertThat(lane.progress().signalsOffset()).isEqualTo(5);
        }
    }

    @Test
    void aSourceThatCannotReadKeysSaysSo() throws Exception {
        try (TestLane lane = lane()) {
            ChangeSource source = lane.source();
            Capabilities can = source.capabilities();
            InvocationHandler handler =
                    (proxy, method, arguments) -> method.getName().equals("capabilities")
                            ? new Capabilities(can.transactions(), can.rewind(), can.truncate(), false, false)
                            : method.invoke(source, arguments);
            RunningPublisher publisher = lane.start(lane.settings(), proxy(handler), FaultPoint.NONE);
            lane.send(Signal.refresh("r", ACCOUNTS.id(), List.of("[1]"), "test"));
            awaitAnswer(publisher, lane, "r");
            publisher.stop();
            assertThat(answers(lane.events(), "r").get(0).attributes().get("refused"))
                    .contains("list");
        }
    }

    static Stream<Arguments> crashes() {
        return Stream.of(Place.BEFORE_SEND, Place.BEFORE_COMMIT, Place.AFTER_COMMIT)
                .flatMap(place -> Stream.of(2, 3).map(number -> Arguments.of(place, number)));
    }

    @ParameterizedTest(name = "{0} number {1}")
    @MethodSource("crashes")
    void everySignalIsAnsweredOnceWhereverThePublisherDies(Place place, int number) throws Exception {
        try (TestLane lane = lane()) {
            lane.load(3);
            PublisherSettings settings = lane.settings().withCommitInterval(Duration.ZERO);
            lane.start(settings).caughtUp(lane.store()).stop();
            lane.send(
                    Signal.refresh("a", ACCOUNTS.id(), List.of("[1]", "[2]", "[9]"), "test"),
                    Signal.drain("b", "test"),
                    Signal.refresh("c", NOTES.id(), List.of("[\"n00001\"]"), "test"));
            AtomicInteger reached = new AtomicInteger();
            RunningPublisher dying = lane.start(settings, now -> {
                if (now == place && reached.incrementAndGet() == number) {
                    throw new IllegalStateException("out of luck");
                }
            });
            assertThat(dying.failure()).hasMessage("out of luck");
            RunningPublisher next = lane.start(settings);
            awaitAnswer(next, lane, "c");
            next.stop();
            List<Event> events = lane.events();
            Published.assertGood(events, lane.store());
            for (String id : List.of("a", "b", "c")) {
                assertThat(answers(events, id)).as("answers of " + id).hasSize(1);
            }
            assertThat(lane.progress().signalsOffset()).isEqualTo(3);
        }
    }

    @Test
    void signalsThatWereMadeAnewAreReadFromTheirBeginning() throws Exception {
        try (TestLane lane = lane()) {
            RunningPublisher publisher = lane.start(lane.settings());
            lane.send(Signal.drain("a", "test"), Signal.drain("b", "test"));
            awaitAnswer(publisher, lane, "b");
            publisher.stop();
            lane.delete(lane.topics().signals());
            lane.createSignals();
            RunningPublisher again = lane.start(lane.settings());
            lane.send(Signal.drain("c", "test"));
            awaitAnswer(again, lane, "c");
            again.stop();
            assertThat(lane.progress().signalsOffset()).isEqualTo(1);
        }
    }

    private static void awaitAnswer(RunningPublisher publisher, TestLane lane, String id) {
        Await.until("answer of signal " + id, () -> {
            publisher.requireAlive();
            return !answers(lane.events(), id).isEmpty();
        });
    }

    private static List<Control> answers(List<Event> events, String id) {
        return events.stream()
                .filter(event -> event instanceof Control control && id.equals(control.signal()))
                .map(Control.class::cast)
                .toList();
    }

    private static ChangeSource watched(ChangeSource source, java.util.function.Consumer<List<?>> keys) {
        return proxy((proxy, method, arguments) -> {
            if (method.getName().equals("read")) {
                keys.accept((List<?>) arguments[1]);
            }
            return method.invoke(source, arguments);
        });
    }

    private static ChangeSource proxy(InvocationHandler handler) {
        return (ChangeSource) Proxy.newProxyInstance(
                ChangeSource.class.getClassLoader(), new Class<?>[] {ChangeSource.class}, handler);
    }

    private static SourceRecord account(long id, String owner) {
        return SourceRecord.Row.upsert(ACCOUNTS, Op.CREATE, new Object[] {id, owner, 1L});
    }

    private static TestLane lane() throws Exception {
        return new TestLane(broker.bootstrapServers(), "p" + PIPELINES.incrementAndGet());
    }
}
