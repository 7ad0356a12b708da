package dev.sluice.cli.deadletters;

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

/** A parent that the target refuses, its children that are dead for it, and what a retry makes of them. */
@Execution(ExecutionMode.CONCURRENT)
final class RetryIT {
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final String LETTERS =
            "SELECT table_name || key || ' ' || reason || ' ' || state FROM sluice.dead_letters ORDER BY id";

    @TempDir
    private Path directory;

    private String target;

    @BeforeEach
    void makePipeline() throws Exception {
        target = LocalPostgres.temporary().createDatabase();
        source(
                "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)",
                "CREATE TABLE notes (id INTEGER PRIMARY KEY, user_id INTEGER, text TEXT)",
                "INSERT INTO users VALUES (1, 'Ada'), (2, NULL)",
                "INSERT INTO notes VALUES (1, 2, 'of the second'), (2, 1, 'of the first')");
        Files.writeString(directory.resolve("schema.sql"), """
                CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL);
                CREATE TABLE notes (id bigint PRIMARY KEY, user_id bigint REFERENCES users, text text);
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

    private Cli.Result deadLetters(String... command) {
        List<Object> arguments = new ArrayList<>(List.of("dead-letters"));
        arguments.addAll(List.of(command));
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

    private void alter(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(target);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private Pipeline start() {
        Configuration configuration = Configuration.load(directory.resolve("sluice.yaml"));
        return Pipeline.start(configuration, directory.resolve("data"), false, InstantSource.system());
    }

    private void awaitLetters(Pipeline pipeline, String... letters) throws Exception {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        while (!target(LETTERS).equals(List.of(letters))) {
            assertThat(System.nanoTime()).as(() -> "time left").isLessThan(deadline);
            assertThat(pipeline.awaitEnd(Duration.ofMillis(50))).isFalse();
        }
    }

    @Test
    void aRetryBringsTheRowAndThenItsChildrenOnceTheTargetTakesThem() throws Exception {
        try (Pipeline pipeline = start()) {
            awaitLetters(pipeline, "public.users[2] not-null open", "public.notes[1] parent open");

            Cli.Result again = deadLetters("retry", "--table", "public.users");
            assertThat(again.exitCode()).as(again.err()).isEqualTo(7);
            assertThat(again.out()).contains("asked the source for 2 rows: 0 applied, 2 refused again");
            awaitLetters(
                    pipeline,
                    "public.users[2] not-null superseded",
                    "public.notes[1] parent superseded",
                    "public.users[2] not-null open",
                    "public.notes[1] parent open");

            alter("ALTER TABLE users ALTER COLUMN name DROP NOT NULL");
            Cli.Result applied = deadLetters("retry", "--reason", "not-null");
            assertThat(applied.exitCode()).as(applied.err()).isZero();
            assertThat(applied.out()).contains("asked the source for 2 rows: 2 applied, 0 refused again");
            assertThat(target("SELECT id FROM notes WHERE user_id = 2")).containsExactly("1");
            assertThat(target(LETTERS))
                    .filteredOn(letter -> letter.endsWith("retried"))
                    .hasSize(2);
            assertThat(deadLetters("retry", "--all").out()).contains("no such dead letter is open");
        }
    }

    @Test
    void whatNobodyAnswersStaysOpenAndADeadPipelineOfItsOwnIsRefused() throws Exception {
        try (Pipeline pipeline = start()) {
            awaitLetters(pipeline, "public.users[2] not-null open", "public.notes[1] parent open");
        }
        Cli.Result refused = deadLetters("retry", "--all");
        assertThat(refused.exitCode()).isEqualTo(8);
        assertThat(refused.err()).contains("sluice run");
        assertThat(target(LETTERS)).allMatch(letter -> letter.endsWith("open"));
    }
}
