package dev.sluice.cli.backfill;

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
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Tables of a running pipeline are read again: what is wrong in the target comes right, whatever happens meanwhile. */
@Execution(ExecutionMode.CONCURRENT)
final class BackfillIT {
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final String SERIES =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) ";

    @TempDir
    private Path directory;

    private String target;

    @BeforeEach
    void makePipeline() throws Exception {
        target = LocalPostgres.temporary().createDatabase();
        source(
                "PRAGMA journal_mode = WAL",
                "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)",
                "CREATE TABLE notes (id INTEGER PRIMARY KEY, user_id INTEGER, text TEXT)",
                SERIES.formatted(300) + "INSERT INTO users SELECT i, 'user ' || i FROM n",
                SERIES.formatted(1_000) + "INSERT INTO notes SELECT i, 1 + i % 300, 'note ' || i FROM n");
        Files.writeString(directory.resolve("schema.sql"), """
                CREATE TABLE users (id bigint PRIMARY KEY, name text);
                CREATE TABLE notes (id bigint PRIMARY KEY, user_id bigint REFERENCES users, text text);
                """);
        configure("");
    }

    private void configure(String more) throws Exception {
        Files.writeString(directory.resolve("sluice.yaml"), """
                pipeline: shop
                source: {url: "sqlite:shop.db"%s}
                target: {url: "%s", ddl: schema.sql}
                """.formatted(more, target));
    }

    private Connection open() throws SQLException {
        Connection connection = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("shop.db"));
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA busy_timeout = 10000");
        }
        return connection;
    }

    private void source(String... statements) throws SQLException {
        try (Connection connection = open();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** In one transaction, so that nobody sees the source without its triggers. */
    private void behindSluicesBack(String table, String... statements) throws SQLException {
        try (Connection connection = open();
                Statement statement = connection.createStatement()) {
            statement.execute("BEGIN IMMEDIATE");
            List<String[]> triggers = new ArrayList<>();
            try (ResultSet found = statement.executeQuery(
                    "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '" + table + "'")) {
                while (found.next()) {
                    triggers.add(new String[] {found.getString(1), found.getString(2)});
                }
            }
            assertThat(triggers).isNotEmpty();
            for (String[] trigger : triggers) {
                statement.execute("DROP TRIGGER \"" + trigger[0] + "\"");
            }
            for (String sql : statements) {
                statement.execute(sql);
            }
            for (String[] trigger : triggers) {
                statement.execute(trigger[1]);
            }
            statement.execute("COMMIT");
        }
    }

    private void target(String... statements) throws SQLException {
        try (Connection connection = DriverManager.getConnection(target);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private String one(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(target);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            return row.next() ? row.getString(1) : "nothing";
        }
    }

    private Cli.Result sluice(String... command) {
        List<Object> arguments = new ArrayList<>(List.of(command));
        arguments.addAll(List.of("-c", directory.resolve("sluice.yaml"), "--data-dir", directory.resolve("data")));
        return Cli.run(arguments.toArray());
    }

    private Pipeline start() {
        Configuration configuration = Configuration.load(directory.resolve("sluice.yaml"));
        return Pipeline.start(configuration, directory.resolve("data"), false, InstantSource.system());
    }

    /** A condition that is looked at while the pipeline must not end. */
    @FunctionalInterface
    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void await(Pipeline pipeline, Condition condition) throws Exception {
        await(pipeline, condition, () -> "");
    }

    private static void await(Pipeline pipeline, Condition condition, Supplier<String> last) throws Exception {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        while (!condition.holds()) {
            assertThat(System.nanoTime()).as(() -> "time left: " + last.get()).isLessThan(deadline);
            assertThat(pipeline.awaitEnd(Duration.ofMillis(50))).isFalse();
        }
    }

    private void awaitLoaded(Pipeline pipeline) throws Exception {
        await(
                pipeline,
                () -> one("SELECT count(*) FROM sluice.tables WHERE phase = 'live'")
                        .equals("2"));
    }

    private void awaitEqual(Pipeline pipeline) throws Exception {
        AtomicReference<String> last = new AtomicReference<>("");
        await(
                pipeline,
                () -> {
                    Cli.Result verified = sluice("verify");
                    last.set(verified.out() + verified.err());
                    return verified.exitCode() == 0;
                },
                last::get);
    }

    /** Runs a command while another thread writes to the source. */
    private Cli.Result whileTheApplicationWrites(String... command) throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        FutureTask<Boolean> writing = new FutureTask<>(() -> {
            for (int i = 10_000; i < 10_500 && !over.get(); i++) {
                source(
                        "INSERT INTO notes VALUES (" + i + ", " + (1 + i % 299) + ", 'new')",
                        "UPDATE users SET name = 'changed " + i + "' WHERE id = " + (1 + i % 299),
                        "DELETE FROM notes WHERE id = " + (i - 20));
            }
            return true;
        });
        new Thread(writing, "application").start();
        try {
            return sluice(command);
        } finally {
            over.set(true);
            writing.get();
        }
    }

    @Test
    void whatIsDamagedLostOrLeftOverComesRightWhileTheApplicationWrites() throws Exception {
        try (Pipeline pipeline = start()) {
            awaitLoaded(pipeline);
            target(
                    "UPDATE users SET name = 'damaged' WHERE id <= 20",
                    "DELETE FROM notes WHERE id BETWEEN 100 AND 250",
                    "INSERT INTO users VALUES (77777, 'never there')");
            behindSluicesBack("notes", "DELETE FROM notes WHERE id > 900 OR user_id = 300");
            behindSluicesBack("users", "DELETE FROM users WHERE id = 300");
            Cli.Result result = whileTheApplicationWrites("backfill", "--tables", "users,public.notes", "--json");
            assertThat(result.exitCode()).as(result.err() + result.out()).isZero();
            assertThat(result.out()).contains("\"attached\" : false", "\"extraKept\" : 0");
            assertThat(result.err())
                    .contains("asked the publisher to read [public.users, public.notes] again", "backfill");
            awaitEqual(pipeline);
            assertThat(one("SELECT count(*) FROM users WHERE id IN (300, 77777) OR name = 'damaged'"))
                    .isEqualTo("0");
            assertThat(one("SELECT count(*) FROM notes WHERE id BETWEEN 901 AND 1000"))
                    .isEqualTo("0");
            assertThat(sluice("backfill", "--tables", "users").out())
                    .contains("public.users          299            0");
        }
    }

    @Test
    void aConditionReadsItsRowsAloneAndAWrongOneIsRefused() throws Exception {
        try (Pipeline pipeline = start()) {
            awaitLoaded(pipeline);
            target("UPDATE users SET name = 'damaged' WHERE id IN (7, 200)");
            Cli.Result unknown = sluice("backfill", "--tables", "usres");
            assertThat(unknown.exitCode()).isEqualTo(2);
            assertThat(unknown.err()).contains("no captured table is called 'usres'; did you mean 'public.users'?");
            Cli.Result wrong = sluice("backfill", "--tables", "users", "--where", "1=1) OR (1=1");
            assertThat(wrong.exitCode()).isEqualTo(2);
            assertThat(wrong.err()).contains("users", "near \")\": syntax error");
            assertThat(sluice("backfill", "--tables", "users,notes", "--where", "user_id = 1")
                            .err())
                    .contains("no such column: user_id");
            Cli.Result result = sluice("backfill", "--tables", "users", "--where", "id < 100 -- only few");
            assertThat(result.exitCode()).as(result.err()).isZero();
            assertThat(result.out()).contains("public.users           99            0");
            assertThat(one("SELECT string_agg(id || ' ' || name, ',' ORDER BY id) FROM users WHERE id IN (7, 200)"))
                    .isEqualTo("7 user 7,200 damaged");

            source("UPDATE users SET name = 'no JSON' WHERE id = 290");
            Cli.Result failed = sluice(
                    "backfill",
                    "--tables",
                    "users",
                    "--where",
                    "CASE WHEN id >= 290 THEN json_extract(name, '$') END IS NULL");
            assertThat(failed.exitCode()).isEqualTo(8);
            assertThat(failed.err()).contains("malformed JSON").doesNotContain("no JSON");
            await(pipeline, () -> sluice("status").out().contains("public.users live"));
        }
    }

    @Test
    void aTableIsEmptiedAndFilledAgainWhileRowsReferToIt() throws Exception {
        try (Pipeline pipeline = start()) {
            awaitLoaded(pipeline);
            target(
                    "UPDATE users SET name = 'damaged' WHERE id <= 20",
                    "INSERT INTO users VALUES (77777, 'never there')");
            Cli.Result parents = whileTheApplicationWrites("backfill", "--tables", "users", "--truncate");
            assertThat(parents.exitCode()).as(parents.err()).isZero();
            assertThat(parents.out()).contains("public.users          300            1");
            awaitEqual(pipeline);

            source("INSERT INTO notes VALUES (9999, 9999, 'of nobody')");
            Cli.Result both = sluice("backfill", "--tables", "notes,users", "--truncate");
            assertThat(both.exitCode()).as(both.err()).isEqualTo(7);
            source("INSERT INTO users VALUES (9999, 'at last')");
            awaitEqual(pipeline);
            assertThat(one("SELECT count(*) FROM sluice.waiting")).isEqualTo("0");
        }
    }

    @Test
    void aBackfillGoesOnAfterThePipelineWasStoppedAndTheCommandAttachesToIt() throws Exception {
        try (Pipeline pipeline = start()) {
            awaitLoaded(pipeline);
        }
        // So slow that it is under way for as long as the test needs.
        configure(", snapshot-rows-per-second: 80");
        try (Pipeline pipeline = start()) {
            target("DELETE FROM notes");
            behindSluicesBack("notes", "DELETE FROM notes WHERE id = 1000");
            Cli.Result asked = sluice("backfill", "--tables", "notes", "--no-wait", "--json");
            assertThat(asked.exitCode()).as(asked.err()).isZero();
            assertThat(asked.out()).contains("\"signal\" : \"backfill-", "\"waitedFor\" : false");
            await(
                    pipeline,
                    () -> one("SELECT phase FROM sluice.tables WHERE table_name = 'public.notes'")
                            .equals("loading"));
            Cli.Result other = sluice("backfill", "--tables", "users,notes");
            assertThat(other.exitCode()).isEqualTo(8);
            assertThat(other.err()).contains("public.notes is being read again already");
        }
        assertThat(sluice("backfill", "--tables", "notes").exitCode())
                .as("no publisher runs")
                .isEqualTo(8);
        try (Pipeline pipeline = start()) {
            Cli.Result attached = sluice("backfill", "--tables", "notes", "--json");
            assertThat(attached.exitCode()).as(attached.err()).isZero();
            assertThat(attached.out()).contains("\"attached\" : true");
            awaitEqual(pipeline);
        }
    }

    @Test
    void wrongUsageIsRefused() {
        assertThat(sluice("backfill").exitCode()).isEqualTo(2);
        assertThat(sluice("backfill", "--tables", "users", "--where", " ").exitCode())
                .isEqualTo(2);
        assertThat(sluice("backfill", "--tables", "users", "--where", "id = 1", "--truncate")
                        .exitCode())
                .isEqualTo(2);
        assertThat(sluice("backfill", "--tables", "users").exitCode())
                .as("not prepared")
                .isEqualTo(2);
    }
}
