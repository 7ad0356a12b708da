package dev.sluice.producers.api;

import static dev.sluice.producers.api.ContractTables.ACCOUNTS;
import static dev.sluice.producers.api.ContractTables.NOTES;
import static dev.sluice.producers.api.TestLane.notes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.embedded.EmbeddedKafka;
import dev.sluice.producers.api.FaultPoint.Place;
import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Compared;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.KeyText;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.RowText;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.schemas.signal.Signal;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

    @Test
    void aComparisonSaysWhatTheSourceHoldsBehindTheTailAndWritesNothing() throws Exception {
        try (TestLane lane = lane()) {
            lane.load(3);
            RunningPublisher publisher = lane.start(lane.settings()).caughtUp(lane.store());
            lane.store().commit(List.of(account(2, "changed")));
            lane.send(Signal.compare("c-1", ACCOUNTS.id(), List.of("[2]", "[77]", "[2]"), "test"));
            awaitAnswer(publisher, lane, "c-1");
            publisher.caughtUp(lane.store()).stop();
            List<Event> events = lane.events();
            Published.assertGood(events, lane.store());
            Control answer = answers(events, "c-1").get(0);
            assertThat(answer.kind()).isEqualTo(Control.Kind.COMPARE);
            assertThat(answer.table()).isEqualTo(ACCOUNTS.id());
            assertThat(answer.isLast()).isTrue();
            assertThat(Compared.of(answer).rows())
                    .isEqualTo(Map.of("[2]", Optional.of("[2,\"changed\",1]"), "[77]", Optional.empty()));
            List<Event> before = events.subList(0, events.indexOf(answer));
            assertThat(before)
                    .filteredOn(event -> event instanceof Change change && change.op() == Op.CREATE)
                    .as("the tail up to where the keys were read")
                    .hasSize(1);
            assertThat(events.subList(before.size(), events.size())).noneMatch(Change.class::isInstance);
            assertThat(lane.progress().signalsOffset()).isEqualTo(1);
        }
    }

    @Test
    void aComparisonOfManyLargeRowsIsAnsweredInPiecesOfWhichTheLastSaysSo() throws Exception {
        try (TestLane lane = lane()) {
            List<String> keys = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                String id = String.format("big%05d", i);
                keys.add("[\"" + id + "\"]");
                SourceRecord note =
                        SourceRecord.Row.upsert(NOTES, Op.CREATE, new Object[] {id, "\\".repeat(i == 7 ? 60_000 : 500)
                        });
                lane.store().commit(List.of(note));
            }
            RunningPublisher publisher =
                    lane.start(lane.settings().withMaxRecordBytes(100_000)).caughtUp(lane.store());
            lane.send(Signal.compare("many", NOTES.id(), keys, "test"));
            Await.until(
                    "the last answer",
                    () -> answers(lane.events(), "many").stream().anyMatch(Control::isLast));
            publisher.stop();
            List<Control> answers = answers(lane.events(), "many");
            assertThat(answers).hasSizeGreaterThan(5);
            assertThat(answers.subList(0, answers.size() - 1)).noneMatch(Control::isLast);
            List<String> said = new ArrayList<>();
            for (Control answer : answers) {
                said.addAll(Compared.of(answer).rows().keySet());
                assertThat(answer.attributes().get(Control.COMPARED)).hasSizeLessThan(75_100);
            }
            assertThat(said).hasSize(299).doesNotHaveDuplicates();
            assertThat(answers.stream().flatMap(answer -> Compared.of(answer).refused().entrySet().stream()))
                    .containsExactly(Map.entry("[\"big00007\"]", Compared.TOO_LARGE));
        }
    }

    @Test
    void whatIsComparedIsWhatTheLaneHasComeToThereWhileTheSourceIsWrittenTo() throws Exception {
        try (TestLane lane = lane()) {
            lane.load(50);
            PublisherSettings settings = lane.settings().withCommitInterval(Duration.ZERO);
            RunningPublisher publisher = lane.start(settings).caughtUp(lane.store());
            List<String> keys =
                    IntStream.range(0, 60).mapToObj(id -> "[" + id + "]").toList();
            for (int i = 0; i < 40; i++) {
                lane.send(Signal.compare("c" + i, ACCOUNTS.id(), keys, "test"));
                for (int write = 0; write < 20; write++) {
                    long id = (i * 7L + write * 11L) % 60;
                    SourceRecord change = write % 5 == 0
                            ? SourceRecord.Row.delete(ACCOUNTS, new Object[] {id, null, null})
                            : account(id, "v" + i + "." + write);
                    lane.store().commit(List.of(change));
                }
            }
            awaitAnswer(publisher, lane, "c39");
            publisher.caughtUp(lane.store()).stop();
            List<Event> events = lane.events();
            Published.assertGood(events, lane.store());
            Map<String, Optional<String>> rows = new HashMap<>();
            int compared = 0;
            for (Event event : events) {
                if (event instanceof Change change && change.table().id().equals(ACCOUNTS.id())) {
                    rows.put(
                            KeyText.of(change.key()),
                            change.isUpsert() ? Optional.of(RowText.of(change.after())) : Optional.empty());
                } else if (event instanceof Control control && control.kind() == Control.Kind.COMPARE) {
                    compared++;
                    Compared.of(control)
                            .rows()
                            .forEach((key, row) ->
                                    assertThat(row).as(key).isEqualTo(rows.getOrDefault(key, Optional.empty())));
                }
            }
            assertThat(compared).isGreaterThanOrEqualTo(40);
        }
    }

    @Test
    void aComparisonIsAnsweredInTheLaneOfItsTableAlone() throws Exception {
        try (TestLane lanes = lane().byForeignKey()) {
            RunningPublisher publisher = lanes.start(lanes.settings()).caughtUp(lanes.store());
            lanes.store().commit(notes(0, 1));
            lanes.send(Signal.compare("n", NOTES.id(), List.of("[\"n00000\"]"), "test"), Signal.drain("d", "test"));
            Await.until(
                    "the drain behind it",
                    () -> !answers(lanes.events("public.accounts"), "d").isEmpty());
            publisher.stop();
            assertThat(answers(lanes.events("public.accounts"), "n")).isEmpty();
            List<Event> events = lanes.events("public.notes");
            Published.assertGapFree(events);
            Published.assertEndedTransactions(events);
            assertThat(answers(events, "n"))
                    .singleElement()
                    .satisfies(answer -> assertThat(Compared.of(answer).rows().get("[\"n00000\"]"))
                            .isPresent());
        }
    }

    @Test
    void aComparisonThatCannotBeDoneIsAnsweredWithTheReason() throws Exception {
        try (TestLane lane = lane()) {
            lane.load(2);
            ChangeSource source = lane.source();
            Capabilities can = source.capabilities();
            InvocationHandler handler =
                    (proxy, method, arguments) -> method.getName().equals("capabilities")
                            ? new Capabilities(can.transactions(), can.rewind(), can.truncate(), false, false)
                            : method.invoke(source, arguments);
            lane.send(
                    Signal.compare("unknown", TableId.parse("nobody"), List.of("[1]"), "test"),
                    Signal.compare("wrong-key", ACCOUNTS.id(), List.of("[1]", "[\"x\"]"), "test"));
            RunningPublisher publisher = lane.start(lane.settings());
            awaitAnswer(publisher, lane, "wrong-key");
            publisher.stop();
            RunningPublisher without = lane.start(lane.settings(), proxy(handler), FaultPoint.NONE);
            lane.send(Signal.compare("no-keys", ACCOUNTS.id(), List.of("[1]"), "test"));
            awaitAnswer(without, lane, "no-keys");
            without.stop();
            assertRefused(lane, "unknown", "public.nobody");
            assertRefused(lane, "wrong-key", "public.accounts");
            assertRefused(lane, "no-keys", "list");
        }
    }

    private static void assertRefused(TestLane lane, String id, String reason) {
        Control answer = answers(lane.events(), id).get(0);
        assertThat(answer.kind()).isEqualTo(Control.Kind.COMPARE);
        assertThat(answer.refused()).contains(reason);
        assertThat(answer.isLast()).isTrue();
        assertThat(Compared.of(answer).rows()).isEmpty();
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
                    Signal.compare("c", NOTES.id(), List.of("[\"n00001\"]"), "test"));
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
