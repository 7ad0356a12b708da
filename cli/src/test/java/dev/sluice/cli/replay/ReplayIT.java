package dev.sluice.cli.replay;

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
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A running pipeline whose target loses rows. */
@Execution(ExecutionMode.CONCURRENT)
final class ReplayIT {
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final String ROWS =
            "SELECT id || ' ' || name FROM users UNION ALL SELECT id || ' of ' || user_id FROM notes ORDER BY 1";

    @TempDir
    private Path directory;

    private String target;

    @BeforeEach
    void makePipeline() throws Exception {
        target = LocalPostgres.temporary().createDatabase();
        source(
                "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)",
                "CREATE TABLE notes (id INTEGER PRIMARY KEY, user_id INTEGER)",
                "INSERT INTO users VALUES (1, 'Ada'), (2, 'Bob'), (3, 'Cy')",
                "INSERT INTO notes VALUES (1, 2), (2, 1)");
        Files.writeString(directory.resolve("schema.sql"), """
                CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL);
                CREATE TABLE notes (id bigint PRIMARY KEY, user_id bigint REFERENCES users);
                """);
        Files.writeString(directory.resolve("sluice.yaml"), """
                pipeline: shop
                source: {url: "sqlite:shop.db"}
                target: {url: "%s", ddl: schema.sql}
                """.formatted(target));
    }

    private void source(String... statements) throws SQLException {
        Cli.database(directory.resolve("shop.db"), statements);
    }

    private Cli.Result sluice(String... command) {
        List<Object> arguments = new ArrayList<>(List.of(command));
        arguments.addAll(List.of("-c", directory.resolve("sluice.yaml"), "--data-dir", directory.resolve("data")));
        return Cli.run(arguments.toArray());
    }

