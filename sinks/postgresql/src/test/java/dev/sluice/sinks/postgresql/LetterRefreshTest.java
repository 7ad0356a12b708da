package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.apply.FaultPoints;
import dev.sluice.sinks.postgresql.apply.Refreshes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Somebody changed the target: what the sink notices, whom it asks, and what the answers make of it. */
class LetterRefreshTest {
    private static final String LETTERS =
            "SELECT table_name || key || ' ' || reason || ' ' || state || CASE WHEN asked_at IS NULL THEN '' ELSE ' asked' END"
                    + " FROM sluice.dead_letters ORDER BY id";

    private final TestLane lane = TestLane.with(
            "CREATE TABLE regions (id bigint PRIMARY KEY, name text)",
            "CREATE TABLE parents (id bigint PRIMARY KEY, region bigint REFERENCES regions, v text)",
            "CREATE TABLE children (id bigint PRIMARY KEY, parent bigint REFERENCES parents, v text)");
    private final Source source = new Source();

    /** A source that remembers what it was asked, and answers with what it holds. */
    private final class Source implements Refreshes {
        private final List<String> asked = Collections.synchronizedList(new ArrayList<>());
        private final Map<String, TestLane.Draft> rows = new HashMap<>();

        @Override
        public void ask(TableId table, List<String> keys) {
            for (String key : keys) {
                asked.add(table.name() + key);
                TestLane.Draft row = rows.get(table.name() + key);
                if (row != null) {
                    lane.transaction(row);
                }
            }
        }
    }

    @BeforeEach
    void prepare() {
        lane.capture("regions", "parents", "children");
    }

    @AfterEach
    void close() {
        lane.close();
    }

    private void live() {
        for (String table : List.of("public.regions", "public.parents", "public.children")) {
            lane.append(
                    Outcome.CONTROL,
                    true,
                    false,
                    false,
                    null,
                    lane.control(Control.Kind.SNAPSHOT_BEGIN, table, Map.of()));
            lane.append(
                    Outcome.CONTROL,
                    true,
                    false,
                    false,
                    null,
                    lane.control(Control.Kind.SNAPSHOT_END, table, Map.of(Control.ROWS, "0")));
        }
    }

    private void apply(Refreshes refreshes, FaultPoints faults) {
        try (Sink sink = Sink.create(
                lane.settings(),
                lane.database,
                lane.captured(),
                lane.registry(),
                lane.kafkaProperties(),
                java.time.InstantSource.system(),
                faults,
                refreshes)) {
            CompletableFuture<Void> end = TestLane.start(sink);
            lane.awaitApplied(end);
            sink.stop();
            end.join();
        }
    }

    /** Until everything is applied, answers included. */
    private void apply() {
        apply(source, FaultPoints.NONE);
        lane.flush();
        if (!lane.applied()) {
            apply();
        }
    }

    @Test
    void aPartOfARowThatIsStillToBeReadIsLetGoAndCounted() {
        lane.transaction(lane.partial("children", Set.of("parent"), 1L, null, "new"));
        apply();
        assertThat(lane.rows(LETTERS)).isEmpty();
        assertThat(source.asked).isEmpty();
        assertThat(lane.rows("SELECT table_name, column_name, rule, count FROM sluice.transformed"))
                .containsExactly("public.children||partial-ignored|1");
    }

    @Test
    void aPartOfARowThatSomebodyDeletedBringsTheWholeRowBack() {
        live();
        lane.transaction(lane.create("children", 1L, null, "old"), lane.create("children", 2L, null, "old"));
        apply();
        lane.sql("DELETE FROM children WHERE id = 1");
        source.rows.put("children[1]", lane.read("children", 1L, null, "whole"));
        lane.transaction(
                lane.partial("children", Set.of("parent"), 1L, null, "new"),
                lane.partial("children", Set.of("parent"), 2L, null, "new"));
        apply();
        assertThat(source.asked).containsExactly("children[1]");
        assertThat(lane.rows("SELECT id, v FROM children ORDER BY id")).containsExactly("1|whole", "2|new");
        assertThat(lane.rows(LETTERS)).containsExactly("public.children[1] missing-row retried asked");
    }

    @Test
    void whereTheSnapshotEndsInTheSameBatchThePlaceDecides() {
        lane.append(
                Outcome.CONTROL,
                true,
                false,
                false,
                null,
                lane.control(Control.Kind.SNAPSHOT_BEGIN, "public.children", Map.of()));
        lane.transaction(lane.partial("children", Set.of("parent"), 1L, null, "before"));
        lane.append(
                Outcome.CONTROL,
                true,
                false,
                false,
                null,
                lane.control(Control.Kind.SNAPSHOT_END, "public.children", Map.of(Control.ROWS, "0")));
        lane.transaction(lane.partial("children", Set.of("parent"), 2L, null, "behind"));
        apply();
        assertThat(lane.rows(LETTERS)).containsExactly("public.children[2] missing-row open asked");
        assertThat(lane.rows("SELECT rule, count FROM sluice.transformed")).containsExactly("partial-ignored|1");
    }

