package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.schemas.event.Compared;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.relational.TableId;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random transactions over tables with two secondary unique keys and foreign keys: whatever the sink makes of them in batches equals applying each event one by one, which a
 * second set of tables does, statement by statement. With odd seeds the tables have no column for sequences. What PostgreSQL refuses there never becomes an event.
 */
class RandomTransactionsTest {
    private static final int ROUNDS = 12;
    private static final int TRANSACTIONS = 60;
    private static final int KEYS = 8;
    private static final String[] TABLES = {
        "CREATE TABLE parents (id bigint PRIMARY KEY, a bigint UNIQUE, b bigint NOT NULL UNIQUE, v bigint)",
        "CREATE TABLE children (id bigint PRIMARY KEY, parent bigint NOT NULL REFERENCES parents, pa bigint REFERENCES parents (a),"
                + " x bigint UNIQUE, y bigint, v bigint, UNIQUE (parent, y))",
        "CREATE TABLE nodes (id bigint PRIMARY KEY, up bigint REFERENCES nodes, x bigint UNIQUE, y bigint UNIQUE, v bigint)",
        "CREATE TABLE one_parents (LIKE parents INCLUDING ALL)",
        "CREATE TABLE one_children (LIKE children INCLUDING ALL, FOREIGN KEY (parent) REFERENCES one_parents,"
                + " FOREIGN KEY (pa) REFERENCES one_parents (a))",
        "CREATE TABLE one_nodes (LIKE nodes INCLUDING ALL, FOREIGN KEY (up) REFERENCES one_nodes)"
    };

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2})
    void batchesEndWhereSingleEventsDo(long seed) throws SQLException {
        run(seed);
    }

    @Test
    @Tag("exhaustive")
    void manySeeds() throws SQLException {
        for (long seed = 100; seed < 200; seed++) {
            run(seed);
        }
    }

    private static TestLane prepared(boolean guarded) {
        String[] tables = {"parents", "children", "nodes"};
        TestLane lane = TestLane.with(TABLES);
        return guarded ? lane.capture(tables) : lane.captureUnguarded(tables);
    }

    private static void run(long seed) throws SQLException {
        Random random = new Random(seed);
        try (TestLane lane = prepared(seed % 2 == 0);
                Connection one = DriverManager.getConnection(lane.jdbcUrl)) {
            Source source = new Source(lane, one, random);
            for (int round = 0; round < ROUNDS; round++) {
                for (int i = 0; i < TRANSACTIONS; i++) {
                    source.transaction();
                }
                lane.applyAll(lane.settings(1 + random.nextInt(80)));
                for (String table : new String[] {"parents", "children", "nodes"}) {
                    assertThat(lane.rows("SELECT to_jsonb(t) - '_sluice_seq' FROM " + table + " t ORDER BY id"))
                            .as("seed %d, round %d, %s", seed, round, table)
                            .isEqualTo(lane.rows("SELECT to_jsonb(t) FROM one_" + table + " t ORDER BY id"));
                }
                assertThat(source.noted())
                        .as("seed %d, round %d, what was there at compare events", seed, round)
                        .isEqualTo(source.expected);
                assertThat(lane.rows("SELECT table_name, key, reason FROM sluice.dead_letters"))
                        .as("seed %d, round %d", seed, round)
                        .isEmpty();
            }
            assertThat(source.events).as("events that PostgreSQL took").isGreaterThan(ROUNDS * TRANSACTIONS);
            assertThat(source.expected).as("rows at compare events").isNotEmpty();
            assertThat(source.refused).as("events that it would not take").isPositive();
        }
    }

    /** Writes to the tables that stand for the source and puts what was taken into the lane. */
    private static final class Source {
        private final TestLane lane;
        private final Connection one;
        private final Random random;
        private int events;
        private int refused;
        private int questions;
        /** By table, compare event and key, the row that stood there in the source, or {@code null}. */
        private final Map<String, String> expected = new TreeMap<>();

        private Source(TestLane lane, Connection one, Random random) {
            this.lane = lane;
            this.one = one;
            this.random = random;
        }

        private void transaction() throws SQLException {
            List<TestLane.Draft> drafts = new ArrayList<>();
            int changes = 1 + random.nextInt(12);
            for (int i = 0; i < changes; i++) {
                switch (random.nextInt(8)) {
                    case 0 -> delete(drafts, "parents");
                    case 1 -> delete(drafts, "children");
                    case 2 -> delete(drafts, "nodes");
                    case 3, 4 -> upsert(drafts, "parents", id(), value(true), value(false), value(true));
                    case 5, 6 ->
                        upsert(drafts, "children", id(), id(), value(true), value(true), value(true), value(true));
                    default ->
                        upsert(
                                drafts,
                                "nodes",
                                id(),
                                random.nextBoolean() ? id() : null,
                                value(true),
                                value(true),
                                value(true));
                }
            }
            if (!drafts.isEmpty()) {
                lane.transaction(drafts.toArray(TestLane.Draft[]::new));
                events += drafts.size();
            }
            if (random.nextInt(3) == 0) {
                compare(new String[] {"parents", "children", "nodes"}[random.nextInt(3)]);
            }
        }

        private void compare(String table) throws SQLException {
            Map<String, Optional<String>> asked = new TreeMap<>();
            String signal = "s" + questions++;
            for (long id = 0; id < KEYS; id++) {
                asked.put("[" + id + "]", Optional.empty());
                expected.put(table + " " + signal + " [" + id + "]", "null");
            }
            try (PreparedStatement query =
                            one.prepareStatement("SELECT '[' || id || ']', to_jsonb(t) FROM one_" + table + " t");
                    ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    expected.put(table + " " + signal + " " + rows.getString(1), rows.getString(2));
                }
            }
            Map<String, String> says = new Compared(asked, Map.of()).attributes();
            lane.transaction((source, transaction) ->
                    new Control(Control.Kind.COMPARE, signal, TableId.parse(table), says, source, transaction, 0));
        }

        private Map<String, String> noted() {
            Map<String, String> noted = new TreeMap<>();
            for (String table : new String[] {"parents", "children", "nodes"}) {
                lane.rows("SELECT '" + table + "', signal, key, to_jsonb(row::" + table
                                + ") - '_sluice_seq' FROM sluice.compared WHERE table_name = 'public." + table + "'")
                        .forEach(row -> {
                            String[] parts = row.split("\\|", 4);
                            noted.put(parts[0] + " " + parts[1] + " " + parts[2], parts[3]);
                        });
            }
            return noted;
        }

        private Long id() {
            return (long) random.nextInt(KEYS);
        }

        /** Few, so that rows want each other's. */
        private @Nullable Long value(boolean mayBeNull) {
            return mayBeNull && random.nextInt(5) == 0 ? null : Long.valueOf(random.nextInt(9));
        }

        private void upsert(List<TestLane.Draft> drafts, String table, @Nullable Object... row) throws SQLException {
            String marks = "?" + ", ?".repeat(row.length - 1);
            String set =
                    switch (table) {
                        case "parents" -> "a = excluded.a, b = excluded.b, v = excluded.v";
                        case "children" ->
                            "parent = excluded.parent, pa = excluded.pa, x = excluded.x, y = excluded.y, v = excluded.v";
                        default -> "up = excluded.up, x = excluded.x, y = excluded.y, v = excluded.v";
                    };
            if (isTaken(
                    "INSERT INTO one_" + table + " VALUES (" + marks + ") ON CONFLICT (id) DO UPDATE SET " + set,
                    row)) {
                drafts.add(lane.update(table, row));
            }
        }

        private void delete(List<TestLane.Draft> drafts, String table) throws SQLException {
            Long id = id();
            if (isTaken("DELETE FROM one_" + table + " WHERE id = ?", id)) {
                drafts.add(lane.delete(table, id));
            }
        }

        private boolean isTaken(String sql, @Nullable Object... values) throws SQLException {
            try (PreparedStatement statement = one.prepareStatement(sql)) {
                for (int i = 0; i < values.length; i++) {
                    statement.setObject(i + 1, values[i], java.sql.Types.BIGINT);
                }
                return statement.executeUpdate() > 0;
            } catch (SQLException e) {
                if (e.getSQLState().startsWith("23")) {
                    refused++;
                    return false;
                }
                throw e;
            }
        }
    }
}
