package dev.sluice.producers.api;

import static dev.sluice.producers.api.ContractTables.NOTES;
import static dev.sluice.producers.api.TestLane.notes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.embedded.EmbeddedKafka;
import dev.sluice.producers.api.FaultPoint.Place;
import dev.sluice.producers.api.PublisherStatus.Phase;
import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.Rejected;
import dev.sluice.schemas.relational.TableId;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
            lane.load(10);
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
            lane.load(10);
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
            lane.load(40);
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

    /** With a clock that stands still a pace lets one chunk through, and then the tail alone. */
    @Test
    void aSnapshotThatIsHeldBackDoesNotHoldTheTail() throws Exception {
        AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
        try (TestLane lane = lane()) {
            lane.load(10);
            RunningPublisher publisher = lane.start(
                    lane.settings().withCommitInterval(Duration.ZERO).withSnapshotRowsPerSecond(2), now::get);
            Await.until("the first chunk", () -> snapshotRows(lane) == 2);
            lane.store().commit(notes(0, 2));
            Await.until(
                    "the tail",
                    () -> lane.events().stream()
                                    .filter(event -> event instanceof Change
                                            && !event.source().snapshot())
                                    .count()
                            == 2);
            assertThat(snapshotRows(lane)).isEqualTo(2);
            assertThat(publisher.status().phase()).isEqualTo(Phase.SNAPSHOT);
            Await.until("the snapshot's end", () -> {
                now.updateAndGet(time -> time.plusSeconds(1));
                return publisher.status().phase() == Phase.FOLLOWING;
            });
            publisher.caughtUp(lane.store()).stop();
            Published.assertGood(lane.events(), lane.store());
        }
    }

    private static long snapshotRows(TestLane lane) {
        return lane.events().stream()
                .filter(event -> event instanceof Change && event.source().snapshot())
                .count();
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
            assertThat(lane.progress().snapshots().get(1).rejected()).isEqualTo(1);
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

    private static List<Control> heartbeats(TestLane lane) {
        return Published.controls(lane.events(), Control.Kind.HEARTBEAT);
    }

    private static TableId[] ids() {
        return ContractTables.ALL.stream().map(table -> table.id()).toArray(TableId[]::new);
    }

    private static SourceState state(ListStore store) {
        SourceState state = SourceState.empty();
        ContractTables.ALL.forEach(table -> store.rows(table)
                .forEach(row -> state.rows(table).put(RecordText.key(table, row), Arrays.asList(row))));
        return state;
    }
}
