package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.apply.FaultPoints;
import dev.sluice.sinks.postgresql.control.Pause;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import dev.sluice.sinks.postgresql.control.Replay;
import dev.sluice.sinks.postgresql.control.Replays;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.database.TargetSettings;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A range of the lane is applied again. */
class ReplayTest {
    private final TestLane lane = TestLane.with(
                    "CREATE TABLE parents (id bigint PRIMARY KEY, name varchar(5))",
                    "CREATE TABLE children (id bigint PRIMARY KEY, parent_id bigint NOT NULL REFERENCES parents, note text)",
                    "CREATE TABLE nodes (id bigint PRIMARY KEY, above bigint REFERENCES nodes)",
                    "CREATE TABLE strangers (parent_id bigint REFERENCES parents)")
            .capture("parents", "children", "nodes");

    @AfterEach
    void close() {
        lane.close();
    }

    private long ask(long from, boolean truncates, String... tables) {
        TreeSet<TableId> ids = Arrays.stream(tables).map(TableId::parse).collect(Collectors.toCollection(TreeSet::new));
        return replays()
                .ask(List.of(new Replays.Request("main", from, ids, truncates)))
                .get(0);
    }

    private Replays replays() {
        return new Replays(lane.database, lane.pipeline);
    }

    private Replay read(long id) {
        return replays().read(List.of(id)).get(0);
    }

    /** Lets a sink of its own work it off. */
    private Replay replayed(long id) {
        try (Sink sink = lane.sink(lane.settings(3), FaultPoints.NONE)) {
            CompletableFuture<Void> end = TestLane.start(sink);
            awaitEnd(id, end);
            sink.stop();
            end.join();
        }
        Replay replay = read(id);
        if (replay.isDone()) {
            assertThat(lane.one("SELECT count(*) FROM sluice.replay_rows")).isEqualTo("0");
            assertThat(replay.done()).isEqualTo(replay.total());
        }
        return replay;
    }

    private void awaitEnd(long id, CompletableFuture<Void> end) {
        TestLane.await("the replay to end", () -> end.isDone() || !read(id).isUnderWay());
        if (end.isCompletedExceptionally()) {
            end.join();
        }
    }

    private List<String> parents() {
        return lane.rows("SELECT id, name, _sluice_seq FROM parents ORDER BY 1");
    }

    private List<String> children() {
        return lane.rows("SELECT id, parent_id, note, _sluice_seq FROM children ORDER BY 1");
    }

    @Test
    void lostRowsComeBackAndOthersStayAsTheyAre() {
        lane.transaction(
                lane.create("parents", 1L, "a"), lane.create("parents", 2L, "b"), lane.create("parents", 3L, "c"));
        lane.transaction(lane.create("children", 1L, 1L, "x"), lane.create("children", 2L, 2L, "y"));
        lane.transaction(lane.update("parents", 2L, "B"), lane.delete("parents", 3L));
        lane.applyAll();
        List<String> parents = parents();
        List<String> children = children();
        lane.sql("DELETE FROM children; DELETE FROM parents WHERE id = 1");
        lane.sql("UPDATE parents SET name = 'mine' WHERE id = 2");

        Replay replay = replayed(ask(1, false, "parents", "children"));

        assertThat(replay.isDone()).isTrue();
        assertThat(replay.refused()).isZero();
        assertThat(replay.total()).isEqualTo(5);
        assertThat(parents()).containsExactly(parents.get(0), "2|mine|6");
        assertThat(children()).isEqualTo(children);
    }

    @Test
    void aRangeBringsBackWhatItHolds() {
        lane.transaction(lane.create("parents", 1L, "a"));
        lane.transaction(lane.create("parents", 2L, "b"));
        lane.transaction(lane.create("parents", 3L, "c"));
        lane.applyAll();
        lane.sql("DELETE FROM parents");
        assertThat(replayed(ask(2, false, "parents")).isDone()).isTrue();
        assertThat(parents()).containsExactly("2|b|2", "3|c|3");
        assertThat(replayed(ask(99, false, "parents")).isDone()).isTrue();
    }

