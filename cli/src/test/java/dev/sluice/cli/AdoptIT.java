package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.run.Pipeline;
import dev.sluice.embedded.LocalPostgres;
import java.io.IOException;
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

/** Target tables that were there before Sluice: with rows, with triggers, and with a shape that is to stay. */
@Execution(ExecutionMode.CONCURRENT)
final class AdoptIT {
    private static final String ROWS =
            "SELECT id || ' ' || name || ' ' || coalesce(touched::text, 'none') FROM users ORDER BY id";
    private static final String TRIGGER = "SELECT tgenabled::text FROM pg_trigger WHERE tgname = 'touch'";
    private static final String GUARDED =
            "SELECT attrelid::regclass::text FROM pg_attribute WHERE attname = '_sluice_seq' AND NOT attisdropped AND attrelid IN ('users'::regclass, 'tags'::regclass) ORDER BY 1";

    @TempDir
    private Path directory;

    private Path source;
    private Path file;
    private String target;

    @BeforeEach
    void makePipeline() throws Exception {
        target = LocalPostgres.temporary().createDatabase();
        source = Cli.database(
                directory.resolve("shop.db"),
                "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
                "CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT)",
                "INSERT INTO users VALUES (1, 'Ada'), (2, 'Bob')",
                "INSERT INTO tags VALUES (1, 'red')");
        sql("CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, touched boolean)");
        sql("CREATE TABLE tags (id bigint PRIMARY KEY, name text)");
        sql("INSERT INTO users VALUES (1, 'old', NULL), (7, 'extra', NULL), (8, 'extra too', NULL)");
        sql("CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.touched = true; RETURN NEW; END'");
        sql("CREATE TRIGGER touch BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch()");
        sql("ALTER TABLE users ENABLE ALWAYS TRIGGER touch");
    }

    private void configure(String tables, String more) throws IOException {
        file = Files.writeString(directory.resolve("sluice.yaml"), """
                pipeline: shop
                source: {url: "sqlite:shop.db"}
                target: {url: "%s"}
                tables: {%s}
                %s
                """.formatted(target, tables, more));
    }

    private Cli.Result sluice(String command, Object... options) {
        List<Object> arguments = new ArrayList<>(List.of(command, "-c", file, "--data-dir", directory.resolve("data")));
        arguments.addAll(List.of(options));
        return Cli.run(arguments.toArray());
    }

    private void sql(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(target);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private List<String> rows(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(target);
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            List<String> rows = new ArrayList<>();
            while (result.next()) {
                rows.add(result.getString(1));
            }
            return rows;
        }
    }

    private static void succeeded(Cli.Result result) {
        assertThat(result.err()).isEmpty();
        assertThat(result.exitCode()).isZero();
    }

    @Test
    void rowsThatWereThereAreOverwrittenOrReportedAndOnlyWhereSomebodySaidSo() throws Exception {
        configure("tags: {adopt: true}", "");
        Cli.Result refused = sluice("check");
        assertThat(refused.exitCode()).isEqualTo(2);
        assertThat(refused.out() + refused.err())
                .contains("table public.users: holds rows that Sluice did not write")
                .contains("tables.users.adopt: true")
                .doesNotContain("3 rows")
                .doesNotContain("public.tags");
        assertThat(sluice("run", "--until-caught-up").exitCode()).isEqualTo(2);
        assertThat(rows("SELECT nspname FROM pg_namespace WHERE nspname = 'sluice'"))
                .isEmpty();

        configure("users: {adopt: true}", "");
        succeeded(sluice("check"));
        succeeded(sluice("run", "--until-caught-up"));
        assertThat(rows(ROWS)).containsExactly("1 Ada none", "2 Bob none", "7 extra none", "8 extra too none");
        assertThat(rows("SELECT id FROM users WHERE _sluice_seq IS NULL ORDER BY id"))
                .containsExactly("7", "8");
        Cli.Result verified = sluice("verify");
        assertThat(verified.exitCode()).isEqualTo(3);
        assertThat(verified.out()).contains("2 extra").contains("extra [7]").contains("extra [8]");

        // A row of the source takes the place of one that was never written by Sluice.
        Cli.database(
                source,
                "INSERT INTO users VALUES (7, 'Gil')",
                "INSERT INTO users VALUES (8, 'x')",
                "DELETE FROM users WHERE id = 8");
        succeeded(sluice("run", "--until-caught-up"));
        assertThat(rows(ROWS)).containsExactly("1 Ada none", "2 Bob none", "7 Gil none");
        assertThat(sluice("verify").exitCode()).isZero();
        succeeded(sluice("remove", "--yes"));
        assertThat(rows(TRIGGER)).containsExactly("A");
    }

