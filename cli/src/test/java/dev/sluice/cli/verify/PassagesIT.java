package dev.sluice.cli.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.cli.Cli;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.run.Pipeline;
import dev.sluice.cli.signals.TableLanes;
import dev.sluice.embedded.LocalPostgres;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.database.TargetSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A real pipeline is asked, with publisher, topology and sink. */
@Execution(ExecutionMode.CONCURRENT)
final class PassagesIT {
    private static final TableId USERS = TableId.parse("users");
    private static final TableId NOTES = TableId.parse("notes");

    @TempDir
    private Path directory;

    private final List<String> notices = new CopyOnWriteArrayList<>();
    private TargetDatabase target;
    private Configuration configuration;

    @BeforeEach
    void makePipeline() throws Exception {
        String url = LocalPostgres.temporary().createDatabase();
        target = TargetDatabase.open(TargetSettings.of(url), "shop", InstantSource.system());
        source(
                "PRAGMA journal_mode = WAL",
                "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)",
                "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)",
                "INSERT INTO users VALUES (1, 'Ada')");
        Files.writeString(
                directory.resolve("schema.sql"),
                "CREATE TABLE users (id bigint PRIMARY KEY, name text); CREATE TABLE notes (id bigint PRIMARY KEY, text text)");
        Path file = Files.writeString(directory.resolve("sluice.yaml"), """
                pipeline: shop
                source: {url: "sqlite:shop.db"}
                target: {url: "%s", ddl: schema.sql}
                lanes: by-foreign-key
                """.formatted(url));
        configuration = Configuration.load(file);
    }

    @AfterEach
    void close() {
        target.close();
    }

    private void source(String... statements) throws SQLException {
        Cli.database(directory.resolve("shop.db"), statements);
    }

    private String one(String sql) {
        return target.withConnection(connection -> {
            try (ResultSet row = connection.createStatement().executeQuery(sql)) {
                return row.next() ? row.getString(1) : "nothing";
            }
        });
    }

    private Pipeline start() throws Exception {
        Pipeline pipeline = Pipeline.start(configuration, directory.resolve("data"), false, InstantSource.system());
        while (!one("SELECT count(*) FROM sluice.tables WHERE phase = 'live'").equals("2")) {
            assertThat(pipeline.awaitEnd(Duration.ofMillis(50))).isFalse();
        }
        return pipeline;
    }

    private Optional<RunningPassage> open() {
        return open(directory.resolve("data"), Passages.RESTART);
    }

    private Optional<RunningPassage> open(Path data, Duration restart) {
        return new Passages(configuration, data, target, InstantSource.system(), restart)
                .open(TableLanes.read(target, "shop", List.of(USERS, NOTES)), notices::add);
    }

    @Test
    void whatWasWrittenBeforeTheQuestionIsThereBehindTheAnswer() throws Exception {
        try (Pipeline pipeline = start();
                RunningPassage passage = open().orElseThrow()) {
            assertThat(passage.isOpen()).isTrue();
            assertThatThrownBy(() -> open(directory.resolve("another"), Duration.ZERO))
                    .isInstanceOf(SluiceException.class)
                    .hasMessageContaining("runs, but not with data directory " + directory.resolve("another"));
            ExecutorService askers = Executors.newFixedThreadPool(3);
            List<Future<?>> all = new ArrayList<>();
            for (int asker = 0; asker < 3; asker++) {
                int first = 1_000 * (asker + 1);
                all.add(askers.submit(() -> {
                    for (int id = first; id < first + 15; id++) {
                        source(
                                "INSERT INTO notes VALUES (" + id + ", 'x')",
                                "INSERT INTO users VALUES (" + id + ", 'x')");
                        passage.awaitPresent(id % 2 == 0 ? NOTES : USERS);
                        assertThat(one("SELECT text FROM notes WHERE id = " + id + " AND " + id + " % 2 = 0"
                                        + " UNION ALL SELECT name FROM users WHERE id = " + id + " AND " + id
                                        + " % 2 = 1"))
                                .isEqualTo("x");
                    }
                    return null;
                }));
            }
            for (Future<?> asked : all) {
                asked.get();
            }
            askers.shutdown();
            assertThat(notices).isEmpty();
            assertThat(pipeline.awaitEnd(Duration.ofMillis(1))).isFalse();
        }
    }

    @Test
    void keysThatAreReadAgainAreRightAfterwards() throws Exception {
        try (Pipeline pipeline = start();
                RunningPassage passage = open().orElseThrow()) {
            target.withConnectionDo(connection -> connection
                    .createStatement()
                    .execute("UPDATE users SET name = 'damaged'; INSERT INTO users VALUES (7, 'extra')"));
            passage.refresh(USERS, List.of("[1]", "[7]"));
            assertThat(one("SELECT string_agg(id || name, ' ') FROM users")).isEqualTo("1Ada");
            assertThatThrownBy(() -> passage.refresh(USERS, List.of("[\"no number\"]")))
                    .isInstanceOf(SluiceException.class)
                    .hasMessageContaining("refuses signal verify-repair-");
            assertThat(pipeline.awaitEnd(Duration.ofMillis(1))).isFalse();
        }
    }

    @Test
    void aPipelineThatEndsIsNotWaitedForAndOneThatDoesNotRunIsNotAsked() throws Exception {
        RunningPassage passage;
        try (Pipeline pipeline = start()) {
            passage = open().orElseThrow();
            assertThat(pipeline.awaitEnd(Duration.ofMillis(1))).isFalse();
        }
        try (passage) {
            Asked unanswered = passage.expected("verify-drain-x", "users", false);
            assertThatThrownBy(unanswered::await)
                    .isInstanceOf(SluiceException.class)
                    .hasMessageContaining("has stopped")
                    .hasMessageContaining("sluice run");
        }
        assertThat(open()).isEmpty();
    }
}
