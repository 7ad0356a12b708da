package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.embedded.Durability;
import dev.sluice.embedded.LocalPostgres;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.sinks.postgresql.apply.BackfillSettings;
import dev.sluice.sinks.postgresql.apply.FaultPoints;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.PGConnection;

/** Prints rows per second side by side; asserts only that every way ends with the same rows. */
@Tag("exhaustive")
class SinkThroughputTest {
    /** Large enough that the start of a sink, which is timed too, counts little. */
    private static final int ROWS = Integer.getInteger("rows", 400_000);

    private static final int PARENTS = 1_000;
    private static final int BATCH = 5_000;
    private static final String TABLE = """
            CREATE TABLE %s (id bigint PRIMARY KEY, parent_id bigint NOT NULL REFERENCES parents, name text, amount numeric, at timestamptz, n integer,
              _sluice_seq bigint)""";

    @TempDir
    Path directory;

    @Test
    void copyUnnestAndSinkSideBySide() throws Exception {
        try (LocalPostgres server = LocalPostgres.start(directory, Durability.DURABLE);
                TestLane lane = TestLane.at(server.jdbcUrl(), "CREATE TABLE parents (id bigint PRIMARY KEY)");
                TestLane load = TestLane.at(server.jdbcUrl())) {
            lane.sql("INSERT INTO parents SELECT generate_series(0, " + (PARENTS - 1) + ")");
            for (String table : new String[] {"sunk", "copied", "unnested", "staged", "loaded"}) {
                lane.sql(TABLE.formatted(table));
                for (String column : new String[] {"parent_id", "name", "at"}) {
                    lane.sql("CREATE INDEX ON " + table + " (" + column + ")");
                }
            }
            lane.capture("sunk");
            fill(lane, 0);
            long inserts = lane.lastOffset();
            fill(lane, 1);
            load.capture("loaded");
            fillSnapshot(load);
            for (int round = 1; round <= 3; round++) {
                lane.sql("TRUNCATE sunk, copied, unnested, staged");
                lane.sql("UPDATE sluice.progress SET sequence = 0, ordered_offset = -1");
                lane.sql("CHECKPOINT");
                report("copy", () -> copy(lane));
                for (int connections = 1; connections <= 2; connections++) {
                    load(load, connections, false);
                    load(load, connections, true);
                }
                report("staged insert", () -> stage(lane));
                report("unnest insert", () -> unnest(lane, 0));
                report("sink insert", () -> apply(lane, inserts));
                report("unnest update", () -> unnest(lane, 1));
                report("sink update", () -> apply(lane, lane.lastOffset()));
            }
            assertThat(lane.one("SELECT count(*) FROM sunk JOIN unnested USING (id, parent_id, name, amount, at, n)"))
                    .isEqualTo(String.valueOf(ROWS));
        }
    }

    /** Something to be timed. */
    private interface Work {
        void run() throws Exception;
    }

    private static void report(String what, Work work) throws Exception {
        long begin = System.nanoTime();
        work.run();
        double seconds = (System.nanoTime() - begin) / 1e9;
        System.out.printf("%-20s %,9.0f rows/s (%.2f s)%n", what, ROWS / seconds, seconds);
    }

    /** Where the time of a sink with one connection goes: from one place between two statements to the next. */
    private static final class Stages implements FaultPoints {
        private final Map<String, Long> nanos = new LinkedHashMap<>();
        private String stage = "start of the sink";
        private long since = System.nanoTime();

        @Override
        public synchronized void before(String point) {
            long now = System.nanoTime();
            nanos.merge(stage, now - since, Long::sum);
            stage = point;
            since = now;
        }

        private void report() {
            before("end");
            long all = nanos.values().stream().mapToLong(Long::longValue).sum();
            nanos.entrySet().stream()
                    .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                    .limit(7)
                    .forEach(entry ->
                            System.out.printf("    %4.1f %%  %s%n", 100.0 * entry.getValue() / all, entry.getKey()));
        }
    }

    private static void load(TestLane load, int connections, boolean deferred) throws Exception {
        load.sql("TRUNCATE loaded");
        load.sql("UPDATE sluice.progress SET sequence = 0, ordered_offset = -1 WHERE pipeline = '" + load.pipeline
                + "'");
        load.sql("UPDATE sluice.tables SET phase = 'pending' WHERE pipeline = '" + load.pipeline + "'");
        load.sql("CHECKPOINT");
        BackfillSettings backfill = new BackfillSettings(connections, deferred, 0, Duration.ZERO, 0);
        Stages stages = new Stages();
        report("sink load " + connections + (deferred ? " deferred" : ""), () -> {
            Sink sink = load.sink(load.settings().with(backfill), stages);
            CompletableFuture<Void> end = TestLane.start(sink);
            load.awaitApplied(end);
            sink.stop();
            end.join();
        });
        if (connections == 1) {
            stages.report();
        }
    }

    private static void fillSnapshot(TestLane lane) {
        lane.transaction(lane.control(Control.Kind.SNAPSHOT_BEGIN, "loaded", Map.of()));
        for (long i = 0; i < ROWS; i++) {
            lane.append(
                    Outcome.APPLY,
                    i % 1_000 == 999,
                    false,
                    false,
                    null,
                    TestLane.inSnapshot(lane.read("loaded", row(i, 0))));
        }
        lane.transaction(lane.control(Control.Kind.SNAPSHOT_END, "loaded", Map.of("rows", String.valueOf(ROWS))));
        lane.flush();
    }

