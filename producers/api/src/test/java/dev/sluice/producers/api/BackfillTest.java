package dev.sluice.producers.api;

import static dev.sluice.producers.api.ContractTables.ACCOUNTS;
import static dev.sluice.producers.api.ContractTables.LINES;
import static dev.sluice.producers.api.ContractTables.NOTES;
import static dev.sluice.producers.api.ContractTables.SAVINGS;
import static dev.sluice.producers.api.TestLane.notes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.embedded.EmbeddedKafka;
import dev.sluice.producers.api.FaultPoint.Place;
import dev.sluice.producers.api.PublisherStatus.Phase;
import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.progress.SnapshotProgress;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.schemas.signal.Signal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Tables that are read again by signal, on a real broker. Every test has a pipeline of its own. */
class BackfillTest {
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
    void tablesAreReadAgainParentsFirstAndTheAnswerStandsBehindTheirRows() throws Exception {
        try (TestLane lane = lane()) {
            lane.load(10);
            RunningPublisher publisher = lane.start(lane.settings()).caughtUp(lane.store());
            lane.send(backfill("b", null, false, LINES.id(), ACCOUNTS.id()));
            awaitAnswer(publisher, lane, "b");
            PublisherStatus status = publisher.caughtUp(lane.store()).stop();
            List<Event> events = lane.events();
            Published.assertGood(events, lane.store());
            assertThat(again(events, Control.Kind.SNAPSHOT_BEGIN)).containsExactly(ACCOUNTS.id(), LINES.id());
            List<Control> ends = Published.controls(events, Control.Kind.SNAPSHOT_END);
            Control answer = answer(events, "b");
            assertThat(answer.attributes()).isEmpty();
            assertThat(events.indexOf(answer)).isEqualTo(events.indexOf(ends.get(ends.size() - 1)) + 1);
            assertThat(status.tables().get(0).rowsRead()).isEqualTo(10);
            assertThat(lane.progress().signalsOffset()).isEqualTo(1);
            assertThat(lane.progress().snapshots()).allMatch(SnapshotProgress::done);
        }
    }

    /** What was lost in the target has no trace in the log: only its rows' second reading brings it back. */
    @Test
    void theTailGoesOnBetweenTheChunksOfTablesThatAreEmptiedAndReadAgain() throws Exception {
        try (TestLane lane = lane().cuts()) {
            lane.load(30);
            RunningPublisher before = lane.start(lane.settings()).caughtUp(lane.store());
            before.stop();
            lane.send(backfill("b", null, true, ACCOUNTS.id(), LINES.id(), SAVINGS.id()));
            WriteLoad load = new WriteLoad(12, state(lane.store()));
            FaultPoint writes = place -> {
                if (place == Place.BEFORE_COMMIT && lane.store().size() < 40) {
                    lane.store().commit(ListFixture.records(load.next()));
                }
            };
            RunningPublisher publisher = lane.start(lane.settings().withCommitInterval(Duration.ZERO), writes);
            awaitAnswer(publisher, lane, "b");
            publisher.caughtUp(lane.store()).stop();
            List<Event> events = lane.events();
            Published.assertGood(events, lane.store());
            assertThat(truncates(events)).containsExactly(LINES.id(), SAVINGS.id(), ACCOUNTS.id());
            assertThat(again(events, Control.Kind.SNAPSHOT_END))
                    .containsExactly(ACCOUNTS.id(), SAVINGS.id(), LINES.id());
        }
    }

