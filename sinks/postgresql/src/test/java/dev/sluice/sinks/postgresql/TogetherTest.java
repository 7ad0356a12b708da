package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.event.Outcome;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Records that are applied as one, with every action that PostgreSQL may have been told to take; tables with different actions stand beside each other. */
class TogetherTest {
    private static final List<String> ACTIONS = List.of("NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT");

    private final TestLane lane = TestLane.with();

    @AfterEach
    void close() {
        lane.close();
    }

    /** @param sql with {@code %s} for the action, and in names for its number */
    private void tables(List<String> actions, String... sql) {
        for (int i = 0; i < actions.size(); i++) {
            for (String statement : sql) {
                lane.sql(statement
                        .replace("#", String.valueOf(i))
                        .replace("%s", " ON DELETE " + actions.get(i) + " ON UPDATE " + actions.get(i)));
            }
        }
    }

    private void capture(int variants, String... tables) {
        String[] all = IntStream.range(0, variants)
                .boxed()
                .flatMap(i -> Stream.of(tables).map(table -> table.replace("#", i.toString())))
                .toArray(String[]::new);
        lane.capture(all).watchActions(all);
    }

    private static String nullability(String shape) {
        return shape.startsWith("NOT") ? "NOT NULL" : "NULL";
    }

    /** Writes something for each variant. */
    private static void each(int variants, IntConsumer writing) {
        IntStream.range(0, variants).forEach(writing);
    }

    private void assertNothingElseHappened() {
        assertThat(lane.rows("SELECT * FROM acted"))
                .as("PostgreSQL's own actions")
                .isEmpty();
        assertThat(lane.rows("SELECT table_name, key, message FROM sluice.dead_letters"))
                .isEmpty();
    }

    @Test
    void aCycleOverTwoTablesIsClosedByItsNullableReferenceAndOpenedAgain() {
        int n = ACTIONS.size();
        tables(
                ACTIONS,
                "CREATE TABLE teams# (id bigint PRIMARY KEY, lead bigint)",
                "CREATE TABLE people# (id bigint PRIMARY KEY, team bigint NOT NULL REFERENCES teams#%s)",
                "ALTER TABLE teams# ADD FOREIGN KEY (lead) REFERENCES people#%s");
        capture(n, "teams#", "people#");
        each(
                n,
                i -> lane.together(
                        lane.create("teams" + i, 1L, 10L),
                        lane.create("people" + i, 10L, 1L),
                        lane.create("people" + i, 11L, 1L)));
        lane.applyAgainBehind(0);
        each(n, i -> {
            assertThat(lane.rows("SELECT id, lead FROM teams" + i)).containsExactly("1|10");
            assertThat(lane.rows("SELECT id, team FROM people" + i + " ORDER BY id"))
                    .containsExactly("10|1", "11|1");
        });
        long before = lane.sequence();
        each(
                n,
                i -> lane.together(
                        lane.delete("people" + i, 10L), lane.delete("people" + i, 11L), lane.delete("teams" + i, 1L)));
        lane.applyAgainBehind(before);
        each(
                n,
                i -> assertThat(lane.rows("SELECT id FROM teams" + i + " UNION ALL SELECT id FROM people" + i))
                        .isEmpty());
        assertNothingElseHappened();
    }

    @Test
    void aCycleOfDeferrableReferencesArrivesInAnyOrder() {
        int n = ACTIONS.size();
        tables(
                ACTIONS,
                "CREATE TABLE heads# (id bigint PRIMARY KEY, tail bigint NOT NULL)",
                "CREATE TABLE tails# (id bigint PRIMARY KEY, head bigint NOT NULL REFERENCES heads#%s DEFERRABLE)",
                "ALTER TABLE heads# ADD FOREIGN KEY (tail) REFERENCES tails#%s DEFERRABLE");
        capture(n, "heads#", "tails#");
        each(n, i -> {
            lane.together(lane.create("heads" + i, 1L, 1L), lane.create("tails" + i, 1L, 1L));
            lane.together(lane.create("tails" + i, 2L, 2L), lane.create("heads" + i, 2L, 2L));
        });
        lane.applyAgainBehind(0);
        each(
                n,
                i -> assertThat(lane.rows("SELECT h.id, t.id FROM heads" + i + " h JOIN tails" + i
                                + " t ON t.head = h.id ORDER BY 1"))
                        .containsExactly("1|1", "2|2"));
        assertNothingElseHappened();
    }

