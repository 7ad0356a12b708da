package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.embedded.Durability;
import dev.sluice.embedded.LocalPostgres;
import dev.sluice.schemas.event.Outcome;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Prints what it costs to look for referring rows before a delete, and before a row whose referenced key may change: with NO ACTION nothing is asked. The best of some
 * rounds, for other work on the machine only ever adds. Asserts only that every way ends with the same rows.
 */
@Tag("exhaustive")
class GuardCostTest {
    private static final int ROWS = 50_000;
    private static final int ROUNDS = 5;

    @TempDir
    Path directory;

    private final Map<String, Double> best = new TreeMap<>();

    @Test
    void deletesAndUpdatesOfParentsWithAndWithoutActions() throws Exception {
        try (LocalPostgres server = LocalPostgres.start(directory, Durability.DURABLE);
                TestLane lane = TestLane.at(server.jdbcUrl())) {
            for (String action : new String[] {"no action", "cascade"}) {
                String table = action.replace(' ', '_');
                lane.sql("CREATE TABLE " + table + " (id bigint PRIMARY KEY, code bigint UNIQUE, v text)");
                for (String child : new String[] {"a", "b"}) {
                    lane.sql("CREATE TABLE " + table + "_" + child + " (id bigint PRIMARY KEY, up bigint REFERENCES "
                            + table
                            + " ON DELETE " + action + ", code bigint REFERENCES " + table + " (code) ON DELETE "
                            + action
                            + " ON UPDATE " + action + ")");
                    lane.sql("CREATE INDEX ON " + table + "_" + child + " (up)");
                    lane.sql("CREATE INDEX ON " + table + "_" + child + " (code)");
                }
            }
            lane.capture("no_action", "cascade");
            for (String table : new String[] {"no_action_a", "no_action_b", "cascade_a", "cascade_b"}) {
                String parent = table.substring(0, table.length() - 2);
                lane.sql("INSERT INTO " + parent
                        + " SELECT n, n, 'kept' FROM generate_series(1000001, 1020000) n ON CONFLICT DO NOTHING");
                lane.sql("INSERT INTO " + table + " SELECT n, n, n FROM generate_series(1000001, 1020000) n");
            }
            for (int round = 0; round < ROUNDS; round++) {
                for (String table : new String[] {"no_action", "cascade"}) {
                    measure(lane, table, "1 insert", i -> lane.create(table, i, i, "v"));
                    measure(lane, table, "2 update", i -> lane.update(table, i, i, "w"));
                    measure(lane, table, "3 delete", i -> lane.delete(table, i));
                }
                lane.sql("VACUUM ANALYZE");
            }
            best.forEach((what, rate) -> System.out.printf(Locale.ROOT, "%-24s %,9.0f rows/s%n", what, rate));
            assertThat(lane.one("SELECT (SELECT count(*) FROM no_action), (SELECT count(*) FROM cascade)"))
                    .isEqualTo("20000|20000");
        }
    }

    /** The change of a row. */
    private interface Changes {
        TestLane.Draft of(long row);
    }

    private void measure(TestLane lane, String table, String what, Changes changes) {
        for (long i = 0; i < ROWS; i++) {
            lane.append(Outcome.APPLY, i % 10 == 9, false, false, null, changes.of(i));
        }
        lane.flush();
        long begin = System.nanoTime();
        Sink sink = lane.sink(lane.settings(), point -> {});
        CompletableFuture<Void> end = TestLane.start(sink);
        lane.awaitApplied(end);
        best.merge(what + " " + table, ROWS / ((System.nanoTime() - begin) / 1e9), Math::max);
        sink.stop();
        end.join();
    }
}
