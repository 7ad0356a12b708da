package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Rows that want each other's values, within one source transaction. In some order, each row by itself is accepted; in others only all together, because the source changed them with one
 * statement or checks its constraints at commit.
 */
class ExchangeTest {
    private final TestLane lane = TestLane.with();

    @AfterEach
    void close() {
        lane.close();
    }

    private void table(String name, String... definition) {
        for (String sql : definition) {
            lane.sql(sql);
        }
        lane.capture("public." + name);
    }

    private void assertRows(String table, String... rows) {
        lane.applyAll();
        assertThat(lane.rows("SELECT table_name, key, reason, message FROM sluice.dead_letters"))
                .isEmpty();
        assertThat(lane.rows("SELECT * FROM " + table + " ORDER BY 1").stream()
                        .map(row -> row.replaceAll("\\|\\d+$", "")))
                .containsExactly(rows);
    }

    private void seats() {
        lane.transaction(lane.create("seats", 1L, "a"), lane.create("seats", 2L, "b"), lane.create("seats", 3L, "c"));
        lane.applyAll();
    }

    @Test
    void twoRowsSwapAUniqueValue() {
        table("seats", "CREATE TABLE seats (id bigint PRIMARY KEY, place text UNIQUE)");
        seats();
        lane.transaction(lane.update("seats", 1L, "b"), lane.update("seats", 2L, "a"));
        assertRows("seats", "1|b", "2|a", "3|c");
    }

    @Test
    void threeRowsPassTheirValuesRoundThoughNoneMayBeNull() {
        table(
                "seats",
                "CREATE TABLE seats (id bigint PRIMARY KEY, place text NOT NULL UNIQUE CHECK (length(place) = 1))");
        seats();
        lane.transaction(lane.update("seats", 1L, "b"), lane.update("seats", 2L, "c"), lane.update("seats", 3L, "a"));
        assertRows("seats", "1|b", "2|c", "3|a");
    }

    @Test
    void rowsThatAreReferredToSwapAndNobodyMissesThem() {
        table(
                "seats",
                "CREATE TABLE seats (id bigint PRIMARY KEY, place text NOT NULL UNIQUE)",
                "CREATE TABLE guests (id bigint PRIMARY KEY, seat bigint NOT NULL REFERENCES seats, place text REFERENCES seats (place))");
        seats();
        lane.sql("INSERT INTO guests VALUES (1, 1, 'a'), (2, 2, 'b')");
        lane.transaction(lane.update("seats", 1L, "b"), lane.update("seats", 2L, "a"));
        assertRows("seats", "1|b", "2|a", "3|c");
        assertThat(lane.rows("SELECT * FROM guests ORDER BY id")).containsExactly("1|1|a", "2|2|b");
    }

    @Test
    void rowsThatPostgresWouldFollowByACascadeSwapWhereTheirValuesMayBeNull() {
        table(
                "seats",
                "CREATE TABLE seats (id bigint PRIMARY KEY, place text UNIQUE)",
                "CREATE TABLE guests (id bigint PRIMARY KEY, seat bigint NOT NULL REFERENCES seats ON DELETE CASCADE)");
        seats();
        lane.sql("INSERT INTO guests VALUES (1, 1), (2, 2)");
        lane.transaction(lane.update("seats", 1L, "b"), lane.update("seats", 2L, "a"));
        assertRows("seats", "1|b", "2|a", "3|c");
        assertThat(lane.rows("SELECT * FROM guests ORDER BY id")).containsExactly("1|1", "2|2");
    }

    @Test
    void rowsThatMayNeitherBeNullNorLeaveBecomeDeadLettersWhichTheNextVersionsSupersede() {
        table(
                "seats",
                "CREATE TABLE seats (id bigint PRIMARY KEY, place text NOT NULL UNIQUE)",
                "CREATE TABLE guests (id bigint PRIMARY KEY, seat bigint NOT NULL REFERENCES seats ON DELETE CASCADE)");
        seats();
        lane.sql("INSERT INTO guests VALUES (1, 1), (2, 2)");
        lane.transaction(lane.update("seats", 1L, "b"), lane.update("seats", 2L, "a"), lane.update("seats", 3L, "d"));
        lane.applyAll();
        assertThat(lane.rows("SELECT id, place FROM seats ORDER BY id")).containsExactly("1|a", "2|b", "3|d");
        assertThat(lane.rows("SELECT key, reason, state FROM sluice.dead_letters ORDER BY id"))
                .containsExactly("[1]|unique|open", "[2]|unique|open");
        lane.transaction(lane.update("seats", 1L, "x"), lane.update("seats", 2L, "a"), lane.update("seats", 1L, "b"));
        lane.applyAll();
        assertThat(lane.rows("SELECT id, place FROM seats ORDER BY id")).containsExactly("1|b", "2|a", "3|d");
        assertThat(lane.rows("SELECT DISTINCT state FROM sluice.dead_letters")).containsExactly("superseded");
        assertThat(lane.rows("SELECT count(*) FROM guests")).containsExactly("2");
    }