    @Test
    void onlyNamedTablesAreReplayed() {
        lane.transaction(
                lane.create("parents", 1L, "a"), lane.create("children", 1L, 1L, "x"), lane.create("nodes", 1L, null));
        lane.applyAll();
        lane.sql("DELETE FROM children; DELETE FROM nodes");
        assertThat(replayed(ask(1, false, "children")).total()).isEqualTo(1);
        assertThat(children()).hasSize(1);
        assertThat(lane.one("SELECT count(*) FROM nodes")).isEqualTo("0");
    }

    @Test
    void deletesAndEvictionsStayDeletesAndRemoveWhatCameBack() {
        lane.transaction(
                lane.create("parents", 1L, "a"), lane.create("parents", 2L, "b"), lane.create("parents", 3L, "c"));
        lane.transaction(lane.create("children", 1L, 2L, "x"));
        lane.append(
                Outcome.EVICT, true, false, false, "children_parent_id_fkey [2]", lane.update("children", 1L, 2L, "y"));
        lane.transaction(lane.delete("parents", 1L), lane.delete("parents", 2L));
        lane.applyAll();
        List<String> waiting = lane.rows("SELECT table_name, key, kind, sequence, since FROM sluice.waiting");
        lane.sql("INSERT INTO parents VALUES (1, 'old', 1), (2, 'old', 2)");
        lane.sql("INSERT INTO children VALUES (1, 2, 'old', 4)");
        assertThat(replayed(ask(1, false, "parents", "children")).isDone()).isTrue();
        assertThat(parents()).containsExactly("3|c|3");
        assertThat(children()).isEmpty();
        assertThat(lane.rows("SELECT table_name, key, kind, sequence, since FROM sluice.waiting"))
                .isEqualTo(waiting);
    }

    @Test
    void partialRowsAreAppliedBehindTheNewestWholeOne() {
        lane.transaction(lane.create("parents", 1L, "a"), lane.create("parents", 2L, "b"));
        lane.transaction(lane.create("children", 1L, 1L, "x"), lane.create("children", 2L, 1L, "gone"));
        for (int i = 0; i < 10; i++) {
            lane.transaction(lane.partial("children", Set.of("note"), 1L, i % 2 + 1L, null));
        }
        lane.transaction(lane.partial("children", Set.of("parent_id"), 1L, null, "z"));
        lane.transaction(lane.delete("children", 2L));
        lane.transaction(lane.partial("children", Set.of("parent_id"), 2L, null, "never"));
        lane.applyAll();
        List<String> children = children();
        assertThat(children).containsExactly("1|2|z|15");
        lane.sql("DELETE FROM children");
        Replay replay = replayed(ask(1, false, "children"));
        assertThat(children()).isEqualTo(children);
        // The whole row, the last of each kind of partial one; the delete and the partial row behind it.
        assertThat(replay.total()).isEqualTo(5);
        assertThat(replay.refused()).isZero();
    }

    @Test
    void aTruncateEventForgetsWhatStandsBeforeIt() {
        lane.transaction(lane.create("nodes", 1L, null), lane.create("nodes", 2L, 1L), lane.create("nodes", 3L, 2L));
        lane.transaction(lane.truncate("nodes"), lane.create("nodes", 2L, null));
        lane.transaction(lane.create("nodes", 5L, 2L));
        lane.applyAll();
        List<String> nodes = lane.rows("SELECT * FROM nodes ORDER BY 1");
        assertThat(nodes).hasSize(2);
        lane.sql("DELETE FROM nodes; INSERT INTO nodes VALUES (1, NULL, 1)");
        Replay replay = replayed(ask(1, false, "nodes"));
        assertThat(lane.rows("SELECT * FROM nodes ORDER BY 1")).isEqualTo(nodes);
        assertThat(replay.total()).isEqualTo(3);
    }

