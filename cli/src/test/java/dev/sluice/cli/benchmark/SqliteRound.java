package dev.sluice.cli.benchmark;

import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.run.CaughtUp;
import dev.sluice.cli.run.Pipeline;
import dev.sluice.embedded.LocalPostgres;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.postgresql.PGConnection;

/**
 * One first load.
 *
 * @param copyNanos what COPY of the same rows takes on one connection, from memory, into the same shape
 * @param loadNanos from the start of the publisher until everything is applied
 * @param processors nanoseconds of processor time by part, in {@code loadNanos}
 */
record SqliteRound(int rows, long copyNanos, long loadNanos, Map<ProcessorTime.Part, Long> processors) {
    private static final String SOURCE = """
            CREATE TABLE ping_results (id INTEGER NOT NULL PRIMARY KEY, device_ip VARCHAR(50) NOT NULL, device_name VARCHAR(255), packets_sent INTEGER,
              packets_received INTEGER, packet_loss_percent INTEGER, min_rtt_ms INTEGER, avg_rtt_ms INTEGER, max_rtt_ms INTEGER, is_reachable BOOLEAN, timestamp DATETIME)""";
    private static final String SOURCE_ROWS = """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
            INSERT INTO ping_results SELECT i, '10.20.' || (i %% 4) || '.' || (10 + i %% 12), 'PING-Device-' || (i %% 12), 5, 5, 0, i %% 80, i %% 80 + 1, i %% 80 + 3, 1,
              strftime('%%Y-%%m-%%d %%H:%%M:%%S', 1760083739 + 30 * i, 'unixepoch') || '.575644' FROM n""";
    static final String TARGET = """
            CREATE TABLE ping_results (id bigserial PRIMARY KEY, device_ip varchar(50) NOT NULL, device_name varchar(255), packets_sent integer NOT NULL DEFAULT 5,
              packets_received integer NOT NULL DEFAULT 0, packet_loss_percent integer NOT NULL DEFAULT 100, min_rtt_ms integer, avg_rtt_ms integer, max_rtt_ms integer,
              is_reachable boolean NOT NULL DEFAULT false, timestamp timestamptz NOT NULL DEFAULT now());
            CREATE INDEX ping_results_device ON ping_results (device_ip, timestamp DESC);
            CREATE INDEX ping_results_timestamp ON ping_results (timestamp DESC);""";
    private static final long FIRST_PING = 1_760_083_739;
    private static final Duration LOOK = Duration.ofMillis(100);

    static SqliteRound measure(int rows, Path directory) throws Exception {
        makeSource(directory.resolve("ward.db"), rows);
        try (LocalPostgres postgres = LocalPostgres.start(directory.resolve("postgresql"))) {
            long copy = copy(postgres.jdbcUrl(), rows);
            return load(postgres.jdbcUrl(), rows, directory, copy);
        }
    }

    static void makeSource(Path file, int rows) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode = WAL");
            statement.execute(SOURCE);
            statement.execute(SOURCE_ROWS.formatted(rows));
        }
    }

    private static long copy(String url, int rows) throws SQLException, IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 1; i <= rows; i++) {
            text.append(i).append("\t10.20.").append(i % 4).append('.').append(10 + i % 12);
            text.append("\tPING-Device-")
                    .append(i % 12)
                    .append("\t5\t5\t0\t")
                    .append(i % 80)
                    .append('\t');
            text.append(i % 80 + 1).append('\t').append(i % 80 + 3).append("\tt\t");
            text.append(Instant.ofEpochSecond(FIRST_PING + 30L * i, 575_644_000))
                    .append('\n');
        }
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute(TARGET);
            StringReader reader = new StringReader(text.toString());
            long start = System.nanoTime();
            connection.unwrap(PGConnection.class).getCopyAPI().copyIn("COPY ping_results FROM STDIN", reader);
            statement.execute("ANALYZE ping_results");
            long nanos = System.nanoTime() - start;
            statement.execute("DROP TABLE ping_results");
            return nanos;
        }
    }

    private static SqliteRound load(String url, int rows, Path directory, long copyNanos) throws Exception {
        Files.writeString(directory.resolve("schema.sql"), TARGET);
        Configuration configuration =
                Configuration.load(Files.writeString(directory.resolve("sluice.yaml"), """
                pipeline: bench
                source: {url: "sqlite:ward.db"}
                target: {url: "%s", ddl: schema.sql}
                """.formatted(url)));
        InstantSource clock = InstantSource.system();
        try (Pipeline pipeline = Pipeline.start(configuration, directory.resolve("data"), false, clock)) {
            long start = System.nanoTime();
            ProcessorTime processors = new ProcessorTime(server(directory));
            CaughtUp caughtUp = new CaughtUp(clock);
            while (!caughtUp.test(pipeline.latestStatus())) {
                processors.look();
                pipeline.awaitEnd(LOOK);
            }
            processors.look();
            long nanos = System.nanoTime() - start;
            Map<ProcessorTime.Part, Long> used = processors.nanos();
            System.out.println("other threads, ms: " + processors.others());
            requireRows(url, rows);
            return new SqliteRound(rows, copyNanos, nanos, used);
        }
    }

    /** PostgreSQL's own note of its process. */
    static ProcessHandle server(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory.resolve("postgresql"))) {
            Path file = files.filter(path -> path.endsWith("postmaster.pid"))
                    .findFirst()
                    .orElseThrow();
            long pid = Long.parseLong(Files.readAllLines(file).get(0));
            return ProcessHandle.of(pid).orElseThrow();
        }
    }

    private static void requireRows(String url, int rows) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery("SELECT count(*) FROM ping_results")) {
            found.next();
            if (found.getInt(1) != rows) {
                throw new IllegalStateException(found.getInt(1) + " rows came of " + rows);
            }
        }
    }

    long rowsPerSecond() {
        return rows * TimeUnit.SECONDS.toNanos(1) / loadNanos;
    }

    long copyRowsPerSecond() {
        return rows * TimeUnit.SECONDS.toNanos(1) / copyNanos;
    }
}