    @Test
    void rowsOfOneTableThatReferToEachOtherComeAndGo() {
        int n = ACTIONS.size();
        tables(ACTIONS, "CREATE TABLE nodes# (id bigint PRIMARY KEY, next bigint REFERENCES nodes#%s)");
        capture(n, "nodes#");
        each(
                n,
                i -> lane.together(
                        lane.create("nodes" + i, 1L, 2L),
                        lane.create("nodes" + i, 2L, 3L),
                        lane.create("nodes" + i, 3L, 1L)));
        lane.applyAgainBehind(0);
        each(
                n,
                i -> assertThat(lane.rows("SELECT id, next FROM nodes" + i + " ORDER BY id"))
                        .containsExactly("1|2", "2|3", "3|1"));
        long before = lane.sequence();
        each(
                n,
                i -> lane.together(
                        lane.delete("nodes" + i, 1L), lane.delete("nodes" + i, 2L), lane.delete("nodes" + i, 3L)));
        lane.applyAgainBehind(before);
        each(n, i -> assertThat(lane.rows("SELECT id FROM nodes" + i)).isEmpty());
        assertNothingElseHappened();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "NULL",
                "NULL DEFERRABLE INITIALLY DEFERRED",
                "NOT NULL DEFERRABLE",
                "NOT NULL DEFERRABLE INITIALLY DEFERRED"
            })
    void aParentChangesItsKeyTogetherWithItsChildren(String shape) {
        // A reference that can neither be NULL nor wait until commit never changes like that.
        String nullability = nullability(shape);
        String deferrable = shape.substring(nullability.length());
        int n = ACTIONS.size();
        tables(
                ACTIONS,
                "CREATE TABLE countries# (id bigint PRIMARY KEY, code text UNIQUE, name text)",
                "CREATE TABLE cities# (id bigint PRIMARY KEY, country text " + nullability
                        + " REFERENCES countries# (code)%s " + deferrable + ")");
        capture(n, "countries#", "cities#");
        each(
                n,
                i -> lane.transaction(
                        lane.create("countries" + i, 1L, "ZR", "Zaire"),
                        lane.create("countries" + i, 2L, "BE", "Belgium"),
                        lane.create("cities" + i, 1L, "ZR"),
                        lane.create("cities" + i, 2L, "ZR"),
                        lane.create("cities" + i, 3L, "BE")));
        lane.applyAll();
        long before = lane.sequence();
        each(
                n,
                i -> lane.together(
                        lane.update("countries" + i, 1L, "CD", "Congo"),
                        lane.update("cities" + i, 1L, "CD"),
                        lane.update("cities" + i, 2L, "CD")));
        lane.applyAgainBehind(before);
        each(n, i -> {
            assertThat(lane.rows("SELECT id, code, name FROM countries" + i + " ORDER BY id"))
                    .containsExactly("1|CD|Congo", "2|BE|Belgium");
            assertThat(lane.rows("SELECT id, country, _sluice_seq > " + before + " FROM cities" + i + " ORDER BY id"))
                    .containsExactly("1|CD|t", "2|CD|t", "3|BE|f");
        });
        assertNothingElseHappened();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"NULL", "NOT NULL DEFERRABLE"})
    void aUniqueValueIsHandedOverThroughAHeldRowWhoseReferrerMovesToTheNewOne(String shape) {
        int n = ACTIONS.size();
        tables(
                ACTIONS,
                "CREATE TABLE rooms# (id bigint PRIMARY KEY, number text UNIQUE)",
                "CREATE TABLE guests# (id bigint PRIMARY KEY, room bigint " + nullability(shape)
                        + " REFERENCES rooms#%s"
                        + shape.substring(nullability(shape).length()) + ")");
        capture(n, "rooms#", "guests#");
        each(
                n,
                i -> lane.transaction(
                        lane.create("rooms" + i, 1L, "A"),
                        lane.create("guests" + i, 1L, 1L),
                        lane.create("guests" + i, 2L, 1L)));
        lane.applyAll();
        long before = lane.sequence();
        each(
                n,
                i -> lane.together(
                        lane.delete("rooms" + i, 1L),
                        lane.create("rooms" + i, 2L, "A"),
                        lane.update("guests" + i, 1L, 2L),
                        lane.update("guests" + i, 2L, 2L)));
        lane.applyAgainBehind(before);
        each(n, i -> {
            assertThat(lane.rows("SELECT id, number FROM rooms" + i)).containsExactly("2|A");
            assertThat(lane.rows("SELECT id, room FROM guests" + i + " ORDER BY id"))
                    .containsExactly("1|2", "2|2");
        });
        assertNothingElseHappened();
    }

    @Test
    void aKeyOfMatchFullIsEmptiedAsAWholeAndColumnsThatAnEventDoesNotBringStay() {
        tables(
                List.of("NO ACTION"),
                "CREATE TABLE spots (id bigint PRIMARY KEY, x bigint, y bigint, UNIQUE (x, y))",
                "CREATE TABLE pins (id bigint PRIMARY KEY, x bigint, y bigint, note text, FOREIGN KEY (x, y) REFERENCES spots (x, y) MATCH FULL)",
                "CREATE TABLE flags (id bigint PRIMARY KEY, x bigint NOT NULL, y bigint, note text, FOREIGN KEY (x, y) REFERENCES spots (x, y))");
        capture(1, "spots", "pins", "flags");
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

    @Test
    void aRunThatLeavesARowReferringIsRefusedAsOneAndTheLaneGoesOn() {
        int n = ACTIONS.size();
        tables(
                ACTIONS,
                "CREATE TABLE countries# (id bigint PRIMARY KEY, code text UNIQUE)",
                "CREATE TABLE cities# (id bigint PRIMARY KEY, country text REFERENCES countries# (code)%s)");
        capture(n, "countries#", "cities#");
        each(n, i -> {
            lane.transaction(
                    lane.create("countries" + i, 1L, "ZR"),
                    lane.create("cities" + i, 1L, "ZR"),
                    lane.create("cities" + i, 9L, "ZR"));
            lane.together(lane.update("countries" + i, 1L, "CD"), lane.update("cities" + i, 1L, "CD"));
            lane.transaction(lane.create("countries" + i, 2L, "BE"), lane.create("cities" + i, 2L, "BE"));
        });
        lane.applyAll();
        each(n, i -> {
            assertThat(lane.rows("SELECT id, code FROM countries" + i + " ORDER BY id"))
                    .containsExactly("1|ZR", "2|BE");
            assertThat(lane.rows("SELECT id, country FROM cities" + i + " ORDER BY id"))
                    .containsExactly("1|ZR", "2|BE", "9|ZR");
            assertThat(lane.rows("SELECT table_name, key, state FROM sluice.dead_letters WHERE table_name LIKE '%" + i
                            + "' ORDER BY 1"))
                    .containsExactly("public.cities" + i + "|[1]|open", "public.countries" + i + "|[1]|open");
        });
        assertThat(lane.rows("SELECT DISTINCT message FROM sluice.dead_letters"))
                .allMatch(message -> message.contains("applied as one with 1 others"));
        assertThat(lane.rows("SELECT * FROM acted")).isEmpty();
    }

    @Test
    void aCycleThatPostgresCannotLoadBecomesDeadLettersOfItsRows() {
        tables(
                List.of("NO ACTION"),
                "CREATE TABLE heads (id bigint PRIMARY KEY, tail bigint NOT NULL)",
                "CREATE TABLE tails (id bigint PRIMARY KEY, head bigint NOT NULL REFERENCES heads)",
                "ALTER TABLE heads ADD FOREIGN KEY (tail) REFERENCES tails");
        capture(1, "heads", "tails");
        lane.together(lane.create("heads", 1L, 1L), lane.create("tails", 1L, 1L));
        SinkStatus status = lane.applyAll();
        assertThat(status.deadLettered()).isEqualTo(2);
        assertThat(lane.rows("SELECT key, reason FROM sluice.dead_letters"))
                .containsExactly("[1]|foreign-key", "[1]|foreign-key");
    }

    @Test
    void aRunIsNeverCutHoweverSmallABatchIs() {
        tables(
                List.of("NO ACTION"),
                "CREATE TABLE heads (id bigint PRIMARY KEY, tail bigint NOT NULL)",
                "CREATE TABLE tails (id bigint PRIMARY KEY, head bigint NOT NULL REFERENCES heads DEFERRABLE)",
                "ALTER TABLE heads ADD FOREIGN KEY (tail) REFERENCES tails DEFERRABLE");
        capture(1, "heads", "tails");
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
                List.of("NO ACTION"),
                "CREATE TABLE countries (id bigint PRIMARY KEY, code text UNIQUE)",
                "CREATE TABLE cities (id bigint PRIMARY KEY, country text REFERENCES countries (code) ON UPDATE CASCADE, near bigint REFERENCES cities ON DELETE CASCADE)");
        capture(1, "countries", "cities");
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
