package dev.sluice.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.cli.Main;
import dev.sluice.cli.Sources;
import dev.sluice.cli.config.Configuration;
import dev.sluice.cli.prepare.Preparation;
import dev.sluice.cli.stations.PipelineLease;
import dev.sluice.cli.stations.Stations;
import dev.sluice.embedded.EmbeddedKafka;
import dev.sluice.embedded.LocalPostgres;
import dev.sluice.embedded.LocalSchemaRegistry;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.Topics;
import dev.sluice.sinks.postgresql.SinkStatus;
import java.net.URI;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What may befall a pipeline, with Kafka, registry and PostgreSQL that other processes reach too. */
@Execution(ExecutionMode.CONCURRENT)
final class FaultsIT {
    private static final InstantSource CLOCK = InstantSource.system();
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    @TempDir
    private static Path shared;

    private static EmbeddedKafka kafka;
    private static LocalSchemaRegistry registry;
    private static final AtomicInteger PIPELINES = new AtomicInteger();

    @TempDir
    private Path directory;

    private String name;
    private String target;

    @BeforeAll
    static void startStations() {
        kafka = EmbeddedKafka.start(shared.resolve("kafka"));
        registry = LocalSchemaRegistry.start(shared.resolve("registry"));
    }

    @AfterAll
    static void stopStations() {
        registry.close();
        kafka.close();
    }

    @BeforeEach
    void makePlaces() throws Exception {
        name = "shop" + PIPELINES.incrementAndGet();
        target = LocalPostgres.temporary().createDatabase();
        source(
                "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)",
                "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)",
                "INSERT INTO users VALUES (1, 'Ada')",
                "INSERT INTO notes VALUES (1, 'first')");
        Files.writeString(
                directory.resolve("schema.sql"),
                "CREATE TABLE users (id bigint PRIMARY KEY, name text); CREATE TABLE notes (id bigint PRIMARY KEY, text text)");
    }

