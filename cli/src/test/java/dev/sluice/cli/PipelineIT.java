package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.embedded.LocalPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The commands one behind the other, as an operator uses them: source a SQLite file, Kafka embedded, target a PostgreSQL of its own. */
@Execution(ExecutionMode.CONCURRENT)
final class PipelineIT {
    @TempDir
    private Path directory;

    private Path source;
    private Path file;
    private Path data;
    private String target;

    @BeforeEach
    void makePipeline() throws Exception {
        data = directory.resolve("data");
        target = LocalPostgres.temporary().createDatabase();
        source = Cli.database(
                directory.resolve("shop.db"),
                "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
                "CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id), total REAL)",
                "INSERT INTO users VALUES (1, 'Ada'), (2, 'Bob')",
                "INSERT INTO orders VALUES (10, 1, 1.5), (11, 2, 9e999), (12, 1, NULL)");
        file = Files.writeString(directory.resolve("sluice.yaml"), """
                pipeline: shop
                source: {url: "sqlite:shop.db"}
                target: {url: "%s", ddl: schema.sql}
                """.formatted(target));
        Files.writeString(directory.resolve("schema.sql"), """
                CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL);
                CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users, total double precision);
                """);
    }

    private Cli.Result sluice(String command, Object... options) {
        List<Object> arguments = new ArrayList<>(List.of(command, "-c", file, "--data-dir", data));
        arguments.addAll(List.of(options));
        return Cli.run(arguments.toArray());
    }

    private long count(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(target);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    private static void succeeded(Cli.Result result) {
        assertThat(result.err()).isEmpty();
        assertThat(result.exitCode()).isZero();
    }

    @Test
    void everythingMovesAndCanBeTakenOutAgain() throws Exception {
        succeeded(sluice("check"));
        assertThat(data).doesNotExist();
        Cli.Result dryRun = sluice("prepare", "--dry-run");
        assertThat(dryRun.out())
                .contains("schema.sql")
                .contains("target: ALTER TABLE \"public\".\"users\" ADD COLUMN \"_sluice_seq\"")
                .contains("Kafka: make topic shop.changes.main")
                .contains("source: CREATE TRIGGER");
        assertThat(count("SELECT count(*) FROM pg_class WHERE relname = 'users'"))
                .isZero();

        succeeded(sluice("prepare"));
        assertThat(sluice("prepare").out().strip()).endsWith("everything is in place");

        Cli.Result run = sluice("run", "--until-caught-up");
        succeeded(run);
        assertThat(run.out()
                        .lines()
                        .filter(l -> l.startsWith("total"))
                        .findFirst()
                        .orElseThrow()
                        .split(" +"))
                .containsExactly("total", "5", "5", "0", "0", "0", "0");
        assertThat(count("SELECT count(*) FROM orders WHERE total = 'Infinity'"))
                .isOne();

        Cli.database(
                source,
                "UPDATE users SET name = 'Eve' WHERE id = 1",
                "DELETE FROM orders WHERE id = 12",
                "INSERT INTO users VALUES (3, 'Cem')",
                "INSERT INTO orders VALUES (13, 3, 2)");
        succeeded(sluice("run", "--until-caught-up"));
        assertThat(count("SELECT count(*) FROM users WHERE name = 'Eve'")).isOne();
        assertThat(sluice("status").out()).contains("pipeline shop: stopped").contains("public.orders");
        assertThat(sluice("status", "--json").out()).contains("\"phase\" : \"live\"");
        assertThat(sluice("verify").out()).contains("every row is equal");

        assertThat(sluice("remove", "--dry-run").out()).contains("Kafka: delete topic shop.changes.main");
        succeeded(sluice("remove", "--yes"));
        assertThat(count("SELECT count(*) FROM pg_namespace WHERE nspname = 'sluice'"))
                .isZero();
        assertThat(count("SELECT count(*) FROM users")).isEqualTo(3);
        assertThat(sluice("remove", "--yes").out()).contains("nothing of pipeline shop is left");
        assertThat(sluice("run").err())
                .contains("holds rows that Sluice did not write")
                .contains("adopt: true");
    }

    @Test
    void rowsThatWaitDecideTheExitCode() throws Exception {
        Cli.database(source, "INSERT INTO orders VALUES (14, 99, 1)");
        Cli.Result run = sluice("run", "--until-caught-up");
        assertThat(run.exitCode()).isEqualTo(7);
        assertThat(run.out()
                        .lines()
                        .filter(l -> l.startsWith("total"))
                        .findFirst()
                        .orElseThrow()
                        .split(" +"))
                .containsExactly("total", "6", "5", "0", "1", "0", "0");
        assertThat(sluice("verify").exitCode()).isEqualTo(7);

        Cli.database(source, "INSERT INTO users VALUES (99, 'late')");
        succeeded(sluice("run", "--until-caught-up"));
        assertThat(sluice("verify").exitCode()).isZero();
    }

    @Test
    void whatWasLostOrReplacedIsRefusedByNameAndNothingIsWritten() throws Exception {
        succeeded(sluice("run", "--until-caught-up"));
        long cursor = count("SELECT sequence FROM sluice.progress");

        Path other = directory.resolve("other");
        Files.move(data, other);
        Cli.Result lostKafka = sluice("run", "--until-caught-up");
        assertThat(lostKafka.err()).contains("Kafka has lost this pipeline").contains("sequence " + cursor);
        assertThat(lostKafka.exitCode()).isEqualTo(8);
        deleteTree(data);
        Files.move(other, data);

        Path aside = Files.move(source, directory.resolve("aside.db"));
        Cli.database(
                source,
                "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
                "CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id), total REAL)");
        Cli.Result replaced = sluice("run", "--until-caught-up");
        assertThat(replaced.err()).contains("the source is not the one that was captured");
        assertThat(replaced.exitCode()).isEqualTo(8);
        Files.move(aside, source, StandardCopyOption.REPLACE_EXISTING);

        try (Connection connection = DriverManager.getConnection(target);
                Statement statement = connection.createStatement()) {
            statement.execute("ALTER SCHEMA sluice RENAME TO away");
            Cli.Result lostTarget = sluice("run", "--until-caught-up");
            assertThat(lostTarget.err()).contains("the target has lost this pipeline");
            assertThat(lostTarget.exitCode()).isEqualTo(8);
            statement.execute("ALTER SCHEMA away RENAME TO sluice");
        }
        succeeded(sluice("run", "--until-caught-up"));
    }

    @Test
    void aRunThatIsStoppedBeforeItHasCaughtUpIsNotReady() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "run",
                        "--until-caught-up",
                        "-c",
                        file.toString(),
                        "--data-dir",
                        data.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("run.log").toFile())
                .start();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!Files.exists(data)) {
            assertThat(process.isAlive()).isTrue();
            assertThat(System.nanoTime()).as("time left").isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(10);
        }
        process.destroy();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(directory.resolve("run.log")).content().contains("the next run goes on from here");
        assertThat(process.exitValue()).isEqualTo(3);
    }

    private static void deleteTree(Path root) throws IOException {
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