    private List<String> target(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(target);
                Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(sql)) {
            List<String> rows = new ArrayList<>();
            while (found.next()) {
                rows.add(found.getString(1));
            }
            return rows;
        }
    }

    private void change(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(target);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private Pipeline start() {
        Configuration configuration = Configuration.load(directory.resolve("sluice.yaml"));
        return Pipeline.start(configuration, directory.resolve("data"), false, InstantSource.system());
    }

    private void awaitRows(Pipeline pipeline, String... rows) throws Exception {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        while (!target(ROWS).equals(List.of(rows))) {
            assertThat(System.nanoTime()).as(() -> "time left").isLessThan(deadline);
            assertThat(pipeline.awaitEnd(Duration.ofMillis(50))).isFalse();
        }
    }

    @Test
    void lostRowsComeBackWhileThePipelineRuns() throws Exception {
        try (Pipeline pipeline = start()) {
            awaitRows(pipeline, "1 Ada", "1 of 2", "2 Bob", "2 of 1", "3 Cy");
            source("DELETE FROM users WHERE id = 3", "UPDATE users SET name = 'Ada L.' WHERE id = 1");
            awaitRows(pipeline, "1 Ada L.", "1 of 2", "2 Bob", "2 of 1");

            change("DELETE FROM notes; DELETE FROM users");
            Cli.Result replayed = sluice("replay", "--from", "beginning");
            assertThat(replayed.exitCode()).as(replayed.err() + replayed.out()).isZero();
            assertThat(replayed.out()).contains("lane main: replayed 5 rows, 0 refused");
            assertThat(target(ROWS)).containsExactly("1 Ada L.", "1 of 2", "2 Bob", "2 of 1");

            change("DELETE FROM notes; UPDATE users SET name = 'wrong'");
            Cli.Result emptied = sluice("replay", "--truncate", "--tables", "users,public.notes", "--json");
            assertThat(emptied.exitCode()).as(emptied.err() + emptied.out()).isZero();
            assertThat(emptied.out()).contains("\"state\" : \"done\"", "\"truncate\" : true", "\"refused\" : 0");
            assertThat(target(ROWS)).containsExactly("1 Ada L.", "1 of 2", "2 Bob", "2 of 1");

            change("DELETE FROM notes");
            Cli.Result byTime = sluice("replay", "--from", "2020-01-01T00:00:00Z", "--tables", "notes");
            assertThat(byTime.exitCode()).as(byTime.err() + byTime.out()).isZero();
            assertThat(target(ROWS)).containsExactly("1 Ada L.", "1 of 2", "2 Bob", "2 of 1");

            change("DELETE FROM notes; DELETE FROM users WHERE id = 1; ALTER TABLE users ADD CHECK (name <> 'Ada L.')");
            Cli.Result refused = sluice("replay", "--from", "beginning");
            assertThat(refused.exitCode()).as(refused.err() + refused.out()).isEqualTo(7);
            assertThat(refused.out()).contains("2 refused; see: sluice dead-letters list");
            assertThat(target("SELECT key || reason FROM sluice.dead_letters ORDER BY 1"))
                    .containsExactly("[1]check", "[2]parent");
        }
    }

    @Test
    void aReplayThatNoSinkWorksOffWaitsForOneAndIsShownAndAttachedTo() throws Exception {
        try (Pipeline pipeline = start()) {
            awaitRows(pipeline, "1 Ada", "1 of 2", "2 Bob", "2 of 1", "3 Cy");
        }
        change("DELETE FROM notes");
        Cli.Result asked = sluice("replay", "--from", "beginning", "--no-wait");
        assertThat(asked.exitCode()).as(asked.err()).isZero();
        assertThat(asked.out()).contains("lane main: replay asked");
        assertThat(sluice("status").out()).contains("lane main: replay from sequence 1, asked");
        assertThat(sluice("status", "--json").out()).contains("\"state\" : \"asked\"");
        Cli.Result other = sluice("replay", "--from", "beginning", "--tables", "notes");
        assertThat(other.exitCode()).isEqualTo(8);
        assertThat(other.err()).contains("lane main has another replay under way, from sequence 1");

        CompletableFuture<Cli.Result> waits =
                CompletableFuture.supplyAsync(() -> sluice("replay", "--from", "beginning"));
        change("UPDATE sluice.lanes SET state = 'stopped', message = 'the reason'");
        assertThat(waits.get().exitCode()).as(waits.get().out()).isEqualTo(8);
        assertThat(waits.get().err()).contains("lane main has stopped: the reason");
        assertRefused(8, "lane main has stopped: the reason", "replay", "--from", "beginning");
        change("UPDATE sluice.lanes SET state = 'running', message = NULL");

        CompletableFuture<Cli.Result> attached =
                CompletableFuture.supplyAsync(() -> sluice("replay", "--from", "beginning"));
        try (Pipeline pipeline = start()) {
            awaitRows(pipeline, "1 Ada", "1 of 2", "2 Bob", "2 of 1", "3 Cy");
            assertThat(attached.get().exitCode()).as(attached.get().err()).isZero();
        }
        assertThat(attached.get().out()).contains("lane main: replayed 5 rows, 0 refused");
    }

    @Test
    void whatCannotBeReplayedIsRefusedByName() throws Exception {
        assertThat(sluice("replay", "--from", "beginning").exitCode()).isEqualTo(8);
        try (Pipeline pipeline = start()) {
            awaitRows(pipeline, "1 Ada", "1 of 2", "2 Bob", "2 of 1", "3 Cy");
            assertRefused(2, "say where to begin", "replay");
            assertRefused(2, "expected beginning, a sequence or a time", "replay", "--from", "yesterday");
            assertRefused(2, "--truncate fills the tables from the beginning", "replay", "--from", "2", "--truncate");
            assertRefused(2, "did you mean 'public.notes'?", "replay", "--from", "beginning", "--tables", "note");
            assertRefused(2, "did you mean 'main'?", "replay", "--from", "beginning", "--lane", "man");
            assertRefused(
                    2,
                    "public.notes refers to public.users by notes_user_id_fkey",
                    "replay",
                    "--truncate",
                    "--tables",
                    "users");
            assertRefused(2, "there is nothing to replay from 99999", "replay", "--from", "99999");
            assertRefused(
                    2,
                    "there is nothing to replay",
                    "replay",
                    "--from",
                    Instant.parse("2200-01-01T00:00:00Z").toString());
            change("UPDATE sluice.tables SET guard = 'none' WHERE table_name = 'public.notes'");
            assertRefused(8, "guard: none", "replay", "--from", "beginning");
            assertThat(target("SELECT count(*) FROM sluice.replays")).containsExactly("0");
        }
    }

    private void assertRefused(int exitCode, String message, String... command) {
        Cli.Result refused = sluice(command);
        assertThat(refused.exitCode()).as(refused.out() + refused.err()).isEqualTo(exitCode);
        assertThat(refused.err()).contains(message);
    }
}
