package dev.sluice.sinks.postgresql;

import dev.sluice.embedded.EmbeddedKafka;
import dev.sluice.embedded.LocalPostgres;
import dev.sluice.schemas.Position;
import dev.sluice.schemas.Topics;
import dev.sluice.schemas.event.Change;
import dev.sluice.schemas.event.Control;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.EventWriter;
import dev.sluice.schemas.event.Op;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.event.Outcome;
import dev.sluice.schemas.event.Rejected;
import dev.sluice.schemas.event.Source;
import dev.sluice.schemas.event.Transaction;
import dev.sluice.schemas.registry.InMemorySchemaRegistry;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Table;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.apply.FaultPoints;
import dev.sluice.sinks.postgresql.catalog.TargetCatalog;
import dev.sluice.sinks.postgresql.catalog.TargetColumn;
import dev.sluice.sinks.postgresql.control.PreparationRequest;
import dev.sluice.sinks.postgresql.control.TargetPreparation;
import dev.sluice.sinks.postgresql.database.RetryPolicy;
import dev.sluice.sinks.postgresql.database.TargetDatabase;
import dev.sluice.sinks.postgresql.database.TargetSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** A pipeline of its own on real servers: a database, an ordered topic that the test writes, and sinks to apply it. */
final class TestLane implements AutoCloseable {
    static final String PIPELINE_ID = "incarnation-1";

    private static final AtomicInteger NUMBERS = new AtomicInteger();
    private static final long COMMIT_MILLIS = 1_700_000_000_000L;
    private static @Nullable EmbeddedKafka kafka;

    final String pipeline = "test" + NUMBERS.incrementAndGet();
    final String topic = new Topics(pipeline).ordered(Topics.MAIN_LANE);
    final TargetDatabase database;
    final String jdbcUrl;
    private final String bootstrapServers;
    private final InMemorySchemaRegistry registry = new InMemorySchemaRegistry();
    private final EventWriter events = new EventWriter(pipeline, topic, registry);
    private final KafkaProducer<byte[], byte[]> producer;
    private Catalog captured = Catalog.of(List.of());
    private long sequence;
    private volatile long lastOffset = -1;
    private boolean ownsDatabase;

    /** A row's fate in a transaction, without a place in the order yet. */
    interface Draft {
        Event at(Source source, Transaction transaction);
    }

    /** In a database of its own. */
    static TestLane with(String... ddl) {
        TestLane lane = at(LocalPostgres.temporary().createDatabase(), ddl);
        lane.ownsDatabase = true;
        return lane;
    }

    static TestLane at(String jdbcUrl, String... ddl) {
        return at(kafka().bootstrapServers(), jdbcUrl, ddl);
    }

    /** As {@link #with}, with the topic on other brokers. */
    static TestLane over(String bootstrapServers, String... ddl) {
        TestLane lane = at(bootstrapServers, LocalPostgres.temporary().createDatabase(), ddl);
        lane.ownsDatabase = true;
        return lane;
    }

    private static TestLane at(String bootstrapServers, String jdbcUrl, String[] ddl) {
        TestLane lane = new TestLane(bootstrapServers, jdbcUrl);
        Arrays.stream(ddl).forEach(lane::sql);
        return lane;
    }