    @Test
    void emptiedTablesAreFilledAgainWithTheirChildren() {
        for (long i = 1; i <= 10; i++) {
            lane.transaction(lane.create("parents", i, "p"), lane.create("children", i, i, "c"));
        }
        lane.transaction(lane.update("parents", 3L, "P"), lane.delete("children", 4L));
        lane.append(
                Outcome.WAIT,
                true,
                false,
                false,
                "children_parent_id_fkey [77]",
                lane.create("children", 77L, 77L, "w"));
        lane.applyAll();
        List<String> parents = parents();
        List<String> children = children();
        lane.sql("UPDATE parents SET name = 'wrong'; INSERT INTO parents VALUES (99, 'alien')");
        lane.sql("DROP TABLE strangers");
        Replay replay = replayed(ask(1, true, "parents", "children"));
        assertThat(replay.message()).isNull();
        assertThat(parents()).isEqualTo(parents);
        assertThat(children()).isEqualTo(children);
        assertThat(lane.one("SELECT count(*) FROM sluice.waiting")).isEqualTo("1");
    }

    @Test
    void whatCannotBeEmptiedFailsAndTheLaneGoesOn() {
        lane.transaction(lane.create("parents", 1L, "a"));
        lane.applyAll();
        Replay failed = replayed(ask(1, true, "parents"));
        assertThat(failed.isFailed()).isTrue();
        assertThat(failed.failure()).isEqualTo(ErrorKind.TARGET);
        assertThat(failed.message()).contains("truncate");
        assertThat(parents()).containsExactly("1|a|1");
        lane.transaction(lane.create("parents", 2L, "b"));
        lane.applyAll();
        assertThat(parents()).hasSize(2);
    }

    @Test
    void rowsThatReferToLaterOnesOfTheirTableComeBackWithoutDeadLetters() {
        int rows = 20;
        for (long i = 1; i <= rows; i++) {
            lane.transaction(lane.create("nodes", i, i == 1 ? null : (Long) (i - 1)));
        }
        // Each refers to one whose newest version comes later.
        for (long i = rows; i >= 1; i--) {
            lane.transaction(lane.update("nodes", i, i == 1 ? null : (Long) (i - 1)));
        }
        lane.transaction(lane.update("nodes", 1L, 2L));
        lane.applyAll();
        List<String> nodes = lane.rows("SELECT * FROM nodes ORDER BY 1");
        Replay replay = replayed(ask(1, true, "nodes"));
        assertThat(replay.refused()).isZero();
        assertThat(lane.rows("SELECT * FROM nodes ORDER BY 1")).isEqualTo(nodes);
    }

    /** Every user has a favourite post of his own, and every post an author: no row of these can be there before the other. */
    @Test
    void circlesOverManyBatchesComeBackAndOneThatIsRefusedTakesNoOtherWithIt() {
        try (TestLane forum = TestLane.with(
                        "CREATE TABLE users (id bigint PRIMARY KEY, favourite bigint, name varchar(5))",
                        "CREATE TABLE posts (id bigint PRIMARY KEY, author bigint NOT NULL REFERENCES users)",
                        "ALTER TABLE users ADD FOREIGN KEY (favourite) REFERENCES posts")
                .capture("users", "posts")) {
            for (long i = 1; i <= 20; i++) {
                forum.transaction(
                        forum.create("users", i, null, "u"),
                        forum.create("posts", 100 + i, i),
                        forum.update("users", i, 100 + i, "u" + i));
            }
            forum.applyAll();
            String all =
                    "SELECT 'user', u.* FROM users u UNION ALL SELECT 'post', id, author, '', _sluice_seq FROM posts ORDER BY 1, 2";
            List<String> rows = forum.rows(all);
            assertThat(rows).hasSize(40);
            forum.sql("UPDATE users SET favourite = NULL; DELETE FROM posts; DELETE FROM users");
            forum.sql("ALTER TABLE users ADD CHECK (name <> 'u7')");
            TreeSet<TableId> tables = new TreeSet<>(
                    forum.captured().tables().stream().map(t -> t.id()).toList());
            Replays replays = new Replays(forum.database, forum.pipeline);
            List<Long> id = replays.ask(List.of(new Replays.Request("main", 1, tables, false)));
            try (Sink sink = forum.sink(forum.settings(3), FaultPoints.NONE)) {
                CompletableFuture<Void> end = TestLane.start(sink);
                TestLane.await(
                        "the replay to end",
                        () -> end.isDone() || !replays.read(id).get(0).isUnderWay());
                sink.stop();
                end.join();
            }
            assertThat(forum.rows("SELECT table_name, key FROM sluice.dead_letters ORDER BY 2"))
                    .containsExactly("public.posts|[107]", "public.users|[7]");
            assertThat(forum.rows(all))
                    .isEqualTo(rows.stream()
                            .filter(row -> !row.startsWith("user|7|") && !row.startsWith("post|107|"))
                            .toList());
        }
    }

