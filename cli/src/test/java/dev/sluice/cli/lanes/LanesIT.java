package dev.sluice.cli.lanes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cli.Cli;
import dev.sluice.embedded.LocalPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One pipeline whose tables are in one lane, then in two, then in one again. Kafka is embedded, the target a PostgreSQL of its own. */
final class LanesIT {
    private static final String LANES =
            "SELECT lane FROM sluice.lanes WHERE state IS DISTINCT FROM 'retired' ORDER BY 1";

    @TempDir
    private Path directory;

    private String target;

    @BeforeEach
    void makePipeline() throws Exception {
        target = LocalPostgres.temporary().createDatabase();
        Cli.database(
                directory.resolve("shop.db"),
                "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
                "CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER, total REAL)",
                "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)",
                "INSERT INTO users VALUES (1, 'Ada'), (2, 'Bob')",
                "INSERT INTO orders VALUES (10, 1, 1.5), (11, 2, 2.5)",
                "INSERT INTO notes VALUES (1, 'first')");
        Files.writeString(directory.resolve("schema.sql"), """
                CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL);
                CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users, total double precision);
                CREATE TABLE notes (id bigint PRIMARY KEY, text text);
                """);
    }

    private void configure(String more) throws Exception {
        Files.writeString(directory.resolve("sluice.yaml"), """
                pipeline: shop
                source: {url: "sqlite:shop.db"}
                target: {url: "%s", ddl: schema.sql}
                """.formatted(target) + more);
    }

    private Cli.Result sluice(String... command) {
        List<Object> arguments = new ArrayList<>(List.of(command));
        arguments.addAll(List.of("-c", directory.resolve("sluice.yaml"), "--data-dir", directory.resolve("data")));
        return Cli.run(arguments.toArray());
    }

    private void source(String... statements) throws SQLException {
        Cli.database(directory.resolve("shop.db"), statements);
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

    private static void succeeded(Cli.Result result) {
        assertThat(result.err()).isEmpty();
        assertThat(result.exitCode()).as(result.out()).isZero();
    }

    private void movesEverything() {
        succeeded(sluice("run", "--until-caught-up"));
        Cli.Result verified = sluice("verify");
        assertThat(verified.exitCode()).as(verified.out()).isZero();
    }

    @Test
    void aChangedLayoutIsRefusedUntilItIsMigratedThereAndBack() throws Exception {
        configure("lanes: main\n");
        movesEverything();
        source("UPDATE orders SET user_id = 1 WHERE id = 11", "DELETE FROM users WHERE id = 2");
        configure("lanes: by-foreign-key\npublish: per-table\n");
        refusedUntilMigrated("table public.notes moved from lane main to lane public.notes");

        Cli.Result migrated = sluice("lanes", "migrate");
        succeeded(migrated);
        assertThat(migrated.out())
                .contains("lane main is drained up to sequence")
                .containsPattern("lane public.notes begins at sequence \\d+ with public.notes")
                .containsPattern("lane public.orders begins at sequence \\d+ with public.orders, public.users");
        assertThat(target(LANES)).containsExactly("public.notes", "public.orders");
        assertThat(sluice("lanes", "migrate").out()).startsWith("the lanes are as they should be");
        source("INSERT INTO notes VALUES (2, 'second')", "INSERT INTO users VALUES (3, 'Cy')");
        movesEverything();
        assertThat(target("SELECT count(*) FROM sluice.waiting")).containsExactly("0");
        source("INSERT INTO orders VALUES (12, 3, NULL)", "DELETE FROM notes WHERE id = 1");
        movesEverything();

        configure("");
        refusedUntilMigrated("table public.notes moved from lane public.notes to lane main");
        succeeded(sluice("lanes", "migrate"));
        assertThat(target(LANES)).as("a topic carries one lane for ever").containsExactly("main.2");
        movesEverything();
        assertThat(sluice("lanes", "list").out())
                .containsPattern("lane main.2: from sequence \\d+, applied \\d+")
                .contains("from public.notes, public.orders");
        removesEverything();
    }

    private void refusedUntilMigrated(String why) {
        Cli.Result refused = sluice("run", "--until-caught-up");
        assertThat(refused.exitCode()).as(refused.err()).isEqualTo(8);
        assertThat(refused.err()).contains(why).contains("sluice lanes migrate");
        assertThat(sluice("check").exitCode()).isEqualTo(8);
    }

    private void removesEverything() throws SQLException {
        Cli.Result removed = sluice("remove", "--yes");
        assertThat(removed.err()).isEmpty();
        assertThat(removed.out())
                .contains("Kafka: delete topic shop.changes.main\n")
                .contains("Kafka: delete topic shop.changes.public.notes\n")
                .contains("Kafka: delete topic shop.table.public.users\n")
                .contains("Kafka: forget consumer group shop.streams.main.2\n");
        assertThat(target("SELECT count(*) FROM pg_namespace WHERE nspname = 'sluice'"))
                .containsExactly("0");
        assertThat(target("SELECT count(*) FROM orders")).containsExactly("3");
    }

    @Test
    void rowsThatWaitKeepTheirLaneFromBeingMigrated() throws Exception {
        configure("");
        source("INSERT INTO orders VALUES (13, 99, NULL)");
        assertThat(sluice("run", "--until-caught-up").exitCode()).isEqualTo(7);
        configure("lanes: by-foreign-key\n");
        Cli.Result refused = sluice("lanes", "migrate");
        assertThat(refused.exitCode()).as(refused.err()).isEqualTo(8);
        assertThat(refused.err()).contains("public.orders (1 waiting, 0 stale, 0 held)");
        assertThat(target(LANES)).containsExactly("main");
        configure("");
        source("INSERT INTO users VALUES (99, 'late')");
        movesEverything();
    }
}
