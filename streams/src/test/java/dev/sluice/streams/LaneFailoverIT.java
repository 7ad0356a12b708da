package dev.sluice.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.embedded.EmbeddedKafka;
import dev.sluice.embedded.LocalSchemaRegistry;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.event.EventReader;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.registry.ConfluentSchemaRegistry;
import dev.sluice.schemas.registry.SchemaRegistry;
import dev.sluice.streams.gate.ForeignKeyRules;
import dev.sluice.streams.testing.LaneTopics;
import dev.sluice.streams.testing.Postgres;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Lanes whose process is killed with {@code kill -9}. */
@Execution(ExecutionMode.CONCURRENT)
class LaneFailoverIT {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final int BLOCKS = 30;
    private static final int CITIES = 1_000;
    private static final int EVENTS = BLOCKS * (CITIES + 1);

    @TempDir
    private static Path home;

    private static EmbeddedKafka kafka;
    private static LocalSchemaRegistry registryServer;

    @TempDir
    private Path dir;

    private final SchemaRegistry registry = ConfluentSchemaRegistry.connect(registryServer.url(), Map.of());
    private final AtomicReference<SluiceException> told = new AtomicReference<>();

    @BeforeAll
    static void startServers() {
        kafka = EmbeddedKafka.start(home.resolve("kafka"));
        registryServer = LocalSchemaRegistry.start(home.resolve("registry"));
    }

    @AfterAll
    static void stopServers() {
        kafka.close();
        registryServer.close();
    }

    private Process child(String pipeline, String member, int standbyReplicas) throws Exception {
        return LaneChild.start(
                pipeline, dir.resolve(member), kafka.bootstrapServers(), standbyReplicas, registryServer.url());
    }

    private LaneRunner runner(String pipeline, String member, int standbyReplicas, LaneMeter meter) {
        return LaneRunner.start(
                LaneChild.settings(pipeline, dir.resolve(member), kafka.bootstrapServers(), standbyReplicas),
                LaneChild.CATALOG,
                ForeignKeyRules.NONE,
                registry,
                told::set,
                meter);
    }

    private static void kill(Process child) throws InterruptedException {
        child.destroyForcibly().waitFor();
    }

    /** In blocks of waiting cities, so that state from before the kill decides what comes after it. */
    private static void publish(LaneTopics topics, int fromBlock, int toBlock) {
        for (int block = fromBlock; block < toBlock; block++) {
            topics.publish(LaneChild.citiesFirst(1L + (long) block * (CITIES + 1), block, CITIES));
        }
    }

    private void requireAll(LaneTopics topics) {
        Postgres postgres = new Postgres(LaneChild.CATALOG, EventReader.of(registry), 1);
        List<ConsumerRecord<byte[], byte[]>> ordered = topics.readOrdered();
        ordered.forEach(r -> postgres.apply(OrderedHeader.of(r.headers()), r.value()));
        assertThat(ordered.stream().filter(r -> !OrderedHeader.of(r.headers()).isRelease()))
                .hasSize(EVENTS);
        assertThat(postgres.rows(LaneChild.CITIES)).hasSize(BLOCKS * CITIES);
        assertThat(postgres.rows(LaneChild.REGIONS)).hasSize(BLOCKS);
        assertThat(postgres.waiting()).isEmpty();
        assertThat(told).hasNullValue();
    }

    private static boolean isDone(LaneRunner runner) {
        LaneStatus status = runner.status();
        return status.nextSequence() == EVENTS + 1 && status.waiting() == 0 && !status.hasWork();
    }

    @Test
    void aLaneThatIsKilledInTheMiddleGoesOnWhereItWas() throws Exception {
        try (LaneTopics topics = LaneTopics.create(kafka.bootstrapServers(), "killed", registry)) {
            publish(topics, 0, BLOCKS);
            Process child = child("killed", "one", 0);
            topics.await(PATIENCE, () -> topics.orderedEnd() > 0);
            kill(child);
            int before = topics.readOrdered().size();
            assertThat(before).isBetween(1, EVENTS - 1);

            try (LaneRunner runner = runner("killed", "one", 0, new LaneMeter())) {
                topics.await(PATIENCE, () -> isDone(runner) || told.get() != null);
            }
            requireAll(topics);
        }
    }

    @Test
    void anotherInstanceTakesALostOnesLaneOver() throws Exception {
        try (LaneTopics topics = LaneTopics.create(kafka.bootstrapServers(), "lost", registry)) {
            publish(topics, 0, BLOCKS);
            Process child = child("lost", "one", 0);
            LaneMeter meter = new LaneMeter();
            topics.await(PATIENCE, () -> topics.orderedEnd() > 0);
            try (LaneRunner runner = runner("lost", "two", 0, meter)) {
                kill(child);
                assertThat(topics.readOrdered().size()).isBetween(1, EVENTS - 1);
                topics.await(PATIENCE, () -> isDone(runner) || told.get() != null);
                assertThat(meter.restored()).isPositive();
            }
            requireAll(topics);
        }
    }

    @Test
    void aStandbyTakesOverWithoutReadingTheChangelogAgain() throws Exception {
        try (LaneTopics topics = LaneTopics.create(kafka.bootstrapServers(), "standby", registry)) {
            publish(topics, 0, BLOCKS - 1);
            Process child = child("standby", "one", 1);
            topics.await(PATIENCE, () -> topics.orderedEnd() > 0);
            LaneMeter meter = new LaneMeter();
            try (LaneRunner runner = runner("standby", "two", 1, meter)) {
                // Whatever commits hold, every city is an entry.
                topics.await(PATIENCE, () -> meter.followed() > (long) CITIES * (BLOCKS - 1) && meter.isFollowing());
                assertThat(runner.status().nextSequence()).isZero();
                kill(child);
                publish(topics, BLOCKS - 1, BLOCKS);
                topics.await(PATIENCE, () -> isDone(runner) || told.get() != null);
                assertThat(meter.restored()).isLessThan(meter.followed() / 10);
            }
            requireAll(topics);
        }
    }
}