    @Test
    void aRowWhoseParentIsLostBecomesADeadLetterAndIsCounted() {
        lane.transaction(lane.create("parents", 1L, "a"), lane.create("children", 1L, 1L, "x"));
        lane.transaction(lane.create("parents", 2L, "a"), lane.create("children", 2L, 2L, "x"));
        lane.applyAll();
        lane.sql("DELETE FROM children; DELETE FROM parents WHERE id = 1");
        Replay replay = replayed(ask(1, false, "children"));
        assertThat(replay.isDone()).isTrue();
        assertThat(replay.refused()).isEqualTo(1);
        assertThat(lane.rows("SELECT table_name, key, reason, state FROM sluice.dead_letters"))
                .containsExactly("public.children|[1]|foreign-key|open");
        assertThat(replayed(ask(1, false, "children", "parents")).refused()).isZero();
        assertThat(lane.rows("SELECT state FROM sluice.dead_letters")).containsExactly("superseded");
        assertThat(children()).hasSize(2);
    }

    @Test
    void aReplayCountsNothingAgainAndSettlesRowsOfASnapshotThatAreAcceptedNow() {
        lane.transaction(TestLane.inSnapshot(lane.read("parents", 1L, "fine")));
        lane.transaction(TestLane.inSnapshot(lane.read("parents", 2L, "too long")));
        lane.transaction(lane.update("parents", 1L, "new"), lane.create("parents", 3L, "c"));
        lane.transaction(lane.delete("parents", 3L));
        lane.applyAll();
        String counts = "SELECT snapshot_came, snapshot_transformed, snapshot_gone, live_upserts, live_deletes,"
                + " (SELECT count(*) FROM sluice.dead_letters WHERE snapshot AND state = 'open') FROM sluice.tables WHERE table_name = 'public.parents'";
        assertThat(lane.one(counts)).isEqualTo("2|0|0|2|1|1");
        assertThat(replayed(ask(1, false, "parents")).refused()).isEqualTo(1);
        assertThat(lane.one(counts)).isEqualTo("2|0|0|2|1|1");
        lane.sql("ALTER TABLE parents ALTER COLUMN name TYPE varchar(50)");
        assertThat(replayed(ask(1, false, "parents")).refused()).isZero();
        assertThat(lane.one(counts)).as("loaded, as what is left of those read").isEqualTo("2|0|0|2|1|0");
    }

    @Test
    void aRefusedRowIsTriedAgainAndStaysADeadLetterUntilItIsAccepted() {
        lane.transaction(lane.create("parents", 1L, "too long"));
        lane.applyAll();
        assertThat(replayed(ask(1, false, "parents")).refused()).isEqualTo(1);
        assertThat(lane.rows("SELECT key, state FROM sluice.dead_letters")).containsExactly("[1]|open");
        lane.sql("ALTER TABLE parents ALTER COLUMN name TYPE varchar(50)");
        assertThat(replayed(ask(1, false, "parents")).refused()).isZero();
        assertThat(lane.rows("SELECT key, state FROM sluice.dead_letters")).containsExactly("[1]|superseded");
        assertThat(parents()).containsExactly("1|too long|1");
    }