    @Test
    void whatIsNotCapturedStaysWhenRowsSwap() {
        lane.sql("CREATE TABLE seats (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, place text NOT NULL UNIQUE,"
                + " note text DEFAULT 'none', half bigint GENERATED ALWAYS AS (id / 2) STORED)");
        lane.captureColumns("public.seats", "id", "place");
        seats();
        lane.sql("UPDATE seats SET note = 'kept' WHERE id = 1");
        lane.transaction(lane.update("seats", 1L, "b"), lane.update("seats", 2L, "a"));
        lane.applyAll();
        assertThat(lane.rows("SELECT id, place, note, half, _sluice_seq FROM seats ORDER BY id"))
                .containsExactly("1|b|kept|0|4", "2|a|none|1|5", "3|c|none|1|3");
    }

    @Test
    void aNewRowTakesTheValueOfOneThatTakesThatOfOneThatLeaves() {
        table("seats", "CREATE TABLE seats (id bigint PRIMARY KEY, place text NOT NULL UNIQUE)");
        seats();
        lane.transaction(lane.create("seats", 9L, "a"), lane.update("seats", 1L, "b"), lane.delete("seats", 2L));
        assertRows("seats", "1|b", "3|c", "9|a");
    }

    @Test
    void aValueIsDeletedAndInsertedAgainUnderOtherKeys() {
        table("seats", "CREATE TABLE seats (id bigint PRIMARY KEY, place text NOT NULL UNIQUE)");
        seats();
        lane.transaction(
                lane.delete("seats", 1L),
                lane.create("seats", 4L, "a"),
                lane.delete("seats", 4L),
                lane.create("seats", 5L, "a"),
                lane.delete("seats", 2L),
                lane.create("seats", 1L, "b"));
        assertRows("seats", "1|b", "3|c", "5|a");
    }

    @Test
    void swapsInSeveralTablesAndOverSeveralKeysGoTogether() {
        lane.sql(
                "CREATE TABLE seats (id bigint PRIMARY KEY, a int NOT NULL UNIQUE, b int UNIQUE, c int NOT NULL UNIQUE)");
        lane.sql("CREATE TABLE other (id bigint PRIMARY KEY, seat bigint REFERENCES seats, a int NOT NULL UNIQUE)");
        lane.capture("seats", "other");
        lane.transaction(
                lane.create("seats", 1L, 1, 1, 1),
                lane.create("seats", 2L, 2, 2, 2),
                lane.create("other", 1L, 1L, 1),
                lane.create("other", 2L, 2L, 2));
        lane.applyAll();
        lane.transaction(
                lane.update("other", 1L, 2L, 2),
                lane.update("seats", 1L, 2, 2, 1),
                lane.update("other", 2L, 1L, 1),
                lane.update("seats", 2L, 1, 1, 2));
        lane.applyAll();
        assertThat(lane.rows("SELECT id, a, b, c FROM seats ORDER BY id")).containsExactly("1|2|2|1", "2|1|1|2");
        assertThat(lane.rows("SELECT id, seat, a FROM other ORDER BY id")).containsExactly("1|2|2", "2|1|1");
        assertThat(lane.rows("SELECT 1 FROM sluice.dead_letters")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE UNIQUE INDEX ON seats (place) WHERE place <> 'z'",
                "CREATE UNIQUE INDEX ON seats (lower(place))",
                "ALTER TABLE seats ADD EXCLUDE USING btree (place WITH =)",
                "ALTER TABLE seats ADD UNIQUE NULLS NOT DISTINCT (place)",
                "ALTER TABLE seats ADD UNIQUE (place) DEFERRABLE INITIALLY IMMEDIATE",
                "ALTER TABLE seats ADD UNIQUE (place) DEFERRABLE INITIALLY DEFERRED"
            })
    void everyKindOfConstraintLetsRowsSwapAndPassValuesOn(String constraint) {
        table("seats", "CREATE TABLE seats (id bigint PRIMARY KEY, place text)", constraint);
        seats();
        lane.transaction(lane.update("seats", 1L, "b"), lane.update("seats", 2L, "a"));
        lane.transaction(lane.update("seats", 3L, "x"), lane.update("seats", 1L, "c"), lane.update("seats", 3L, "b"));
        lane.transaction(lane.update("seats", 3L, null), lane.update("seats", 2L, "b"), lane.create("seats", 4L, "a"));
        lane.transaction(lane.delete("seats", 1L), lane.create("seats", 5L, "c"));
        assertRows("seats", "2|b", "3|null", "4|a", "5|c");
    }