    private static Object[] row(long i, int version) {
        return new Object[] {
            i,
            i * 7 % PARENTS,
            "name " + i + " v" + version,
            i + ".5",
            1_700_000_000_000_000L + i * 1_000,
            (int) i + version
        };
    }

    private static void fill(TestLane lane, int version) {
        for (long i = 0; i < ROWS; i++) {
            lane.append(Outcome.APPLY, i % 10 == 9, false, false, null, lane.create("sunk", row(i, version)));
        }
        lane.flush();
    }

    /** Until the record at an offset is applied; what comes behind it in the same moment may be, too. */
    private static void apply(TestLane lane, long offset) {
        Stages stages = new Stages();
        Sink sink = lane.sink(lane.settings(), stages);
        CompletableFuture<Void> end = TestLane.start(sink);
        TestLane.await("offset " + offset, () -> end.isDone() || sink.status().sequence() > offset);
        sink.stop();
        end.join();
        stages.report();
    }

    private static void copy(TestLane lane) {
        lane.database.withConnectionDo(connection -> copyIn(connection, "copied", 0, ROWS));
    }

    private static void copyIn(Connection connection, String table, long from, long to) throws SQLException {
        StringBuilder text = new StringBuilder();
        for (long i = from; i < to; i++) {
            text.append(i)
                    .append('\t')
                    .append(i * 7 % PARENTS)
                    .append("\tname ")
                    .append(i)
                    .append(" v0\t")
                    .append(i);
            text.append(".5\t2023-11-14 22:13:20+00\t")
                    .append(i)
                    .append('\t')
                    .append(i)
                    .append('\n');
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        try {
            connection
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyIn("COPY " + table + " FROM STDIN", new ByteArrayInputStream(bytes));
        } catch (IOException e) {
            throw new SQLException(e);
        }
    }

    /** The other way to hand over a batch: COPY into a temporary table, then one insert from there. */
    private static void stage(TestLane lane) {
        for (int from = 0; from < ROWS; from += BATCH) {
            int begin = from;
            lane.database.inTransactionDo(connection -> {
                try (Statement statement = connection.createStatement()) {
                    statement.execute("CREATE TEMPORARY TABLE IF NOT EXISTS stage (LIKE staged) ON COMMIT DELETE ROWS");
                    copyIn(connection, "stage", begin, begin + BATCH);
                    statement.execute("""
                            INSERT INTO staged AS t SELECT * FROM stage ON CONFLICT (id) DO UPDATE SET parent_id = excluded.parent_id, name = excluded.name,
                              amount = excluded.amount, at = excluded.at, n = excluded.n, _sluice_seq = excluded._sluice_seq
                            WHERE coalesce(t._sluice_seq, 0) < excluded._sluice_seq""");
                }
            });
        }
    }

    private static void unnest(TestLane lane, int version) {
        String sql = """
                INSERT INTO unnested AS t SELECT * FROM unnest(?::bigint[], ?::bigint[], ?::text[], ?::numeric[], ?::timestamptz[], ?::integer[], ?::bigint[])
                ON CONFLICT (id) DO UPDATE SET parent_id = excluded.parent_id, name = excluded.name, amount = excluded.amount, at = excluded.at, n = excluded.n,
                  _sluice_seq = excluded._sluice_seq WHERE coalesce(t._sluice_seq, 0) < excluded._sluice_seq""";
        for (int from = 0; from < ROWS; from += BATCH) {
            int begin = from;
            lane.database.inTransactionDo(connection -> unnestBatch(connection, sql, begin, version));
        }
    }

    private static void unnestBatch(Connection connection, String sql, int from, int version) throws SQLException {
        long[] ids = new long[BATCH];
        long[] parents = new long[BATCH];
        String[] names = new String[BATCH];
        String[] amounts = new String[BATCH];
        String[] times = new String[BATCH];
        int[] numbers = new int[BATCH];
        long[] sequences = new long[BATCH];
        for (int i = 0; i < BATCH; i++) {
            long id = (long) from + i;
            ids[i] = id;
            parents[i] = id * 7 % PARENTS;
            names[i] = "name " + id + " v" + version;
            amounts[i] = id + ".5";
            times[i] = java.time.Instant.ofEpochSecond(1_700_000_000L, id * 1_000_000)
                    .toString();
            numbers[i] = (int) id + version;
            sequences[i] = id + 1 + (long) version * ROWS;
        }
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setArray(1, connection.createArrayOf("int8", box(ids)));
            statement.setArray(2, connection.createArrayOf("int8", box(parents)));
            statement.setArray(3, connection.createArrayOf("text", names));
            statement.setArray(4, connection.createArrayOf("numeric", amounts));
            statement.setArray(5, connection.createArrayOf("timestamptz", times));
            statement.setArray(
                    6,
                    connection.createArrayOf(
                            "int4", java.util.Arrays.stream(numbers).boxed().toArray()));
            statement.setArray(7, connection.createArrayOf("int8", box(sequences)));
            statement.executeUpdate();
        }
    }

    private static Object[] box(long[] values) {
        return java.util.Arrays.stream(values).boxed().toArray();
    }
}