    @Test
    void aPartBehindADeleteIsMissedAndOneBeforeAWholeVersionIsNot() {
        live();
        lane.transaction(lane.create("children", 1L, null, "old"));
        lane.transaction(
                lane.delete("children", 1L),
                lane.partial("children", Set.of("parent"), 1L, null, "late"),
                lane.partial("children", Set.of("parent"), 2L, null, "early"));
        lane.transaction(
                lane.create("children", 2L, null, "whole"), lane.partial("children", Set.of("v"), 2L, null, null));
        lane.transaction(lane.partial("children", Set.of("parent"), 3L, null, "early"), lane.delete("children", 3L));
        apply();
        assertThat(lane.rows(LETTERS)).containsExactly("public.children[1] missing-row open asked");
        assertThat(lane.rows("SELECT id, v FROM children")).containsExactly("2|whole");
    }

    @Test
    void anOlderPartThatMeetsANewerRowIsNotMissing() {
        live();
        lane.transaction(lane.partial("children", Set.of("parent"), 1L, null, "older"));
        lane.sql("INSERT INTO children (id, v, _sluice_seq) VALUES (1, 'newer', 1000)");
        apply();
        assertThat(lane.rows(LETTERS)).isEmpty();
        assertThat(lane.rows("SELECT v FROM children")).containsExactly("newer");
    }

    @Test
    void aRowWhoseParentSomebodyDeletedComesWithItsParentFirst() {
        live();
        lane.transaction(lane.create("parents", 7L, null, "p"));
        apply();
        lane.sql("DELETE FROM parents");
        source.rows.put("parents[7]", lane.read("parents", 7L, null, "p"));
        source.rows.put("children[1]", lane.read("children", 1L, 7L, "c"));
        lane.transaction(lane.create("children", 1L, 7L, "c"));
        apply();
        assertThat(source.asked).containsExactly("parents[7]", "children[1]");
        assertThat(lane.rows("SELECT id, parent, v FROM children")).containsExactly("1|7|c");
        assertThat(lane.rows(LETTERS)).containsExactly("public.children[1] foreign-key retried asked");
    }

    @Test
    void severalGenerationsThatSomebodyDeletedComeBack() {
        live();
        lane.transaction(lane.create("regions", 3L, "r"), lane.create("parents", 7L, 3L, "p"));
        apply();
        lane.sql("DELETE FROM parents");
        lane.sql("DELETE FROM regions");
        source.rows.put("regions[3]", lane.read("regions", 3L, "r"));
        source.rows.put("parents[7]", lane.read("parents", 7L, 3L, "p"));
        source.rows.put("children[1]", lane.read("children", 1L, 7L, "c"));
        lane.transaction(lane.create("children", 1L, 7L, "c"));
        apply();
        assertThat(
                        lane.rows(
                                "SELECT c.id, p.id, r.id FROM children c JOIN parents p ON p.id = c.parent JOIN regions r ON r.id = p.region"))
                .containsExactly("1|7|3");
        assertThat(lane.rows(LETTERS)).noneMatch(letter -> letter.contains("open"));
    }

    @Test
    void whatTheSourceCannotAnswerStaysOpenAndIsNotAskedForAgain() {
        live();
        lane.transaction(lane.create("children", 1L, 7L, "c"));
        apply();
        apply();
        assertThat(source.asked).containsExactly("parents[7]", "children[1]");
        source.rows.put("children[1]", lane.read("children", 1L, 7L, "c"));
        lane.transaction(lane.read("children", 1L, 7L, "again"));
        apply();
        assertThat(lane.rows(LETTERS))
                .as("an answer that is refused again asks nobody")
                .containsExactly(
                        "public.children[1] foreign-key superseded asked", "public.children[1] foreign-key open asked");
        assertThat(source.asked).hasSize(2);
    }

    @Test
    void whatACrashLeftUnaskedIsAskedByTheNextSink() {
        live();
        lane.transaction(lane.create("children", 1L, 7L, "c"));
        boolean[] crashes = {false};
        FaultPoints dies = point -> {
            crashes[0] |= point.equals("dead letter");
            if (crashes[0] && point.equals("ask for letters")) {
                throw new IllegalStateException("killed");
            }
        };
        try {
            apply(source, dies);
        } catch (CompletionException e) {
            assertThat(e).hasMessageContaining("killed");
        }
        assertThat(source.asked).isEmpty();
        assertThat(lane.rows(LETTERS)).containsExactly("public.children[1] foreign-key open");
        apply();
        assertThat(source.asked).containsExactly("parents[7]", "children[1]");
    }

    @Test
    void whereNobodyListensTheSinkGoesOnAndAsksLater() {
        live();
        lane.transaction(lane.create("children", 1L, 7L, "c"));
        apply(
                (table, keys) -> {
                    throw SluiceException.of(ErrorKind.KAFKA, "the broker is away");
                },
                FaultPoints.NONE);
        assertThat(lane.rows(LETTERS)).containsExactly("public.children[1] foreign-key open");
        lane.transaction(lane.create("regions", 1L, "r"));
        apply();
        assertThat(source.asked).containsExactly("parents[7]", "children[1]");
        assertThat(lane.rows(LETTERS)).containsExactly("public.children[1] foreign-key open asked");
    }
}
