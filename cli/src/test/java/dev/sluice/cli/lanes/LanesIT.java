package dev.sluice.cli.lanes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.cli.Cli;
import dev.sluice.cli.Sources;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.stations.PipelineLease;
import dev.sluice.cli.stations.Stations;
import dev.sluice.embedded.LocalPostgres;
import dev.sluice.producers.api.ProgressStore;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Topics;
import dev.sluice.schemas.progress.LaneProgress;
import dev.sluice.schemas.progress.ProducerProgress;
import dev.sluice.schemas.progress.ProgressCodec;
import dev.sluice.sinks.postgresql.control.InstanceLease;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.database.TargetSettings;
import java.nio.charset.StandardCharsets;
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
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
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
        withStations((configuration, stations) -> {
            Runnable killed = () -> {
                throw new IllegalStateException("killed");
            };
            migrate(configuration, stations, killed);
        });
    }

    private static void migrate(Configuration configuration, Stations stations, Runnable between) {
        try (PipelineLease lease = PipelineLease.of(stations, configuration)) {
            new Migration(configuration, Sources.of(configuration), stations, lease, InstantSource.system(), between)
                    .run();
        }
    }

    private void withStations(BiConsumer<Configuration, Stations> use) {
        Configuration configuration = Configuration.load(directory.resolve("sluice.yaml"));
        try (Stations stations = Stations.open(configuration, directory.resolve("data"), InstantSource.system())) {
            use.accept(configuration, stations);
        }
    }

    @Test
    void aPublisherThatWasStoppedInsideATransactionKeepsItsLanesFromBeingMigrated() throws Exception {
        configure("");
        movesEverything();
        configure("lanes: by-foreign-key\n");
        withStations((configuration, stations) -> {
            leaveOpen(stations);
            assertThatThrownBy(() -> migrate(configuration, stations, () -> {}))
                    .isInstanceOfSatisfying(
                            SluiceException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                    .hasMessageContaining("stopped inside a transaction of the source");
        });
        assertThat(target(LANES)).containsExactly("main");
    }

    /** As a publisher leaves it that has published a transaction's first event. */
    private static void leaveOpen(Stations stations) {
        ProducerProgress now = ProgressStore.read(stations.kafka(), "shop").orElseThrow();
        LaneProgress main = now.lanes().get("main");
        ProducerProgress open = new ProducerProgress(
                now.pipelineId(),
                now.position(),
                new TreeMap<>(Map.of("main", new LaneProgress(main.nextSequence() + 1, 1, main.tables()))),
                now.past(),
                now.snapshots(),
                now.signalsOffset());
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(stations.kafka(), new ByteArraySerializer(), new ByteArraySerializer())) {
            var unused = producer.send(new ProducerRecord<>(
                    new Topics("shop").producerProgress(),
                    0,
                    "shop".getBytes(StandardCharsets.UTF_8),
                    ProgressCodec.encode(open)));
        }
    }

    @Test
    void aProcessOfAnOlderVersionIsNotRunBeside() throws Exception {
        configure("");
        movesEverything();
        try (TargetDatabase database = TargetDatabase.open(TargetSettings.of(target), "shop", InstantSource.system());
                InstanceLease older = InstanceLease.acquire(database, "shop", "instance", "older", false, e -> {})) {
            assertThat(older).isNotNull();
            Cli.Result refused = sluice("run", "--until-caught-up");
            assertThat(refused.exitCode()).as(refused.err()).isEqualTo(8);
            assertThat(refused.err()).contains("instance older");
        }
        change(
                "INSERT INTO sluice.instances VALUES ('shop', 'instance', 'dead', 'elsewhere', 1, now() - interval '1 day')");
        movesEverything();
        assertThat(target("SELECT role FROM sluice.instances")).isEmpty();
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

    @Test
    void aTableThatJoinsALaneByAForeignKeyIsRefusedUntilTheLaneIsMigrated() throws Exception {
        configure("");
        movesEverything();
        joined();
        refusedUntilMigrated("lane main was written under other foreign keys");
        assertThat(target("SELECT table_name FROM sluice.tables ORDER BY 1"))
                .as("nothing is prepared")
                .containsExactly("public.notes", "public.orders", "public.users");
        succeeded(sluice("lanes", "migrate"));
        assertThat(target(LANES)).containsExactly("main.2");
        movesEverything();
        source("INSERT INTO items VALUES (3, 12)", "INSERT INTO orders VALUES (12, 1, NULL)");
        source("DELETE FROM orders WHERE id = 10", "DELETE FROM items WHERE id = 1");
        movesEverything();
        assertThat(target("SELECT id FROM items ORDER BY 1")).containsExactly("2", "3");

        configure("tables: {exclude: [items]}\n");
        assertThat(sluice("check").exitCode()).isEqualTo(8);
        Cli.Result forgotten = sluice("run", "--until-caught-up");
        assertThat(forgotten.exitCode()).as(forgotten.err()).isEqualTo(8);
        assertThat(forgotten.err()).contains("Capture public.items again");
        Cli.Result left = sluice("lanes", "migrate");
        assertThat(left.exitCode()).as(left.err()).isEqualTo(8);
        assertThat(left.err()).contains("table public.items").contains("Capture it again");
        configure("");
        movesEverything();
    }

    private void joined() throws SQLException {
        source(
                "CREATE TABLE items (id INTEGER PRIMARY KEY, order_id INTEGER)",
                "INSERT INTO items VALUES (1, 10), (2, 11)");
        change("CREATE TABLE items (id bigint PRIMARY KEY, order_id bigint REFERENCES orders)");
    }

    private void change(String ddl) throws SQLException {
        try (Connection connection = DriverManager.getConnection(target);
                Statement statement = connection.createStatement()) {
            statement.execute(ddl);
        }
    }

    @Test
    void aChangedForeignKeyIsRefusedBeforeAnythingIsPublished() throws Exception {
        configure("");
        movesEverything();
        change("ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey");
        source("INSERT INTO notes VALUES (5, 'not yet')");
        for (String command : List.of("check", "prepare")) {
            Cli.Result refused = sluice(command);
            assertThat(refused.exitCode()).as(refused.err()).isEqualTo(8);
            assertThat(refused.out() + refused.err())
                    .contains("lane main was written under other foreign keys")
                    .contains("orders_user_id_fkey");
        }
        assertThat(sluice("lanes", "migrate").exitCode()).isEqualTo(8);
        change("ALTER TABLE orders ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users");
        movesEverything();
        source("CREATE TABLE remarks (id INTEGER PRIMARY KEY, note_id INTEGER)");
        change("CREATE TABLE remarks (id bigint PRIMARY KEY, note_id bigint REFERENCES notes)");
        assertThat(sluice("run", "--until-caught-up").exitCode()).isEqualTo(8);
        Cli.Result unknown = sluice("lanes", "migrate");
        assertThat(unknown.exitCode()).isEqualTo(8);
        assertThat(unknown.err())
                .as("the rows of notes were never counted")
                .contains("the new lane needs key", "notes");
        configure("tables: {exclude: [remarks]}\n");
        movesEverything();
    }

    @Test
    void newTablesMayHaveRulesOfTheirOwn() throws Exception {
        configure("lanes: by-foreign-key\n");
        movesEverything();
        source(
                "CREATE TABLE a (id INTEGER PRIMARY KEY)",
                "CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INTEGER)",
                "INSERT INTO a VALUES (1)",
                "INSERT INTO b VALUES (1, 1)");
        change("CREATE TABLE a (id bigint PRIMARY KEY)");
        change("CREATE TABLE b (id bigint PRIMARY KEY, a_id bigint REFERENCES a)");
        configure("lanes: by-foreign-key\nforeign-keys: {b: {b_a_id_fkey: {on-orphan: evict}}}\n");
        refusedUntilMigrated("lane public.a is new");
        succeeded(sluice("lanes", "migrate"));
        movesEverything();
        source("DELETE FROM a");
        assertThat(sluice("run", "--until-caught-up").exitCode()).isEqualTo(7);
        assertThat(target("SELECT count(*) FROM b")).containsExactly("0");
    }
}