    @Test
    void aRangeThatTheTopicNoLongerHoldsIsRefusedAndTheLaneGoesOn() {
        lane.transaction(lane.create("parents", 1L, "a"));
        lane.transaction(lane.create("parents", 2L, "b"));
        lane.transaction(lane.create("parents", 3L, "c"));
        lane.applyAll();
        lane.deleteRecordsBefore(1);
        lane.sql("DROP TABLE strangers");
        Replay unfilled = replayed(ask(1, true, "parents", "children"));
        assertThat(unfilled.failure()).isEqualTo(ErrorKind.REFUSED);
        assertThat(parents()).as("nothing is emptied that cannot be filled").hasSize(3);
        lane.sql("DELETE FROM parents");
        Replay failed = replayed(ask(1, false, "parents"));
        assertThat(failed.isFailed()).isTrue();
        assertThat(failed.failure()).isEqualTo(ErrorKind.REFUSED);
        assertThat(failed.message()).contains("no longer holds sequence 1", "begins at sequence 2");
        assertThat(replayed(ask(2, false, "parents")).isDone()).isTrue();
        assertThat(parents()).containsExactly("2|b|2", "3|c|3");
    }

    @Test
    void aRunningSinkNoticesAReplayBetweenBatchesAndPauseHoldsIt() {
        lane.transaction(lane.create("parents", 1L, "a"), lane.create("parents", 2L, "b"));
        try (Sink sink = lane.sink(lane.settings(3), FaultPoints.NONE)) {
            CompletableFuture<Void> end = TestLane.start(sink);
            lane.awaitApplied(end);
            Pause pause = new Pause(lane.database, lane.pipeline);
            pause.pause("me", "why", Duration.ofSeconds(30));
            lane.sql("DELETE FROM parents");
            long id = ask(1, false, "parents");
            lane.append(
                    Outcome.CONTROL, true, false, false, null, lane.control(Control.Kind.HEARTBEAT, null, Map.of()));
            TestLane.await("the sink to be paused", () -> sink.status().state() == SinkStatus.State.PAUSED);
            assertThat(read(id).state()).isEqualTo("asked");
            assertThat(PipelineStatus.read(lane.database, lane.pipeline).replays())
                    .extracting(Replay::id)
                    .containsExactly(id);
            pause.resume();
            awaitEnd(id, end);
            lane.awaitApplied(end);
            sink.stop();
            end.join();
        }
        assertThat(parents()).hasSize(2);
    }

    @Test
    void aPauseInTheMiddleHoldsTheReplayWhereItIs() {
        for (long i = 1; i <= 10; i++) {
            lane.transaction(lane.create("parents", i, "p"));
        }
        lane.applyAll();
        lane.sql("DELETE FROM parents");
        long id = ask(1, false, "parents");
        AtomicBoolean asked = new AtomicBoolean();
        try (Sink sink = lane.sink(lane.settings(3), point -> {
            if (point.equals("replay lock")
                    && read(id).state().equals("applying")
                    && read(id).done() == 3
                    && asked.compareAndSet(false, true)) {
                lane.sql("UPDATE sluice.progress SET paused_at = now(), paused_by = 'me', paused_why = 'why'");
            }
        })) {
            CompletableFuture<Void> end = TestLane.start(sink);
            TestLane.await("the sink to be paused", () -> sink.status().state() == SinkStatus.State.PAUSED);
            assertThat(parents()).hasSize(3);
            new Pause(lane.database, lane.pipeline).resume();
            awaitEnd(id, end);
            sink.stop();
            end.join();
        }
        assertThat(parents()).hasSize(10);
    }

