package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.event.Outcome;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Records that are applied as one and after which some of their rows wait on. */
class RunOutcomeTest {
    private static final String WAITING = "SELECT table_name, key, kind, reason FROM sluice.waiting ORDER BY 1, 2";

    private final TestLane lane = TestLane.with(
                    "CREATE TABLE countries (id bigint PRIMARY KEY, code text UNIQUE, capital bigint NOT NULL)",
                    "CREATE TABLE cities (id bigint PRIMARY KEY, country text REFERENCES countries (code), near bigint REFERENCES cities, name text CHECK (name <> 'bad'))",
                    "ALTER TABLE countries ADD FOREIGN KEY (capital) REFERENCES cities")
            .capture("countries", "cities");

    @AfterEach
    void close() {
        lane.close();
    }

    private void begin() {
        lane.append(Outcome.CONTROL, true, true, false, null, lane.control(Control.Kind.HEARTBEAT, null, Map.of()));
    }

    private void member(Outcome outcome, @Nullable String reason, boolean together, TestLane.Draft draft) {
        long sequence = lane.sequence();
        boolean settles = outcome == Outcome.APPLY;
        lane.send(
                new OrderedHeader(outcome, true, together, settles, sequence, sequence, reason, true, together),
                draft.at(lane.source(sequence, TestLane.PIPELINE_ID), TestLane.place(true)));
    }

    private void pairWithoutItsNeighbour(String name) {
        begin();
        member(Outcome.APPLY, null, true, lane.create("countries", 1L, "BE", 1L));
        member(Outcome.SET_NULL, "no city 9", false, lane.create("cities", 1L, "BE", null, name));
    }

    @Test
    void aRowOfARunIsWrittenWithoutAReferenceAndIsStaleUntilItsParentComes() {
        lane.transaction(lane.create("cities", 8L, null, null, "Mechelen"));
        pairWithoutItsNeighbour("Brussels");
        lane.applyAgainBehind(0);
        assertThat(lane.rows("SELECT code, capital FROM countries")).containsExactly("BE|1");
        assertThat(lane.rows("SELECT id, country, near FROM cities ORDER BY id"))
                .containsExactly("1|BE|null", "8|null|null");
        assertThat(lane.rows(WAITING)).containsExactly("public.cities|[1]|stale|no city 9");
        lane.append(Outcome.APPLY, true, true, false, null, lane.create("cities", 9L, "BE", null, "Leuven"));
        lane.release(2, Outcome.APPLY, true, lane.create("cities", 1L, "BE", 9L, "Brussels"));
        lane.applyAll();
        assertThat(lane.rows("SELECT near FROM cities WHERE id = 1")).containsExactly("9");
        assertThat(lane.rows(WAITING)).isEmpty();
        assertThat(lane.rows("SELECT * FROM sluice.dead_letters")).isEmpty();
    }

    @Test
    void aRunOneOfWhoseRowsIsRefusedWithoutItsReferenceIsRefusedAsOne() {
        pairWithoutItsNeighbour("bad");
        lane.transaction(lane.create("cities", 8L, null, null, "Mechelen"));
        lane.applyAll();
        assertThat(lane.rows("SELECT id FROM cities")).containsExactly("8");
        assertThat(lane.rows("SELECT table_name, key, reason FROM sluice.dead_letters ORDER BY 1"))
                .containsExactly("public.cities|[1]|check", "public.countries|[1]|check");
    }

    @Test
    void aRowOfARunLeavesAndWaits() {
        pairWithoutItsNeighbour("Brussels");
        lane.applyAll();
        begin();
        member(Outcome.APPLY, null, true, lane.delete("countries", 1L));
        member(Outcome.EVICT, "no country", false, lane.update("cities", 1L, "XX", null, "newer"));
        lane.applyAgainBehind(1);
        assertThat(lane.rows("SELECT id FROM cities UNION ALL SELECT id FROM countries"))
                .isEmpty();
        assertThat(lane.rows(WAITING)).containsExactly("public.cities|[1]|wait|no country");
        assertThat(lane.rows("SELECT * FROM sluice.dead_letters")).isEmpty();
    }

    @Test
    void aRowThatLeavesLetsGoOfReferencesThatItsEventDoesNotBring() {
        pairWithoutItsNeighbour("Brussels");
        lane.transaction(lane.create("cities", 2L, null, null, "Antwerp"));
        lane.applyAll();
        begin();
        member(Outcome.APPLY, null, true, lane.update("countries", 1L, "BX", 2L));
        member(
                Outcome.EVICT,
                "no city 7",
                false,
                lane.partial("cities", Set.of("country", "name"), 1L, null, 7L, null));
        lane.applyAll();
        assertThat(lane.rows("SELECT table_name, message FROM sluice.dead_letters"))
                .isEmpty();
        assertThat(lane.rows("SELECT code, capital FROM countries")).containsExactly("BX|2");
        assertThat(lane.rows("SELECT id FROM cities")).containsExactly("2");
        assertThat(lane.rows(WAITING)).containsExactly("public.cities|[1]|wait|no city 7");
    }
}