    @Test
    void timesThatMayNotOverlapChangeHands() {
        lane.sql("CREATE EXTENSION IF NOT EXISTS btree_gist");
        table(
                "rooms",
                "CREATE TABLE rooms (id bigint PRIMARY KEY, room int NOT NULL, first int NOT NULL, last int NOT NULL,"
                        + " EXCLUDE USING gist (room WITH =, int4range(first, last) WITH &&))");
        lane.transaction(lane.create("rooms", 1L, 7, 0, 10), lane.create("rooms", 2L, 7, 10, 20));
        lane.applyAll();
        lane.transaction(lane.update("rooms", 1L, 7, 12, 20), lane.update("rooms", 2L, 7, 0, 12));
        lane.applyAll();
        assertThat(lane.rows("SELECT id, first, last FROM rooms ORDER BY id")).containsExactly("1|12|20", "2|0|12");
        assertThat(lane.rows("SELECT 1 FROM sluice.dead_letters")).isEmpty();
    }

    @Test
    void foreignKeysThatAreCheckedLaterAndEdgesThatMayBeNullComeInAnyOrder() {
        lane.sql("CREATE TABLE a (id bigint PRIMARY KEY, b bigint NOT NULL, u int NOT NULL UNIQUE)");
        lane.sql("CREATE TABLE b (id bigint PRIMARY KEY, c bigint REFERENCES a, u int NOT NULL UNIQUE)");
        lane.sql("ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b DEFERRABLE INITIALLY DEFERRED");
        lane.capture("a", "b");
        List<TestLane.Draft> drafts = new ArrayList<>(List.of(
                lane.create("a", 1L, 2L, 1),
                lane.create("b", 1L, 1L, 1),
                lane.create("a", 2L, 1L, 2),
                lane.create("b", 2L, 2L, 2)));
        Collections.shuffle(drafts, new Random(5));
        lane.transaction(drafts.toArray(TestLane.Draft[]::new));
        lane.transaction(
                lane.update("b", 1L, 2L, 2),
                lane.update("a", 1L, 1L, 2),
                lane.update("b", 2L, null, 1),
                lane.update("a", 2L, 2L, 1));
        lane.applyAll();
        assertThat(lane.rows("SELECT id, b, u FROM a ORDER BY id")).containsExactly("1|1|2", "2|2|1");
        assertThat(lane.rows("SELECT id, c, u FROM b ORDER BY id")).containsExactly("1|2|2", "2|null|1");
        assertThat(lane.rows("SELECT 1 FROM sluice.dead_letters")).isEmpty();
    }

    @Test
    void aRowThatIsRefusedInAnotherTransactionDoesNotTearASwapApart() {
        table("seats", "CREATE TABLE seats (id bigint PRIMARY KEY, place varchar(3) NOT NULL UNIQUE)");
        seats();
        for (int bad = 0; bad < 8; bad++) {
            lane.transaction(lane.create("seats", 10L + bad, "too long " + bad));
            lane.transaction(lane.update("seats", 1L, "b"), lane.update("seats", 2L, "a"));
            lane.transaction(lane.create("seats", 20L + bad, "x" + bad));
            lane.transaction(lane.update("seats", 1L, "a"), lane.update("seats", 2L, "b"));
        }
        lane.transaction(lane.update("seats", 1L, "c"), lane.update("seats", 3L, "a"));
        lane.applyAll();
        assertThat(lane.rows("SELECT id, place FROM seats WHERE id < 10 ORDER BY id"))
                .containsExactly("1|c", "2|b", "3|a");
        assertThat(lane.rows("SELECT key, reason FROM sluice.dead_letters WHERE reason <> 'too-long'"))
                .isEmpty();
        assertThat(lane.rows("SELECT count(*) FROM seats")).containsExactly("11");
    }