    @Test
    void anIndexThatTheServerHasLostIsMadeAgain() {
        for (long i = 1; i <= 10; i++) {
            lane.transaction(lane.create("nodes", i, i == 1 ? null : (Long) (i - 1)));
        }
        lane.applyAll();
        List<String> nodes = lane.rows("SELECT * FROM nodes ORDER BY 1");
        for (String state : List.of("indexing", "applying")) {
            lane.sql("DELETE FROM nodes WHERE id > 7");
            long id = ask(1, true, "nodes");
            AtomicBoolean lost = new AtomicBoolean();
            AtomicBoolean emptied = new AtomicBoolean();
            try (Sink sink = lane.sink(lane.settings(3), point -> {
                Replay now = read(id);
                if (point.equals("replay lock")
                        && now.state().equals(state)
                        && now.done() >= 3
                        && lost.compareAndSet(false, true)) {
                    lane.sql("TRUNCATE sluice.replay_rows");
                }
                emptied.compareAndSet(false, lost.get() && state.equals("applying") && point.equals("replay truncate"));
            })) {
                CompletableFuture<Void> end = TestLane.start(sink);
                awaitEnd(id, end);
                sink.stop();
                end.join();
            }
            assertThat(lost).as(state).isTrue();
            assertThat(emptied).as("what was applied is thrown away").isFalse();
            assertThat(read(id).isDone()).as(state).isTrue();
            assertThat(read(id).total()).isEqualTo(10);
            assertThat(lane.rows("SELECT * FROM nodes ORDER BY 1")).isEqualTo(nodes);
        }
    }

    @Test
    void aNewerSinkTakesAReplayOver() {
        for (long i = 1; i <= 10; i++) {
            lane.transaction(lane.create("parents", i, "p"));
        }
        lane.applyAll();
        lane.sql("DELETE FROM parents");
        long id = ask(1, false, "parents");
        AtomicBoolean claimed = new AtomicBoolean();
        try (Sink old = lane.sink(lane.settings(3), point -> {
            if (point.equals("replay lock")
                    && read(id).state().equals("applying")
                    && claimed.compareAndSet(false, true)) {
                lane.sql("UPDATE sluice.progress SET epoch = epoch + 1");
            }
        })) {
            CompletableFuture<Void> end = TestLane.start(old);
            TestLane.await("the old sink to end", end::isDone);
            assertThat(end).isCompletedExceptionally();
            assertThat(old.status().message()).contains("was claimed by a newer sink");
        }
        assertThat(read(id).state()).isEqualTo("applying");
        assertThat(replayed(id).isDone()).isTrue();
        assertThat(parents()).hasSize(10);
    }

    @Test
    void oneReplayOfALaneIsUnderWayAtATime() {
        long id = ask(1, false, "parents");
        assertThat(ask(1, false, "parents")).isEqualTo(id);
        assertThatThrownBy(() -> ask(1, false, "children"))
                .hasMessageContaining("has another replay under way, from sequence 1 of [public.parents]");
        lane.transaction(lane.create("parents", 1L, "a"));
        assertThat(replayed(id).isDone()).isTrue();
        assertThat(ask(1, false, "children")).isNotEqualTo(id);
        lane.preparation().remove(false, false);
    }

    @Test
    void rowsThatWereDeletedWhileTheirTableWasLeftOutStayAway() {
        lane.transaction(lane.create("nodes", 1L, null), lane.create("nodes", 2L, null));
        lane.transaction(lane.create("parents", 1L, "a"));
        lane.applyAll();
        lane.capture("parents", "children");
        lane.transaction(lane.create("parents", 2L, "b"));
        lane.applyAll();
        lane.sql("DELETE FROM nodes");
        lane.capture("parents", "children", "nodes");
        lane.transaction(lane.read("nodes", 2L, null), lane.create("nodes", 3L, 2L));
        lane.applyAll();
        lane.sql("DELETE FROM parents WHERE id = 1");
        for (boolean truncates : List.of(false, true)) {
            lane.sql("DELETE FROM nodes");
            Replay replay = replayed(truncates ? ask(1, true, "nodes") : ask(1, false, "nodes", "parents"));
            assertThat(replay.isDone()).isTrue();
            assertThat(lane.rows("SELECT * FROM nodes ORDER BY 1")).containsExactly("2|null|5", "3|2|6");
        }
        assertThat(parents()).containsExactly("1|a|3", "2|b|4");
    }