    private void source(String... statements) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("shop.db"));
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private long count(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(target);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(target);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private Configuration configure(String address, String tables) throws Exception {
        return Configuration.load(Files.writeString(directory.resolve("sluice.yaml"), """
                pipeline: %s
                source: {url: "sqlite:shop.db"}
                kafka: {bootstrap-servers: "%s", properties: {client.id: shop}}
                schema-registry: {url: "%s"}
                target: {url: "%s", ddl: schema.sql}
                tables: %s
                """.formatted(
                        name, kafka.bootstrapServers(), registry.url(), address, tables)));
    }

    private Pipeline start(Configuration configuration, String place, boolean takeOver) {
        return Pipeline.start(configuration, directory.resolve(place), takeOver, CLOCK);
    }

    private static AbstractThrowableAssert<?, ?> refused(ThrowingCallable call) {
        return assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        SluiceException.class,
                        e -> assertThat(e.kind()).as(e.getMessage()).isEqualTo(ErrorKind.REFUSED));
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

    private static void awaitCaughtUp(Pipeline pipeline) throws Exception {
        CaughtUp caughtUp = new CaughtUp(CLOCK);
        await(pipeline, () -> caughtUp.test(pipeline.latestStatus()));
    }

    @Test
    void aSecondRunIsRefusedUnlessItTakesOver() throws Exception {
        Configuration configuration = configure(target, "{}");
        Pipeline first = start(configuration, "one", false);
        try {
            refused(() -> start(configuration, "two", false))
                    .hasMessageContaining("already has a running publisher")
                    .hasMessageContaining("--take-over");
            try (Pipeline second = start(configuration, "two", true)) {
                refused(() -> first.awaitEnd(DEADLINE));
                first.close();
                awaitCaughtUp(second);
            }
        } finally {
            first.close();
        }
    }

    @Test
    void whoeverIsTakenOverSaysSoWhateverFailsFirst() throws Exception {
        try (Pipeline pipeline = start(configure(target, "{}"), "one", false)) {
            awaitCaughtUp(pipeline);
            execute("UPDATE sluice.instances SET instance = 'another', host = 'elsewhere'");
            spoil(new Topics(name).changes(Topics.MAIN_LANE));
            refused(() -> pipeline.awaitEnd(DEADLINE)).hasMessageContaining("was taken over by process");
            refused(pipeline::requireEveryLane);
        }
    }

    @Test
    void aLaneThatStopsByItselfStopsAloneAndSaysWhy() throws Exception {
        Configuration configuration = configure(target, "{}\nlanes: by-foreign-key");
        try (Pipeline pipeline = start(configuration, "one", false)) {
            awaitCaughtUp(pipeline);
            spoil(new Topics(name).changes("public.notes"));
            await(pipeline, () -> pipeline.latestStatus().trouble().isPresent());
            assertThat(pipeline.latestStatus().trouble().orElseThrow()).startsWith("lane public.notes has stopped: ");
            source("INSERT INTO users VALUES (2, 'Bob')", "INSERT INTO notes VALUES (2, 'second')");
            await(pipeline, () -> count("SELECT count(*) FROM users") == 2);
            assertThat(count("SELECT count(*) FROM notes")).isOne();
            String stopped =
                    "SELECT count(*) FROM sluice.lanes WHERE lane = 'public.notes' AND state = 'stopped' AND message <> ''";
            await(pipeline, () -> count(stopped) == 1);
            assertThat(count("SELECT count(*) FROM sluice.lanes WHERE state = 'running'"))
                    .isOne();
            assertThat(pipeline.awaitEnd(Duration.ZERO)).isFalse();
            assertThatThrownBy(pipeline::requireEveryLane).isInstanceOf(SluiceException.class);
        }
    }

    /** A record that nobody can have meant. */
    private static void spoil(String topic) {
        ByteArraySerializer serializer = new ByteArraySerializer();
        Map<String, Object> settings = Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrapServers());
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings, serializer, serializer)) {
            var unused = producer.send(new ProducerRecord<>(topic, new byte[] {1}, new byte[] {1}));
        }
    }

    @Test
    void anOutageOfTheTargetIsWaitedOutAndShown() throws Exception {
        int server = URI.create(target.substring("jdbc:".length())).getPort();
        try (Entrance entrance = new Entrance(server)) {
            String address = target.replace(":" + server + "/", ":" + entrance.port() + "/");
            try (Pipeline pipeline = start(configure(address, "{}"), "one", false)) {
                awaitCaughtUp(pipeline);
                entrance.shut();
                source("INSERT INTO users VALUES (2, 'Bob')");
                await(
                        pipeline,
                        () -> pipeline.latestStatus().targetProblem() != null
                                && waitsForTarget(pipeline.latestStatus()));
                assertThat(pipeline.latestStatus().trouble().orElseThrow()).startsWith("waiting for the target: ");
                entrance.reopen();
                await(pipeline, () -> count("SELECT count(*) FROM users") == 2);
                await(pipeline, () -> pipeline.latestStatus().trouble().isEmpty());
                // Closing tells nobody, and neither fails nor takes long.
                entrance.shut();
            }
        }
    }

    private static boolean waitsForTarget(Snapshot snapshot) {
        SinkStatus sink = snapshot.lanes().get(0).sink();
        return sink != null && sink.state() == SinkStatus.State.WAITING_FOR_TARGET;
    }

    @Test
    void aCrashInTheVeryFirstKafkaTransactionIsNoLoss() throws Exception {
        Configuration configuration = configure(target, "{}");
        try (Stations stations = Stations.open(configuration, directory.resolve("one"), CLOCK);
                PipelineLease lease = PipelineLease.of(stations, configuration)) {
            new Preparation(configuration, Sources.of(configuration), stations, CLOCK).prepare(lease);
            abortTransaction(stations.kafka(), new Topics(name).changes(Topics.MAIN_LANE));
        }
        try (Pipeline pipeline = start(configuration, "one", false)) {
            awaitCaughtUp(pipeline);
            assertThat(count("SELECT count(*) FROM users")).isOne();
        }
    }

    private static void abortTransaction(Map<String, Object> properties, String topic) {
        Map<String, Object> settings = new HashMap<>(properties);
        settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, "aborted-" + topic);
        ByteArraySerializer serializer = new ByteArraySerializer();
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings, serializer, serializer)) {
            producer.initTransactions();
            producer.beginTransaction();
            var unused = producer.send(new ProducerRecord<>(topic, new byte[] {1}, new byte[] {1}));
            producer.flush();
            producer.abortTransaction();
        }
    }

    @Test
    void nothingIsChangedUnderARunningPipeline() throws Exception {
        Configuration all = configure(target, "{}");
        try (Pipeline first = start(all, "one", false)) {
            awaitCaughtUp(first);
            assertThat(sluice("prepare")).isZero();
            Configuration fewer = configure(target, "{include: [users]}");
            refused(() -> start(fewer, "two", false)).hasMessageContaining("already has a running publisher");
            assertThat(sluice("prepare")).isEqualTo(8);
            assertThat(sluice("remove", "--yes")).isEqualTo(8);
            source("INSERT INTO notes VALUES (2, 'second')");
            await(first, () -> count("SELECT count(*) FROM notes") == 2);
        }
        assertThat(sluice("prepare")).isZero();
        assertThat(count("SELECT count(*) FROM sluice.instances")).isZero();
        try (Pipeline fewer = start(configure(target, "{include: [users]}"), "two", false)) {
            awaitCaughtUp(fewer);
        }
    }

    private int sluice(String command, String... options) {
        List<String> arguments = new ArrayList<>(
                List.of(command, "-c", directory.resolve("sluice.yaml").toString()));
        arguments.addAll(List.of("--data-dir", directory.resolve("three").toString()));
        arguments.addAll(List.of(options));
        return Main.run(arguments.toArray(String[]::new));
    }
}