    /** Statements over many rows, against tables that check at commit; the target checks every row at once. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2})
    void randomPermutationsEndAsInTheSource(long seed) throws SQLException {
        Random random = new Random(seed);
        lane.sql("CREATE TABLE seats (id bigint PRIMARY KEY, u bigint NOT NULL UNIQUE, n bigint UNIQUE)");
        lane.sql(
                "CREATE TABLE guests (id bigint PRIMARY KEY, seat bigint NOT NULL REFERENCES seats, u bigint NOT NULL UNIQUE)");
        lane.sql(
                "CREATE TABLE one_seats (id bigint PRIMARY KEY, u bigint NOT NULL UNIQUE DEFERRABLE INITIALLY DEFERRED,"
                        + " n bigint UNIQUE DEFERRABLE INITIALLY DEFERRED)");
        lane.sql("CREATE TABLE one_guests (id bigint PRIMARY KEY, seat bigint NOT NULL REFERENCES one_seats,"
                + " u bigint NOT NULL UNIQUE DEFERRABLE INITIALLY DEFERRED)");
        if (seed % 2 == 0) {
            lane.capture("seats", "guests");
        } else {
            lane.captureUnguarded("seats", "guests");
        }
        try (Connection one = DriverManager.getConnection(lane.jdbcUrl)) {
            one.setAutoCommit(false);
            Source source = new Source(one, random);
            for (int round = 0; round < 8; round++) {
                for (int i = 0; i < 10; i++) {
                    source.transaction();
                }
                lane.applyAll(lane.settings(60 + random.nextInt(100)));
                String as = "seed " + seed + ", round " + round;
                assertThat(lane.rows("SELECT key, table_name, message FROM sluice.dead_letters"))
                        .as(as)
                        .isEmpty();
                for (String table : List.of("seats", "guests")) {
                    assertThat(lane.rows("SELECT to_jsonb(t) - '_sluice_seq' FROM " + table + " t ORDER BY id"))
                            .as(as)
                            .isEqualTo(lane.rows("SELECT to_jsonb(t) FROM one_" + table + " t ORDER BY id"));
                }
            }
        }
    }

    /** Tells each row that a statement changed as an event of its own, in any order. */
    private final class Source {
        private final Connection one;
        private final Random random;

        private Source(Connection one, Random random) {
            this.one = one;
            this.random = random;
        }

        private void transaction() throws SQLException {
            List<TestLane.Draft> drafts = new ArrayList<>();
            int statements = 1 + random.nextInt(2);
            for (int i = 0; i < statements; i++) {
                switch (random.nextInt(4)) {
                    case 0 -> fill(drafts);
                    case 1 -> permute(drafts, "seats", "u");
                    case 2 -> permute(drafts, "seats", "n");
                    default -> permute(drafts, "guests", "u");
                }
            }
            if (drafts.isEmpty()) {
                one.rollback();
            } else {
                one.commit();
                lane.transaction(drafts.toArray(TestLane.Draft[]::new));
            }
        }

        /** Rows that are not there yet, with values that nobody has. */
        private void fill(List<TestLane.Draft> drafts) throws SQLException {
            for (long id = 0; id < 8; id++) {
                if (random.nextInt(3) == 0
                        && select("SELECT 1 FROM one_seats WHERE id = " + id).isEmpty()) {
                    long free = 100L + random.nextInt(1_000_000);
                    execute("INSERT INTO one_seats VALUES (" + id + ", " + free + ", NULL)");
                    execute("INSERT INTO one_guests VALUES (" + id + ", " + id + ", " + free + ")");
                    drafts.add(lane.create("seats", id, free, null));
                    drafts.add(lane.create("guests", id, id, free));
                }
            }
        }

        private void permute(List<TestLane.Draft> drafts, String table, String column) throws SQLException {
            List<List<@Nullable Long>> rows = select("SELECT * FROM one_" + table + " ORDER BY id");
            int at = table.equals("seats") && column.equals("u") ? 1 : 2;
            List<List<@Nullable Long>> chosen = new ArrayList<>(
                    rows.stream().filter(row -> random.nextInt(3) > 0).toList());
            Collections.shuffle(chosen, random);
            List<@Nullable Long> values = new ArrayList<>();
            chosen.forEach(row -> values.add(
                    at == 2 && column.equals("n") && row.get(2) == null
                            ? Long.valueOf(row.get(0) + 50 + 10L * random.nextInt(1000))
                            : row.get(at)));
            if (chosen.size() > 1) {
                Collections.rotate(values, 1 + random.nextInt(chosen.size() - 1));
            }
            TreeMap<Integer, TestLane.Draft> shuffled = new TreeMap<>();
            IntStream.range(0, chosen.size()).forEach(i -> {
                List<@Nullable Long> row = new ArrayList<>(chosen.get(i));
                row.set(at, values.get(i));
                execute("UPDATE one_" + table + " SET " + column + " = " + values.get(i) + " WHERE id = " + row.get(0));
                shuffled.put(random.nextInt(), lane.update(table, row.toArray()));
            });
            drafts.addAll(shuffled.values());
        }

        private void execute(String sql) {
            try (Statement statement = one.createStatement()) {
                statement.execute(sql);
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }

        private List<List<@Nullable Long>> select(String sql) throws SQLException {
            try (Statement statement = one.createStatement();
                    ResultSet result = statement.executeQuery(sql)) {
                List<List<@Nullable Long>> rows = new ArrayList<>();
                while (result.next()) {
                    List<@Nullable Long> row = new ArrayList<>();
                    for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
                        long value = result.getLong(i);
                        row.add(result.wasNull() ? null : Long.valueOf(value));
                    }
                    rows.add(row);
                }
                return rows;
            }
        }
    }
}