    @Test
    void nothingIsEmptiedForEventsThatNoLongerFit() {
        lane.sql("DROP TABLE strangers");
        lane.transaction(lane.create("parents", 1L, "a"));
        lane.applyAll();
        lane.sql("ALTER TABLE parents RENAME COLUMN name TO title");
        lane.capture("parents", "children", "nodes");
        lane.transaction(lane.create("parents", 2L, "b"));
        lane.applyAll();
        Replay failed = replayed(ask(1, true, "parents", "children"));
        assertThat(failed.failure()).isEqualTo(ErrorKind.TARGET);
        assertThat(failed.message()).contains("nothing was emptied", "table public.parents", "column name");
        assertThat(lane.rows("SELECT id, title FROM parents")).containsExactly("1|a", "2|b");
        lane.transaction(lane.create("parents", 3L, "c"));
        lane.applyAll();
        assertThat(lane.rows("SELECT id, title FROM parents")).hasSize(3);
    }

    @Test
    void nothingIsEmptiedWhenTheTableWasAlteredWhileTheSinkRan() {
        lane.transaction(lane.create("nodes", 1L, null));
        try (Sink sink = lane.sink(lane.settings(3), FaultPoints.NONE)) {
            CompletableFuture<Void> end = TestLane.start(sink);
            lane.awaitApplied(end);
            lane.sql("ALTER TABLE nodes DROP COLUMN above");
            long id = ask(1, true, "nodes");
            awaitEnd(id, end);
            assertThat(read(id).message()).contains("nothing was emptied", "column above");
            sink.stop();
            end.join();
        }
        assertThat(lane.rows("SELECT id FROM nodes")).containsExactly("1");
    }

    @Test
    void aReplayThatCannotFillWhatItEmptiedStopsTheLaneAndSaysSo() {
        lane.transaction(lane.create("nodes", 1L, null), lane.create("nodes", 2L, 1L));
        lane.applyAll();
        List<String> nodes = lane.rows("SELECT * FROM nodes ORDER BY 1");
        long id = ask(1, true, "nodes");
        AtomicBoolean altered = new AtomicBoolean();
        try (Sink sink = lane.sink(lane.settings(3), point -> {
            if (point.equals("replay lock")
                    && read(id).state().equals("applying")
                    && altered.compareAndSet(false, true)) {
                lane.sql("ALTER TABLE nodes RENAME COLUMN above TO below");
            }
        })) {
            CompletableFuture<Void> end = TestLane.start(sink);
            TestLane.await("the sink to end", end::isDone);
            assertThat(end).isCompletedExceptionally();
        }
        assertThat(lane.one("SELECT state || ': ' || message FROM sluice.lanes"))
                .startsWith("stopped: replay " + id + " has emptied [public.nodes] and cannot fill them")
                .contains("start the sink again", "column \"above\" of relation \"nodes\" does not exist");
        lane.sql("ALTER TABLE nodes RENAME COLUMN below TO above");
        assertThat(replayed(id).isDone()).isTrue();
        assertThat(lane.rows("SELECT * FROM nodes ORDER BY 1")).isEqualTo(nodes);
    }