    @Test
    void aConditionIsReadAloneAndOneThatFailsOnARowIsAnsweredWithTheReason() throws Exception {
        try (TestLane lane = lane()) {
            lane.load(20);
            RunningPublisher publisher = lane.start(lane.settings()).caughtUp(lane.store());
            lane.store()
                    .commit(List.of(SourceRecord.Row.upsert(ACCOUNTS, Op.CREATE, new Object[] {7L, "seven", 7_000L})));
            lane.send(
                    backfill("none", "balance >", false, ACCOUNTS.id()),
                    backfill("elsewhere", "line >= 1", false, LINES.id(), ACCOUNTS.id()),
                    backfill("where", "balance >= 7000", false, ACCOUNTS.id()));
            awaitAnswer(publisher, lane, "where");
            lane.store().load(ACCOUNTS, List.<Object[]>of(new Object[] {8L, "null", null}));
            lane.send(backfill("fails", "balance >= -1000000", false, ACCOUNTS.id()));
            awaitAnswer(publisher, lane, "fails");
            lane.store().load(ACCOUNTS, List.<Object[]>of(new Object[] {8L, "good", 8L}));
            lane.send(backfill("again", null, false, ACCOUNTS.id()));
            awaitAnswer(publisher, lane, "again");
            publisher.caughtUp(lane.store()).stop();
            List<Event> events = lane.events();
            Published.assertGood(events, lane.store());
            assertThat(answer(events, "where").attributes()).isEmpty();
            assertThat(Published.controls(events, Control.Kind.SNAPSHOT_END)
                            .get(4)
                            .attributes())
                    .containsEntry(Control.ROWS, "1");
            assertThat(refusal(events, "none")).contains("'balance >'");
            assertThat(refusal(events, "elsewhere")).contains("public.accounts");
            assertThat(refusal(events, "fails")).contains("cannot be compared");
            assertThat(again(events, Control.Kind.SNAPSHOT_BEGIN))
                    .as("of where, fails and again")
                    .hasSize(3);
            assertThat(again(events, Control.Kind.SNAPSHOT_END)).hasSize(3);
        }
    }

    /** With a clock that stands still a pace lets one chunk through, so that everything stays under way. */
    @Test
    void whatIsUnderWayIsRefusedByName() throws Exception {
        AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
        try (TestLane lane = lane()) {
            lane.load(10);
            RunningPublisher publisher = lane.start(
                    lane.settings().withCommitInterval(Duration.ZERO).withSnapshotRowsPerSecond(2), now::get);
            lane.send(
                    backfill("early", null, false, ACCOUNTS.id()),
                    backfill("unknown", null, false, ACCOUNTS.id(), TableId.parse("nobody")));
            Await.until("answers", () -> {
                now.updateAndGet(time -> time.plusMillis(30));
                return answers(lane.events(), "unknown").size() == 1;
            });
            Await.until("first snapshots", () -> {
                now.updateAndGet(time -> time.plusSeconds(1));
                return publisher.status().phase() == Phase.FOLLOWING;
            });
            lane.send(
                    backfill("b", null, false, ACCOUNTS.id(), LINES.id()),
                    backfill("c", null, true, LINES.id()),
                    backfill("d", null, false, SAVINGS.id()));
            Await.until("answers", () -> {
                now.updateAndGet(time -> time.plusMillis(30));
                return answers(lane.events(), "c").size() == 1;
            });
            Await.until("the last answer", () -> {
                now.updateAndGet(time -> time.plusSeconds(1));
                return Stream.of("b", "d")
                        .allMatch(id -> answers(lane.events(), id).size() == 1);
            });
            publisher.caughtUp(lane.store()).stop();
            List<Event> events = lane.events();
            Published.assertGood(events, lane.store());
            assertThat(refusal(events, "early")).contains("public.accounts", "for the first time");
            assertThat(refusal(events, "unknown")).isNotNull();
            assertThat(refusal(events, "c")).contains("public.lines", "signal b");
            assertThat(answer(events, "b").attributes()).isEmpty();
            assertThat(answer(events, "d").attributes()).isEmpty();
            assertThat(truncates(events)).isEmpty();
        }
    }

    static Stream<Arguments> crashes() {
        return Stream.of(Place.BEFORE_SEND, Place.BEFORE_COMMIT, Place.AFTER_COMMIT)
                .flatMap(place -> IntStream.of(1, 3)
                        .mapToObj(number -> Arguments.of(place, place == Place.BEFORE_SEND ? number * 2 : number)));
    }