    @Test
    void aBackfillLeavesTheRowsAloneThatSluiceNeverWrote() throws Exception {
        configure("users: {adopt: true}, tags: {adopt: true, guard: none}", "");
        sql("INSERT INTO tags VALUES (7, 'extra')");
        Configuration configuration = Configuration.load(file);
        try (Pipeline pipeline =
                Pipeline.start(configuration, directory.resolve("data"), false, InstantSource.system())) {
            awaitLive(pipeline);
            // A row that Sluice wrote and one that somebody made in the target; the source has neither.
            sql("INSERT INTO users SELECT 99, 'written', NULL, _sluice_seq FROM users WHERE id = 1");
            sql("UPDATE users SET name = 'damaged' WHERE id = 2");
            Cli.Result emptied = sluice("backfill", "--tables", "users,tags", "--truncate");
            assertThat(emptied.exitCode()).as(emptied.err()).isEqualTo(2);
            assertThat(emptied.err()).contains("public.users", "public.tags", "are not emptied: they have adopt: true");
            Cli.Result filled = sluice("backfill", "--tables", "users,tags");
            assertThat(filled.exitCode()).as(filled.err() + filled.out()).isZero();
            assertThat(filled.out()).contains("public.tags", "the table is adopted: it may hold rows of its own");
            assertThat(rows(ROWS)).containsExactly("1 Ada none", "2 Bob none", "7 extra none", "8 extra too none");
            assertThat(rows("SELECT id FROM tags ORDER BY id")).containsExactly("1", "7");
        }
    }

    private void awaitLive(Pipeline pipeline) throws Exception {
        while (!rows("SELECT table_name FROM sluice.tables WHERE phase = 'live' ORDER BY 1")
                .equals(List.of("public.tags", "public.users"))) {
            assertThat(pipeline.awaitEnd(Duration.ofMillis(50))).isFalse();
        }
    }

    @Test
    void shapeAndTriggersFollowTheConfiguration() throws Exception {
        configure("users: {adopt: true, guard: none}", "apply: {triggers: on}");
        succeeded(sluice("run", "--until-caught-up"));
        assertThat(rows(GUARDED)).containsExactly("tags");
        assertThat(rows(ROWS)).startsWith("1 Ada true", "2 Bob true");

        configure("users: {adopt: true}, tags: {guard: none}", "");
        assertThat(sluice("prepare", "--dry-run").out())
                .contains("target: ALTER TABLE \"public\".\"users\" ADD COLUMN \"_sluice_seq\"")
                .contains("target: ALTER TABLE \"public\".\"tags\" DROP COLUMN \"_sluice_seq\"")
                .contains("target: ALTER TABLE \"public\".\"users\" DISABLE TRIGGER USER");
        succeeded(sluice("prepare"));
        assertThat(rows(GUARDED)).containsExactly("users");
        assertThat(rows(TRIGGER)).containsExactly("D");
        Cli.database(
                source,
                "INSERT INTO users VALUES (3, 'Cem')",
                "UPDATE tags SET name = 'blue'",
                "DELETE FROM users WHERE id = 2");
        succeeded(sluice("run", "--until-caught-up"));
        assertThat(rows(ROWS)).startsWith("1 Ada true", "3 Cem none");
        assertThat(rows("SELECT name FROM tags")).containsExactly("blue");

        configure("users: {adopt: true}, tags: {guard: none}", "apply: {triggers: on}");
        succeeded(sluice("prepare"));
        assertThat(rows(TRIGGER)).containsExactly("A");
        succeeded(sluice("remove", "--yes"));
        assertThat(rows(TRIGGER)).containsExactly("A");
        assertThat(rows(GUARDED)).isEmpty();
    }
}