    @Test
    void partsOfRowsThatSomebodyDeletedBecomeDeadLettersAndAreCounted() {
        lane.transaction(lane.create("parents", 1L, "a"), lane.create("children", 1L, 1L, "x"));
        lane.transaction(lane.create("children", 2L, 1L, "y"));
        lane.transaction(lane.partial("children", Set.of("parent_id"), 1L, null, "z"));
        lane.transaction(lane.delete("children", 2L));
        lane.transaction(lane.partial("children", Set.of("parent_id"), 2L, null, "never"));
        lane.applyAll();
        lane.sql("DELETE FROM children");
        Replay loading = replayed(ask(4, false, "children"));
        assertThat(loading.refused()).as("rows that are still to be read").isZero();
        lane.sql("UPDATE sluice.tables SET phase = 'live'");
        assertThat(replayed(ask(4, false, "children")).refused()).isEqualTo(1);
        assertThat(lane.rows("SELECT key, sequence, reason, state FROM sluice.dead_letters"))
                .containsExactly("[1]|4|missing-row|open");
        assertThat(replayed(ask(1, false, "children")).refused()).isZero();
        assertThat(lane.rows("SELECT key, state FROM sluice.dead_letters")).containsExactly("[1]|superseded");
        assertThat(children()).containsExactly("1|1|z|4");
    }

    @Test
    void aTopicThatEndsBeforeWhatIsAppliedIsRefusedAndTheLaneGoesOn() {
        for (long i = 1; i <= 10; i++) {
            lane.transaction(lane.create("parents", i, "p"));
        }
        lane.applyAll();
        Replay failed = replayedWhere("high_offset = 1000");
        assertThat(failed.failure()).isEqualTo(ErrorKind.REFUSED);
        assertThat(failed.message()).contains("ends at offset 9", "offset 1000");
    }

    @Test
    void aTopicThatHasNoRecordWhereSomethingWasAppliedIsRefused() {
        for (long i = 1; i <= 10; i++) {
            lane.transaction(lane.create("parents", i, "p"));
        }
        long hole = lane.hole();
        lane.transaction(lane.create("parents", 11L, "p"));
        lane.applyAll();
        Replay failed = replayedWhere("high_offset = " + hole);
        assertThat(failed.failure()).isEqualTo(ErrorKind.REFUSED);
        assertThat(failed.message()).contains("no record at offset " + hole);
    }

    /** A replay that learns in the middle that it ends somewhere else. */
    private Replay replayedWhere(String changed) {
        long id = ask(1, false, "parents");
        AtomicBoolean done = new AtomicBoolean();
        try (Sink sink = lane.sink(lane.settings(3), point -> {
            if (point.equals("replay lock") && read(id).done() >= 3 && done.compareAndSet(false, true)) {
                lane.sql("UPDATE sluice.replays SET " + changed + " WHERE id = " + id);
            }
        })) {
            CompletableFuture<Void> end = TestLane.start(sink);
            awaitEnd(id, end);
            sink.stop();
            end.join();
        }
        return read(id);
    }

    @Test
    void aTableThatMayNotBeEmptiedIsSaid() {
        String role = "replayer_" + System.nanoTime();
        lane.sql("CREATE ROLE " + role + " LOGIN PASSWORD 'secret'");
        lane.sql("GRANT SELECT, INSERT, UPDATE, DELETE ON parents, children TO " + role);
        lane.sql("GRANT TRUNCATE ON children TO " + role);
        TreeSet<TableId> tables = new TreeSet<>(List.of(TableId.parse("parents"), TableId.parse("children")));
        String url = lane.jdbcUrl.replaceAll("\\?.*", "");
        try (TargetDatabase poor =
                TargetDatabase.open(TargetSettings.of(url, role, "secret"), "p", InstantSource.system())) {
            assertThatThrownBy(() -> new Replays(poor, lane.pipeline).requireTruncatable(tables))
                    .hasMessageContaining(role + " may not TRUNCATE [public.parents]");
        }
        lane.sql("DROP OWNED BY " + role);
        lane.sql("DROP ROLE " + role);
        replays().requireTruncatable(tables);
    }
}
