package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.event.Outcome;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Records that are applied as one, with every action that PostgreSQL may have been told to take. */
class TogetherTest {
    private TestLane lane = TestLane.with();

    @AfterEach
    void close() {
        lane.close();
    }

    private void tables(String... ddl) {
        for (String table : ddl) {
            lane.sql(table);
        }
    }

    private static String on(String action) {
        return " ON DELETE " + action + " ON UPDATE " + action;
    }

    private void capture(String... tables) {
        lane.capture(tables).watchActions(tables);
    }

    private void assertNothingElseHappened() {
        assertThat(lane.rows("SELECT * FROM acted"))
                .as("PostgreSQL's own actions")
                .isEmpty();
        assertThat(lane.rows("SELECT table_name, key, message FROM sluice.dead_letters"))
                .isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"NO ACTION", "RESTRICT", "CASCADE", "SET NULL"})
    void aCycleOverTwoTablesIsClosedByItsNullableReferenceAndOpenedAgain(String action) {
        tables(
                "CREATE TABLE teams (id bigint PRIMARY KEY, lead bigint)",
                "CREATE TABLE people (id bigint PRIMARY KEY, team bigint NOT NULL REFERENCES teams" + on(action) + ")",
                "ALTER TABLE teams ADD FOREIGN KEY (lead) REFERENCES people" + on(action));
        capture("teams", "people");
        lane.together(lane.create("teams", 1L, 10L), lane.create("people", 10L, 1L), lane.create("people", 11L, 1L));
        lane.applyAgainBehind(0);
        assertThat(lane.rows("SELECT id, lead FROM teams")).containsExactly("1|10");
        assertThat(lane.rows("SELECT id, team FROM people ORDER BY id")).containsExactly("10|1", "11|1");
        long before = lane.sequence();
        lane.together(lane.delete("people", 10L), lane.delete("people", 11L), lane.delete("teams", 1L));
        lane.applyAgainBehind(before);
        assertThat(lane.rows("SELECT id FROM teams UNION ALL SELECT id FROM people"))
                .isEmpty();
        assertNothingElseHappened();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"NO ACTION", "CASCADE", "SET NULL"})
    void aCycleOfDeferrableReferencesArrivesInAnyOrder(String action) {
        tables(
                "CREATE TABLE heads (id bigint PRIMARY KEY, tail bigint NOT NULL)",
                "CREATE TABLE tails (id bigint PRIMARY KEY, head bigint NOT NULL REFERENCES heads" + on(action)
                        + " DEFERRABLE)",
                "ALTER TABLE heads ADD FOREIGN KEY (tail) REFERENCES tails" + on(action) + " DEFERRABLE");
        capture("heads", "tails");
        lane.together(lane.create("heads", 1L, 1L), lane.create("tails", 1L, 1L));
        lane.together(lane.create("tails", 2L, 2L), lane.create("heads", 2L, 2L));
        lane.applyAgainBehind(0);
        assertThat(lane.rows("SELECT heads.id, tails.id FROM heads JOIN tails ON tails.head = heads.id ORDER BY 1"))
                .containsExactly("1|1", "2|2");
        assertNothingElseHappened();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"NO ACTION", "RESTRICT", "CASCADE", "SET NULL"})
    void rowsOfOneTableThatReferToEachOtherComeAndGo(String action) {
        tables("CREATE TABLE nodes (id bigint PRIMARY KEY, next bigint REFERENCES nodes" + on(action) + ")");
        capture("nodes");
        lane.together(lane.create("nodes", 1L, 2L), lane.create("nodes", 2L, 3L), lane.create("nodes", 3L, 1L));
        lane.applyAgainBehind(0);
        assertThat(lane.rows("SELECT id, next FROM nodes ORDER BY id")).containsExactly("1|2", "2|3", "3|1");
        long before = lane.sequence();
        lane.together(lane.delete("nodes", 1L), lane.delete("nodes", 2L), lane.delete("nodes", 3L));
        lane.applyAgainBehind(before);
        assertThat(lane.rows("SELECT id FROM nodes")).isEmpty();
        assertNothingElseHappened();
    }

    @ParameterizedTest(name = "{0}, {1}")
    @CsvSource({
        "NO ACTION, NULL",
        "RESTRICT, NULL",
        "CASCADE, NULL",
        "SET NULL, NULL",
        "SET DEFAULT, NULL",
        "NO ACTION, NOT NULL DEFERRABLE",
        "RESTRICT, NOT NULL DEFERRABLE",
        "CASCADE, NOT NULL DEFERRABLE",
        "SET NULL, NOT NULL DEFERRABLE",
        "NO ACTION, NOT NULL DEFERRABLE INITIALLY DEFERRED"
    })
    void aParentChangesItsKeyTogetherWithItsChildren(String action, String shape) {
        String nullability = shape.startsWith("NOT NULL") ? "NOT NULL" : "";
        String deferrable = shape.replace("NOT NULL", "").replace("NULL", "");
        tables(
                "CREATE TABLE countries (id bigint PRIMARY KEY, code text UNIQUE, name text)",
                "CREATE TABLE cities (id bigint PRIMARY KEY, country text " + nullability
                        + " REFERENCES countries (code)" + on(action) + deferrable + ")");
        capture("countries", "cities");
        lane.transaction(
                lane.create("countries", 1L, "ZR", "Zaire"),
                lane.create("countries", 2L, "BE", "Belgium"),
                lane.create("cities", 1L, "ZR"),
                lane.create("cities", 2L, "ZR"),
                lane.create("cities", 3L, "BE"));
        lane.applyAll();
        long before = lane.sequence();
        lane.together(
                lane.update("countries", 1L, "CD", "Congo"),
                lane.update("cities", 1L, "CD"),
                lane.update("cities", 2L, "CD"));
        lane.applyAgainBehind(before);
        assertThat(lane.rows("SELECT id, code, name FROM countries ORDER BY id"))
                .containsExactly("1|CD|Congo", "2|BE|Belgium");
        assertThat(lane.rows("SELECT id, country, _sluice_seq FROM cities ORDER BY id"))
                .containsExactly("1|CD|6", "2|CD|6", "3|BE|5");
        assertNothingElseHappened();
    }

    @ParameterizedTest(name = "{0}, {1}")
    @CsvSource({
        "NO ACTION, NULL",
        "RESTRICT, NULL",
        "CASCADE, NULL",
        "SET NULL, NULL",
        "NO ACTION, NOT NULL DEFERRABLE",
        "CASCADE, NOT NULL DEFERRABLE",
        "SET NULL, NOT NULL DEFERRABLE"
    })
    void aUniqueValueIsHandedOverThroughAHeldRowWhoseReferrerMovesToTheNewOne(String action, String shape) {
        tables(
                "CREATE TABLE rooms (id bigint PRIMARY KEY, number text UNIQUE)",
                "CREATE TABLE guests (id bigint PRIMARY KEY, room bigint " + shape.replace("DEFERRABLE", "")
                        + " REFERENCES rooms" + on(action) + (shape.contains("DEFERRABLE") ? " DEFERRABLE" : "") + ")");
        capture("rooms", "guests");
        lane.transaction(lane.create("rooms", 1L, "A"), lane.create("guests", 1L, 1L), lane.create("guests", 2L, 1L));
        lane.applyAll();
        long before = lane.sequence();
        lane.together(
                lane.delete("rooms", 1L),
                lane.create("rooms", 2L, "A"),
                lane.update("guests", 1L, 2L),
                lane.update("guests", 2L, 2L));
        lane.applyAgainBehind(before);
        assertThat(lane.rows("SELECT id, number FROM rooms")).containsExactly("2|A");
        assertThat(lane.rows("SELECT id, room FROM guests ORDER BY id")).containsExactly("1|2", "2|2");
        assertNothingElseHappened();
    }

    @Test
    void aKeyOfMatchFullIsEmptiedAsAWholeAndColumnsThatAnEventDoesNotBringStay() {
        tables(
                "CREATE TABLE spots (id bigint PRIMARY KEY, x bigint, y bigint, UNIQUE (x, y))",
                "CREATE TABLE pins (id bigint PRIMARY KEY, x bigint, y bigint, note text, FOREIGN KEY (x, y) REFERENCES spots (x, y) MATCH FULL)",
                "CREATE TABLE flags (id bigint PRIMARY KEY, x bigint NOT NULL, y bigint, note text, FOREIGN KEY (x, y) REFERENCES spots (x, y))");
        capture("spots", "pins", "flags");
        lane.transaction(
                lane.create("spots", 1L, 1L, 1L),
                lane.create("pins", 1L, 1L, 1L, "kept"),
                lane.create("flags", 1L, 1L, 1L, "kept"));
        lane.together(
                lane.update("spots", 1L, 1L, 2L),
                lane.partial("pins", Set.of("note"), 1L, 1L, 2L, null),
                lane.partial("flags", Set.of("note", "x"), 1L, null, 2L, null));
        lane.applyAll();
        assertThat(lane.rows("SELECT * FROM pins UNION ALL SELECT * FROM flags"))
                .containsExactly("1|1|2|kept|4", "1|1|2|kept|4");
        assertNothingElseHappened();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"NO ACTION", "CASCADE", "SET NULL"})
    void aRunThatLeavesARowReferringIsRefusedAsOneAndTheLaneGoesOn(String action) {
        tables(
                "CREATE TABLE countries (id bigint PRIMARY KEY, code text UNIQUE)",
                "CREATE TABLE cities (id bigint PRIMARY KEY, country text REFERENCES countries (code)" + on(action)
                        + ")");
        capture("countries", "cities");
        lane.transaction(
                lane.create("countries", 1L, "ZR"), lane.create("cities", 1L, "ZR"), lane.create("cities", 9L, "ZR"));
        lane.together(lane.update("countries", 1L, "CD"), lane.update("cities", 1L, "CD"));
        lane.transaction(lane.create("countries", 2L, "BE"), lane.create("cities", 2L, "BE"));
        lane.applyAll();
        assertThat(lane.rows("SELECT id, code FROM countries ORDER BY id")).containsExactly("1|ZR", "2|BE");
        assertThat(lane.rows("SELECT id, country, _sluice_seq FROM cities ORDER BY id"))
                .containsExactly("1|ZR|2", "2|BE|6", "9|ZR|3");
        assertThat(lane.rows("SELECT table_name, key, state FROM sluice.dead_letters ORDER BY 1"))
                .containsExactly("public.cities|[1]|open", "public.countries|[1]|open");
        assertThat(lane.rows("SELECT DISTINCT message FROM sluice.dead_letters"))
                .allMatch(message -> message.contains("applied as one with 1 others"));
        assertThat(lane.rows("SELECT * FROM acted")).isEmpty();
    }

    @Test
    void aCycleThatPostgresCannotLoadBecomesDeadLettersOfItsRows() {
        tables(
                "CREATE TABLE heads (id bigint PRIMARY KEY, tail bigint NOT NULL)",
                "CREATE TABLE tails (id bigint PRIMARY KEY, head bigint NOT NULL REFERENCES heads)",
                "ALTER TABLE heads ADD FOREIGN KEY (tail) REFERENCES tails");
        capture("heads", "tails");
        lane.together(lane.create("heads", 1L, 1L), lane.create("tails", 1L, 1L));
        SinkStatus status = lane.applyAll();
        assertThat(status.deadLettered()).isEqualTo(2);
        assertThat(lane.rows("SELECT key, reason FROM sluice.dead_letters"))
                .containsExactly("[1]|foreign-key", "[1]|foreign-key");
    }

    @Test
    void aRunIsNeverCutHoweverSmallABatchIs() {
        tables(
                "CREATE TABLE heads (id bigint PRIMARY KEY, tail bigint NOT NULL)",
                "CREATE TABLE tails (id bigint PRIMARY KEY, head bigint NOT NULL REFERENCES heads DEFERRABLE)",
                "ALTER TABLE heads ADD FOREIGN KEY (tail) REFERENCES tails DEFERRABLE");
        capture("heads", "tails");
        List<TestLane.Draft> drafts = new ArrayList<>();
        for (long i = 0; i < 40; i++) {
            drafts.add(lane.create("heads", i, i));
            drafts.add(0, lane.create("tails", i, i));
        }
        lane.together(drafts.toArray(TestLane.Draft[]::new));
        lane.transaction(lane.create("heads", 100L, 0L));
        lane.applyAll(lane.settings(3));
        assertThat(lane.rows("SELECT (SELECT count(*) FROM heads), (SELECT count(*) FROM tails)"))
                .containsExactly("41|40");
        assertNothingElseHappened();
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void aLargeRunInAnyOrderAmongOrdinaryRowsIsApplied(long seed) {
        tables(
                "CREATE TABLE countries (id bigint PRIMARY KEY, code text UNIQUE)",
                "CREATE TABLE cities (id bigint PRIMARY KEY, country text REFERENCES countries (code) ON UPDATE CASCADE, near bigint REFERENCES cities ON DELETE CASCADE)");
        capture("countries", "cities");
        lane.transaction(lane.create("countries", 1L, "old"), lane.create("countries", 2L, "other"));
        List<TestLane.Draft> run = new ArrayList<>(List.of(lane.update("countries", 1L, "new")));
        for (long i = 0; i < 300; i++) {
            lane.transaction(lane.create("cities", i, "old", i == 0 ? null : i - 1));
            run.add(
                    i % 10 == 9
                            ? lane.delete("cities", i)
                            : lane.update("cities", i, "new", i % 10 == 8 ? null : i + 1));
        }
        run.add(lane.create("cities", 300L, "new", 0L));
        Collections.shuffle(run, new Random(seed));
        lane.applyAll();
        lane.append(Outcome.APPLY, true, false, false, null, lane.create("cities", 1_000L, "other", null));
        lane.together(run.toArray(TestLane.Draft[]::new));
        lane.transaction(lane.update("cities", 1_000L, "new", 5L));
        lane.applyAll();
        assertThat(lane.one("SELECT count(*), count(DISTINCT country), min(country), count(near) FROM cities"))
                .isEqualTo("272|1|new|242");
        assertNothingElseHappened();
    }
}
