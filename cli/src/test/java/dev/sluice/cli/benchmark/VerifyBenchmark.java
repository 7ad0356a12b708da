package dev.sluice.cli.benchmark;

import dev.sluice.cli.SluiceCommand;
import dev.sluice.embedded.LocalPostgres;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * How fast {@code sluice verify} compares a table with its copy while the pipeline runs beside it in a process of its own, and which part takes the processors: {@code ping_results} of Ward OPS. Arguments: rows (1,000,000 unless given),
 * rounds (3), the Markdown file whose table is replaced (printed only unless given), the command line's jar ({@code cli/target/sluice.jar}). CONTRIBUTING.md says how to run it.
 */
public final class VerifyBenchmark {
    private static final int ROWS = 1_000_000;
    private static final int ROUNDS = 3;

    private VerifyBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        int rows = arguments.length > 0 ? Integer.parseInt(arguments[0]) : ROWS;
        int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : ROUNDS;
        Path jar = Path.of(arguments.length > 3 ? arguments[3] : "cli/target/sluice.jar")
                .toAbsolutePath();
        Path directory = Files.createTempDirectory("verify-benchmark");
        List<VerifyRound> results = new ArrayList<>();
        try (LocalPostgres postgres = LocalPostgres.start(directory.resolve("postgresql"))) {
            SqliteRound.makeSource(directory.resolve("ward.db"), rows);
            Files.writeString(directory.resolve("schema.sql"), SqliteRound.TARGET);
            Files.writeString(directory.resolve("sluice.yaml"), """
                    pipeline: bench
                    source: {url: "sqlite:ward.db"}
                    target: {url: "%s", ddl: schema.sql}
                    """.formatted(postgres.jdbcUrl()));
            Process pipeline = start(jar, directory);
            try {
                awaitLive(postgres.jdbcUrl(), pipeline, rows);
                for (int i = 0; i < rounds; i++) {
                    results.add(round(directory, postgres.jdbcUrl(), pipeline, rows));
                    System.out.println(results.get(i));
                }
            } finally {
                pipeline.destroy();
                pipeline.waitFor();
            }
        } finally {
            delete(directory);
        }
        String report = VerifyRound.table(rows, results);
        System.out.println(report);
        if (arguments.length > 2) {
            SqliteReport.write(report, Path.of(arguments[2]));
        }
        System.exit(0);
    }

    private static Process start(Path jar, Path directory) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx512m",
                        "-jar",
                        jar.toString(),
                        "run",
                        "-c",
                        directory.resolve("sluice.yaml").toString(),
                        "--data-dir",
                        directory.resolve("data").toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("run.log").toFile())
                .start();
    }

    private static void awaitLive(String url, Process pipeline, int rows) throws Exception {
        while (!isLive(url, rows)) {
            if (!pipeline.isAlive()) {
                throw new IllegalStateException("the pipeline ended with " + pipeline.exitValue());
            }
            Thread.sleep(200);
        }
    }

    private static boolean isLive(String url, int rows) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                ResultSet schema =
                        connection.createStatement().executeQuery("SELECT to_regclass('sluice.tables') IS NOT NULL")) {
            schema.next();
            if (!schema.getBoolean(1)) {
                return false;
            }
            try (ResultSet row = connection
                    .createStatement()
                    .executeQuery(
                            "SELECT count(*) FROM sluice.tables WHERE phase = 'live' AND analyzed_at IS NOT NULL AND snapshot_rows = "
                                    + rows)) {
                row.next();
                return row.getInt(1) == 1;
            }
        }
    }

    private static VerifyRound round(Path directory, String url, Process pipeline, int rows) throws Exception {
        StringWriter said = new StringWriter();
        try (VerifyProbe probe = VerifyProbe.start(url, pipeline.toHandle(), SqliteRound.server(directory))) {
            long began = System.nanoTime();
            int exitCode = SluiceCommand.commandLine()
                    .setOut(new PrintWriter(said))
                    .setErr(new PrintWriter(said))
                    .execute(
                            "verify",
                            "--fresh",
                            "-c",
                            directory.resolve("sluice.yaml").toString(),
                            "--data-dir",
                            directory.resolve("data").toString());
            long nanos = System.nanoTime() - began;
            if (exitCode != 0 || !said.toString().contains(String.format(Locale.ROOT, "%,d", rows))) {
                throw new IllegalStateException("verify ended with " + exitCode + ": " + said);
            }
            return probe.finish(rows, nanos);
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
