package dev.sluice.cli.lanes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.cli.Cli;
import dev.sluice.cli.Sources;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.stations.PipelineLease;
import dev.sluice.cli.stations.Stations;
import dev.sluice.embedded.LocalPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** One pipeline whose tables are in one lane, then in two, then in one again. Kafka is embedded, the target a PostgreSQL of its own. */
@Execution(ExecutionMode.CONCURRENT)
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
                .contains("Kafka: delete topic shop.streams.main.2-lane-changelog\n");
        assertThat(target("SELECT count(*) FROM pg_namespace WHERE nspname = 'sluice'"))
                .containsExactly("0");
        assertThat(target("SELECT count(*) FROM orders")).containsExactly("3");
    }

    @Test
    void aMigrationThatWasKilledBetweenItsTransactionsIsFinishedByTheNext() throws Exception {
        configure("");
        movesEverything();
        configure("lanes: by-foreign-key\n");
        assertThatThrownBy(this::migrateHalfWay).hasMessage("killed");
        assertThat(target(LANES)).containsExactly("main");
        assertThat(sluice("run", "--until-caught-up").exitCode()).isEqualTo(8);
        configure("");
        Cli.Result back = sluice("run", "--until-caught-up");
        assertThat(back.exitCode()).as("the old layout is no more either").isEqualTo(8);
        assertThat(back.err()).contains("sluice lanes migrate");
        configure("lanes: by-foreign-key\n");
        succeeded(sluice("lanes", "migrate"));
        assertThat(target(LANES)).containsExactly("public.notes", "public.orders");
        source("DELETE FROM orders", "DELETE FROM users WHERE id = 1");
        movesEverything();
    }

    private void migrateHalfWay() {
        InstantSource clock = InstantSource.system();
        Configuration configuration = Configuration.load(directory.resolve("sluice.yaml"));
        try (Stations stations = Stations.open(configuration, directory.resolve("data"), clock);
                PipelineLease lease = PipelineLease.of(stations, configuration)) {
            Runnable killed = () -> {
                throw new IllegalStateException("killed");
            };
            new Migration(configuration, Sources.of(configuration), stations, lease, clock, killed).run();
        }
    }

    @Test
    void rulesForForeignKeysReachTheTopology() throws Exception {
        configure("foreign-keys: {orders: {orders_user_id_fkey: {on-orphan: evict}}}\n");
        assertThat(sluice("check").exitCode()).as("SQLite can read keys again").isZero();
        configure("foreign-keys: {orders: {orders_user_fkey: {on-orphan: wait}}}\n");
        Cli.Result unknown = sluice("check");
        assertThat(unknown.exitCode()).isEqualTo(2);
        assertThat(unknown.out()).contains("did you mean 'orders_user_id_fkey'?");
        configure("foreign-keys: {default: {on-orphan: quarantine}}\n");
        source("INSERT INTO orders VALUES (13, 99, NULL)");
        assertThat(sluice("run", "--until-caught-up").exitCode()).isEqualTo(7);
        assertThat(target("SELECT reason FROM sluice.dead_letters WHERE state = 'open'"))
                .containsExactly("orphan");
        assertThat(target("SELECT count(*) FROM sluice.waiting")).containsExactly("0");
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