    private TestLane(String bootstrapServers, String jdbcUrl) {
        this.bootstrapServers = bootstrapServers;
        this.jdbcUrl = jdbcUrl;
        database = TargetDatabase.open(TargetSettings.of(jdbcUrl), pipeline, InstantSource.system());
        producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrapServers, "linger.ms", 5),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        createTopic();
    }

    private static synchronized EmbeddedKafka kafka() {
        if (kafka == null) {
            try {
                kafka = EmbeddedKafka.start(Files.createTempDirectory("sluice-sink-kafka"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            Runtime.getRuntime().addShutdownHook(new Thread(kafka::close));
        }
        return kafka;
    }

    Map<String, Object> kafkaProperties() {
        // A reader that goes to another place waits for the fetch under way.
        return Map.of("bootstrap.servers", bootstrapServers, "fetch.max.wait.ms", 20);
    }

    /** Captures the tables as the target has them now, and prepares. */
    TestLane capture(String... tables) {
        return capture(Set.of(), tables);
    }

    /** As {@link #capture}, some columns of one table. */
    TestLane captureColumns(String table, String... columns) {
        captured = Catalog.of(List.of(TargetCatalog.read(database, List.of("public"))
                .table(TableId.parse(table))
                .orElseThrow()
                .toTable(List.of(columns))));
        Set<String> others = Set.copyOf(
                TargetCatalog.read(database, List.of("public"))
                        .table(TableId.parse(table))
                        .orElseThrow()
                        .columns()
                        .stream()
                        .map(TargetColumn::name)
                        .toList());
        preparation()
                .prepare(
                        PreparationRequest.of(PIPELINE_ID, "test", captured)
                                .deriving(Map.of(TableId.parse(table), others)),
                        false);
        return this;
    }

    /** As {@link #capture}, leaving the shape of the tables alone. */
    TestLane captureUnguarded(String... tables) {
        return capture(Arrays.stream(tables).map(TableId::parse).collect(Collectors.toSet()), tables);
    }

    private TestLane capture(Set<TableId> unguarded, String... tables) {
        TargetCatalog catalog = TargetCatalog.read(database, List.of("public", "Odd Schema"));
        captured = Catalog.of(Arrays.stream(tables)
                .map(name -> catalog.table(TableId.parse(name)).orElseThrow().toTable())
                .toList());
        preparation()
                .prepare(PreparationRequest.of(PIPELINE_ID, "test", captured).unguarded(unguarded), false);
        return this;
    }

    TargetPreparation preparation() {
        return new TargetPreparation(database, pipeline, InstantSource.system());
    }

    Catalog captured() {
        return captured;
    }

    Table table(String name) {
        return captured.table(TableId.parse(name)).orElseThrow();
    }

    InMemorySchemaRegistry registry() {
        return registry;
    }

    // --- drafts

    Draft create(String table, @Nullable Object... row) {
        return upsert(Op.CREATE, table, Set.of(), row);
    }

    Draft update(String table, @Nullable Object... row) {
        return upsert(Op.UPDATE, table, Set.of(), row);
    }

    Draft read(String table, @Nullable Object... row) {
        return upsert(Op.READ, table, Set.of(), row);
    }

    Draft partial(String table, Set<String> unchanged, @Nullable Object... row) {
        return upsert(Op.UPDATE, table, unchanged, row);
    }

    private Draft upsert(Op op, String table, Set<String> unchanged, @Nullable Object... row) {
        return (source, transaction) ->
                new Change(table(table), op, null, row, unchanged, source, transaction, COMMIT_MILLIS);
    }

    /** A delete by the first columns, which are the key. */
    Draft delete(String table, Object... key) {
        Table definition = table(table);
        @Nullable Object[] before = new @Nullable Object[definition.columns().size()];
        int[] indexes = definition.keyIndexes();
        for (int i = 0; i < key.length; i++) {
            before[indexes[i]] = key[i];
        }
        return (source, transaction) ->
                new Change(definition, Op.DELETE, before, null, Set.of(), source, transaction, COMMIT_MILLIS);
    }

    Draft truncate(String table) {
        return (source, transaction) ->
                new Change(table(table), Op.TRUNCATE, null, null, Set.of(), source, transaction, COMMIT_MILLIS);
    }

    Draft rejected(String table, String key, String reason) {
        return (source, transaction) -> new Rejected(
                TableId.parse(table),
                Op.CREATE,
                key,
                "v",
                reason,
                "the value is not one",
                new byte[] {1, 2},
                "test/1",
                source,
                transaction,
                COMMIT_MILLIS);
    }

    Draft control(Control.Kind kind, @Nullable String table, Map<String, String> attributes) {
        return (source, transaction) -> new Control(
                kind,
                null,
                table == null ? null : TableId.parse(table),
                attributes,
                source,
                transaction,
                COMMIT_MILLIS);
    }

    // --- records

    /** One source transaction whose changes are all applied. */
    TestLane transaction(Draft... drafts) {
        for (int i = 0; i < drafts.length; i++) {
            boolean last = i == drafts.length - 1;
            append(Outcome.APPLY, last, false, false, null, drafts[i]);
        }
        return this;
    }

    /** One own record under the next sequence. */
    TestLane append(
            Outcome outcome, boolean last, boolean more, boolean settles, @Nullable String reason, Draft draft) {
        sequence++;
        Event event = draft.at(source(sequence, PIPELINE_ID), place(last));
        Outcome said = event instanceof Change ? outcome : Outcome.CONTROL;
        send(new OrderedHeader(said, last, more, settles, sequence, sequence, reason), event);
        return this;
    }

    /** A record that was decided earlier and stands under the newest sequence. */
    TestLane release(long origin, Outcome outcome, boolean settles, Draft draft) {
        send(
                new OrderedHeader(outcome, true, false, settles, sequence, origin, null),
                draft.at(source(origin, PIPELINE_ID), place(true)));
        return this;
    }

    /** Releases that are applied as one, under a sequence of their own. */
    TestLane together(Draft... drafts) {
        heartbeat(true);
        for (int i = 0; i < drafts.length; i++) {
            boolean more = i < drafts.length - 1;
            send(
                    new OrderedHeader(Outcome.APPLY, true, more, false, sequence, sequence, null, true, more),
                    drafts[i].at(source(sequence, PIPELINE_ID), place(true)));
        }
        return this;
    }

    private void heartbeat(boolean more) {
        append(Outcome.CONTROL, true, more, false, null, control(Control.Kind.HEARTBEAT, null, Map.of()));
    }

    void send(OrderedHeader header, Event event) {
        ProducerRecord<byte[], byte[]> outgoing =
                new ProducerRecord<>(topic, 0, events.key(event), events.value(event));
        outgoing.headers().add(OrderedHeader.NAME, header.encode());
        Future<RecordMetadata> unused =
                producer.send(outgoing, (RecordMetadata metadata, @Nullable Exception failure) -> {
                    if (failure == null) {
                        lastOffset = metadata.offset();
                    }
                });
    }

    /** An offset of the topic at which no committed record stands, as a transaction leaves them. */
    long hole() {
        lastOffset();
        Map<String, Object> properties =
                Map.of("bootstrap.servers", bootstrapServers, "transactional.id", "hole-" + pipeline);
        try (KafkaProducer<byte[], byte[]> writer =
                new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
            writer.initTransactions();
            writer.beginTransaction();
            long offset = writer.send(new ProducerRecord<>(topic, 0, new byte[1], new byte[1]))
                    .get()
                    .offset();
            writer.abortTransaction();
            return offset;
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    Source source(long place, String pipelineId) {
        return new Source(pipelineId, "test", "test", place, Position.of(new byte[] {1}), COMMIT_MILLIS + place, false);
    }

    static Source snapshot(Source source) {
        return new Source(
                source.pipelineId(),
                source.connector(),
                source.database(),
                source.sequence(),
                source.position(),
                source.commitMillis(),
                true);
    }

    /** The draft as a row of a snapshot. */
    static Draft inSnapshot(Draft draft) {
        return (source, transaction) -> draft.at(snapshot(source), transaction);
    }

    static Transaction place(boolean last) {
        return new Transaction("t", 1, 1, last);
    }

    long sequence() {
        return sequence;
    }

    void sequence(long next) {
        sequence = next;
    }

    void createTopic() {
        try (Admin admin = Admin.create(kafkaProperties())) {
            admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
            await("topic " + topic + " to be known", () -> topicNames(admin).contains(topic));
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    void deleteTopic() {
        try (Admin admin = Admin.create(kafkaProperties())) {
            admin.deleteTopics(List.of(topic)).all().get();
            await("topic " + topic + " to be gone", () -> !topicNames(admin).contains(topic));
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    void deleteRecordsBefore(long offset) {
        try (Admin admin = Admin.create(kafkaProperties())) {
            admin.deleteRecords(Map.of(
                            new TopicPartition(topic, 0),
                            org.apache.kafka.clients.admin.RecordsToDelete.beforeOffset(offset)))
                    .all()
                    .get();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Set<String> topicNames(Admin admin) {
        try {
            return admin.listTopics().names().get();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    // --- sinks

    SinkSettings settings() {
        return SinkSettings.of(pipeline);
    }

    /** Like the one for every day, but it looks again soon. */
    private static final RetryPolicy RETRY =
            new RetryPolicy(Duration.ofMinutes(1), Duration.ofMillis(5), Duration.ofMillis(100));

    SinkSettings settings(int batchRows) {
        return new SinkSettings(pipeline, Topics.MAIN_LANE, batchRows, 1 << 20, Duration.ofMillis(200), RETRY);
    }

    /** Gives up at the first failure of the connection. */
    SinkSettings impatient() {
        RetryPolicy none = new RetryPolicy(Duration.ZERO, Duration.ZERO, Duration.ZERO);
        return new SinkSettings(pipeline, Topics.MAIN_LANE, 5_000, 1 << 20, Duration.ofMillis(200), none);
    }

    /** @param more properties of the Kafka client */
    Sink sink(SinkSettings settings, Map<String, Object> more, FaultPoints faults) {
        Map<String, Object> properties = new HashMap<>(kafkaProperties());
        properties.putAll(more);
        return Sink.create(settings, database, captured, registry, properties, InstantSource.system(), faults);
    }

    Sink sink(SinkSettings settings, FaultPoints faults) {
        return Sink.create(settings, database, captured, registry, kafkaProperties(), InstantSource.system(), faults);
    }

    /** Over another way to the same database. */
    Sink sink(SinkSettings settings, TargetDatabase way) {
        return Sink.create(settings, way, captured, registry, kafkaProperties(), InstantSource.system());
    }

    /** Runs in a thread of its own. */
    static CompletableFuture<Void> start(Sink sink) {
        CompletableFuture<Void> end = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                sink.run();
                end.complete(null);
            } catch (Throwable failure) {
                end.completeExceptionally(failure);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return end;
    }

    /** Applies everything that was written so far, with a sink of its own. */
    SinkStatus applyAll() {
        return applyAll(settings());
    }

    SinkStatus applyAll(SinkSettings settings) {
        try (Sink sink = sink(settings, FaultPoints.NONE)) {
            CompletableFuture<Void> end = start(sink);
            awaitApplied(end);
            sink.stop();
            end.join();
            return sink.status();
        }
    }

    void flush() {
        producer.flush();
    }

    long lastOffset() {
        producer.flush();
        return lastOffset;
    }

    boolean applied() {
        return one("SELECT ordered_offset FROM sluice.progress WHERE pipeline = '" + pipeline + "'")
                .equals(String.valueOf(lastOffset));
    }

    void awaitApplied(CompletableFuture<Void> end) {
        producer.flush();
        await("everything to be applied", () -> end.isDone() || applied());
        if (end.isCompletedExceptionally()) {
            end.join();
        }
    }

    static void await(String what, BooleanSupplier condition) {
        await(what, 30, condition);
    }

    static void await(String what, int seconds, BooleanSupplier condition) {
        Instant deadline = Instant.now().plusSeconds(seconds);
        while (!condition.getAsBoolean()) {
            if (Instant.now().isAfter(deadline)) {
                throw new AssertionError("waited " + seconds + " s for " + what);
            }
            try {
                Thread.sleep(5);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Everything that was written so far, and all behind a sequence once more, as after a lost cursor. */
    void applyAgainBehind(long applied) {
        applyAll();
        sql("UPDATE sluice.progress SET sequence = " + applied + ", ordered_offset = -1 WHERE pipeline = '" + pipeline
                + "'");
        applyAll();
    }

    // --- the target

    /** Notes in table {@code acted} every row of the tables that PostgreSQL changes or deletes by itself, because of another one. */
    TestLane watchActions(String... tables) {
        sql("CREATE TABLE acted (name text, op text)");
        sql(
                "CREATE FUNCTION note_action() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                        + " IF pg_trigger_depth() > 1 THEN INSERT INTO acted VALUES (TG_TABLE_NAME, TG_OP); END IF; RETURN NULL; END $$");
        for (String table : tables) {
            sql("CREATE TRIGGER note_action AFTER UPDATE OR DELETE ON " + table
                    + " FOR EACH ROW EXECUTE FUNCTION note_action()");
            sql("ALTER TABLE " + table + " ENABLE ALWAYS TRIGGER note_action");
        }
        return this;
    }

    void sql(String sql) {
        database.withConnectionDo(connection -> {
            try (Statement statement = connection.createStatement()) {
                statement.execute(sql);
            }
        });
    }

    /** Rows, their columns joined by {@code |}. */
    List<String> rows(String sql) {
        return database.withConnection(connection -> {
            try (Statement statement = connection.createStatement();
                    ResultSet result = statement.executeQuery(sql)) {
                List<String> rows = new ArrayList<>();
                while (result.next()) {
                    List<String> values = new ArrayList<>();
                    for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
                        values.add(String.valueOf(result.getString(i)));
                    }
                    rows.add(String.join("|", values));
                }
                return rows;
            }
        });
    }

    String one(String sql) {
        return rows(sql).get(0);
    }

    @Override
    public void close() {
        producer.close();
        database.close();
        if (ownsDatabase) {
            dropDatabase();
        }
    }

    /** A hundred databases that all go at the end take longer than a JVM has for its end. */
    private void dropDatabase() {
        Matcher url = Pattern.compile("(.*/)([^/?]+)(.*)").matcher(jdbcUrl);
        if (!url.matches()) {
            throw new IllegalStateException("not a database's URL: " + jdbcUrl);
        }
        try (Connection connection = DriverManager.getConnection(url.group(1) + "postgres" + url.group(3));
                Statement statement = connection.createStatement()) {
            statement.execute("DROP DATABASE \"" + url.group(2) + "\" WITH (FORCE)");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
