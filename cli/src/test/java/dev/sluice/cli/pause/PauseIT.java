package dev.sluice.cli.pause;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cli.Cli;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.run.Pipeline;
import dev.sluice.embedded.LocalPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
final class PauseIT {
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    @TempDir
    private Path directory;

    private String target;

    @BeforeEach
    void makePipeline() throws Exception {
        target = LocalPostgres.temporary().createDatabase();
        source(
                "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)",
                "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)",
                "INSERT INTO users VALUES (1, 'Ada')");
        Files.writeString(
                directory.resolve("schema.sql"),
                "CREATE TABLE users (id bigint PRIMARY KEY, name text); CREATE TABLE notes (id bigint PRIMARY KEY, text text)");
        configure("");
    }

    private void configure(String more) throws Exception {
        Files.writeString(directory.resolve("sluice.yaml"), """
                pipeline: shop
                source: {url: "sqlite:shop.db"}
                target: {url: "%s", ddl: schema.sql}
                """.formatted(target) + more);
    }

    private void source(String... statements) throws SQLException {
        Cli.database(directory.resolve("shop.db"), statements);
    }

    private Cli.Result sluice(String... command) {
        List<Object> arguments = new ArrayList<>(List.of(command));
        arguments.addAll(List.of("-c", directory.resolve("sluice.yaml"), "--data-dir", directory.resolve("data")));
        return Cli.run(arguments.toArray());
    }

    private long users() throws SQLException {
        try (Connection connection = DriverManager.getConnection(target);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM users")) {
            row.next();
            return row.getLong(1);
        }
    }

    /** A condition that is looked at while the pipeline must not end. */
    @FunctionalInterface
    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void await(Pipeline pipeline, Condition condition) throws Exception {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        while (!condition.holds()) {
            assertThat(System.nanoTime()).as("time left").isLessThan(deadline);
            assertThat(pipeline.awaitEnd(Duration.ofMillis(50))).isFalse();
        }
    }

    private Pipeline start() {
        Configuration configuration = Configuration.load(directory.resolve("sluice.yaml"));
        return Pipeline.start(configuration, directory.resolve("data"), false, InstantSource.system());
    }

    @Test
    void aRunningPipelineIsPausedSaysSoAndGoesOn() throws Exception {
        try (Pipeline pipeline = start()) {
            await(pipeline, () -> users() == 1);
            Cli.Result paused = sluice("pause", "--why", "a migration of the target");
            assertThat(paused.exitCode()).as(paused.err()).isZero();
            assertThat(paused.out()).startsWith("paused main: nothing is written to the target before: sluice resume");
            source("INSERT INTO users VALUES (2, 'Bob')");
            await(
                    pipeline,
                    () -> pipeline.latestStatus()
                            .trouble()
                            .filter(t -> t.contains("is paused by") && t.contains("sluice resume"))
                            .isPresent());
            assertThat(sluice("status").out()).contains(", paused: by ", ": a migration of the target");
            assertThat(sluice("status", "--json").out()).contains("\"state\" : \"paused\"");
            assertThat(sluice("pause", "--why", "again").out()).contains("is paused already");
            assertThat(users()).isEqualTo(1);

            assertThat(sluice("resume").out()).startsWith("resumed main");
            await(pipeline, () -> users() == 2);
            assertThat(sluice("resume").out()).contains("is not paused");
        }
    }

    @Test
    void lanesAreNotMigratedUnderAPausedPipeline() throws Exception {
        try (Pipeline pipeline = start()) {
            await(pipeline, () -> users() == 1);
        }
        sluice("pause", "--why", "why not");
        configure("lanes: by-foreign-key\n");
        Cli.Result refused = sluice("lanes", "migrate");
        assertThat(refused.exitCode()).as(refused.out()).isEqualTo(8);
        assertThat(refused.err()).contains("it is paused", "sluice resume");
        sluice("resume");
        Cli.Result migrated = sluice("lanes", "migrate");
        assertThat(migrated.exitCode()).as(migrated.err()).isZero();
    }

    @Test
    void wrongUsageIsRefused() {
        assertThat(sluice("pause").exitCode()).isEqualTo(2);
        assertThat(sluice("pause", "--why", " ").exitCode()).isEqualTo(2);
        assertThat(sluice("pause", "--why", "x", "--wait", "soon").exitCode()).isEqualTo(2);
        Cli.Result unprepared = sluice("pause", "--why", "x");
        assertThat(unprepared.exitCode()).isEqualTo(8);
        assertThat(unprepared.err()).contains("is not prepared");
    }
}