    @ParameterizedTest(name = "{0} number {1}")
    @MethodSource("crashes")
    void aBackfillGoesOnWhereverThePublisherDies(Place place, int number) throws Exception {
        try (TestLane lane = lane()) {
            lane.load(6);
            PublisherSettings settings = lane.settings().withCommitInterval(Duration.ZERO);
            lane.start(settings).caughtUp(lane.store()).stop();
            lane.send(backfill("b", null, true, LINES.id(), ACCOUNTS.id()), Signal.drain("d", "test"));
            AtomicInteger reached = new AtomicInteger();
            RunningPublisher dying = lane.start(settings, now -> {
                lane.store().commit(notes(lane.store().size() * 10, 1));
                if (now == place && reached.incrementAndGet() == number) {
                    throw new IllegalStateException("out of luck");
                }
            });
            assertThat(dying.failure()).hasMessage("out of luck");
            RunningPublisher next = lane.start(settings);
            awaitAnswer(next, lane, "b");
            awaitAnswer(next, lane, "d");
            next.caughtUp(lane.store()).stop();
            List<Event> events = lane.events();
            Published.assertGood(events, lane.store());
            assertThat(answers(events, "b")).hasSize(1);
            assertThat(answers(events, "d")).hasSize(1);
            assertThat(truncates(events)).containsExactly(LINES.id(), ACCOUNTS.id());
            assertThat(again(events, Control.Kind.SNAPSHOT_BEGIN)).containsExactly(ACCOUNTS.id(), LINES.id());
            assertThat(again(events, Control.Kind.SNAPSHOT_END)).containsExactly(ACCOUNTS.id(), LINES.id());
        }
    }

    @Test
    void everyLaneIsToldBehindTheRowsOfItsOwn() throws Exception {
        try (TestLane lanes = lane().byForeignKey()) {
            lanes.load(5);
            lanes.store().commit(notes(0, 5));
            RunningPublisher publisher = lanes.start(lanes.settings()).caughtUp(lanes.store());
            lanes.send(backfill("b", null, true, NOTES.id(), ACCOUNTS.id()));
            for (String name : List.of("public.accounts", "public.notes")) {
                Await.until(
                        "answer in " + name,
                        () -> !answers(lanes.events(name), "b").isEmpty());
                List<Event> events = lanes.events(name);
                Control answer = answer(events, "b");
                assertThat(events.indexOf(answer))
                        .isGreaterThan(events.lastIndexOf(Published.controls(events, Control.Kind.SNAPSHOT_END)
                                .get(name.equals("public.notes") ? 1 : 3)));
            }
            publisher.stop();
            Published.assertGapFree(lanes.events("public.notes"));
            Published.assertGapFree(lanes.events("public.accounts"));
        }
    }

    private static Signal backfill(String id, String where, boolean truncate, TableId... tables) {
        return Signal.backfill(id, List.of(tables), where, truncate, "test");
    }

    /** Tables of control events that are not of the first snapshots. */
    private static List<TableId> again(List<Event> events, Control.Kind kind) {
        return Published.controls(events, kind).stream()
                .map(Control::table)
                .skip(ContractTables.ALL.size())
                .toList();
    }

    private static List<TableId> truncates(List<Event> events) {
        return events.stream()
                .filter(event -> event instanceof Change change && change.op() == Op.TRUNCATE)
                .map(event -> ((Change) event).table().id())
                .toList();
    }

    private static String refusal(List<Event> events, String id) {
        return answer(events, id).attributes().get(Control.REFUSED);
    }

    private static Control answer(List<Event> events, String id) {
        List<Control> answers = answers(events, id);
        assertThat(answers).as("answers of " + id).hasSize(1);
        assertThat(answers.get(0).kind()).isEqualTo(Control.Kind.REFRESHED);
        return answers.get(0);
    }

    private static List<Control> answers(List<Event> events, String id) {
        return events.stream()
                .filter(event -> event instanceof Control control && id.equals(control.signal()))
                .map(Control.class::cast)
                .toList();
    }

    private static void awaitAnswer(RunningPublisher publisher, TestLane lane, String id) {
        Await.until("answer of signal " + id, () -> {
            publisher.requireAlive();
            return !answers(lane.events(), id).isEmpty();
        });
    }

    private static SourceState state(ListStore store) {
        SourceState state = SourceState.empty();
        ContractTables.ALL.forEach(table -> store.rows(table)
                .forEach(row -> state.rows(table).put(RecordText.key(table, row), java.util.Arrays.asList(row))));
        return state;
    }

    private static TestLane lane() throws Exception {
        return new TestLane(broker.bootstrapServers(), "p" + PIPELINES.incrementAndGet());
    }
}
