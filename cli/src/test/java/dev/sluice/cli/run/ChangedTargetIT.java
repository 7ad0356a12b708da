package dev.sluice.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cli.Cli;
import dev.sluice.cli.config.Configuration;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Somebody deletes a parent in the target by hand, and the application writes a child. */
@Execution(ExecutionMode.CONCURRENT)
final class ChangedTargetIT {
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    @TempDir
    private Path directory;

    @Test
    void aParentThatWasDeletedByHandComesBackWithTheChildThatNeedsIt() throws Exception {
        String target = LocalPostgres.temporary().createDatabase();
        Path source = Cli.database(
                directory.resolve("shop.db"),
                "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)",
                "CREATE TABLE notes (id INTEGER PRIMARY KEY, user_id INTEGER, text TEXT)",
                "INSERT INTO users VALUES (1, 'Ada'), (2, 'Bob')");
        Files.writeString(directory.resolve("schema.sql"), """
                CREATE TABLE users (id bigint PRIMARY KEY, name text);
                CREATE TABLE notes (id bigint PRIMARY KEY, user_id bigint REFERENCES users, text text);
                """);
        Path file = Files.writeString(directory.resolve("sluice.yaml"), """
                pipeline: shop
                source: {url: "sqlite:shop.db"}
                target: {url: "%s", ddl: schema.sql}
                """.formatted(target));
        try (Pipeline pipeline =
                Pipeline.start(Configuration.load(file), directory.resolve("data"), false, InstantSource.system())) {
            await(pipeline, target, "SELECT id::text FROM users ORDER BY id", "1", "2");
            await(pipeline, target, "SELECT DISTINCT phase FROM sluice.tables", "live");
            execute(target, "DELETE FROM users WHERE id = 2");
            Cli.database(source, "INSERT INTO notes VALUES (5, 2, 'of the second')");
            await(pipeline, target, "SELECT u.name FROM notes n JOIN users u ON u.id = n.user_id", "Bob");
            await(
                    pipeline,
                    target,
                    "SELECT table_name || key || ' ' || reason || ' ' || state FROM sluice.dead_letters",
                    "public.notes[5] foreign-key retried");
        }
    }

    private static void await(Pipeline pipeline, String target, String sql, String... rows) throws Exception {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        List<String> found = query(target, sql);
        while (!found.equals(List.of(rows))) {
            List<String> now = found;
            assertThat(System.nanoTime()).as(() -> sql + " gives " + now).isLessThan(deadline);
            assertThat(pipeline.awaitEnd(Duration.ofMillis(50))).isFalse();
            found = query(target, sql);
        }
    }

    private static void execute(String target, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(target);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static List<String> query(String target, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(target);
                Statement statement = connection.createStatement()) {
            List<String> rows = new ArrayList<>();
            try (ResultSet there = statement.executeQuery(
                    "SELECT to_regclass('sluice.tables') IS NOT NULL AND to_regclass('users') IS NOT NULL")) {
                there.next();
                if (!there.getBoolean(1)) {
                    return rows;
                }
            }
            try (ResultSet found = statement.executeQuery(sql)) {
                while (found.next()) {
                    rows.add(found.getString(1));
                }
            }
            return rows;
        }
    }
}
