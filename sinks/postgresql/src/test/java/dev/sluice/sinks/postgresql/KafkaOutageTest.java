package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.embedded.RestartableKafka;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.apply.FaultPoints;
import dev.sluice.sinks.postgresql.control.Replays;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.management.JMException;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The brokers are away for a while. */
class KafkaOutageTest {
    @Test
    void theSinkWaitsAndGoesOnExactly(@TempDir Path directory) {
        try (RestartableKafka kafka = new RestartableKafka(directory);
                TestLane lane = TestLane.over(
                                kafka.bootstrapServers(), "CREATE TABLE parents (id bigint PRIMARY KEY, name text)")
                        .capture("parents")) {
            Sink sink = lane.sink(lane.settings(100), FaultPoints.NONE);
            CompletableFuture<Void> end = TestLane.start(sink);
            for (long i = 1; i <= 300; i++) {
                lane.transaction(lane.create("parents", i, "p"));
            }
            lane.awaitApplied(end);
            kafka.stop();
            TestLane.await("the sink to have no connection", () -> connections(lane) == 0);
            assertThat(end).isNotDone();
            assertThat(sink.status().message()).isNull();
            kafka.start();
            for (long i = 301; i <= 600; i++) {
                lane.transaction(lane.create("parents", i, "p"));
            }
            lane.awaitApplied(end);
            sink.stop();
            end.join();
            assertThat(lane.one("SELECT count(*), max(id) FROM parents")).isEqualTo("600|600");
            assertThat(sink.status().rowsApplied()).isEqualTo(600);
        }
    }

    @Test
    void aReplaySaysThatItWaitsForKafkaAndGoesOn(@TempDir Path directory) {
        try (RestartableKafka kafka = new RestartableKafka(directory);
                TestLane lane = TestLane.over(
                                kafka.bootstrapServers(), "CREATE TABLE parents (id bigint PRIMARY KEY, name text)")
                        .capture("parents")) {
            for (long i = 1; i <= 10; i++) {
                lane.transaction(lane.create("parents", i, "p".repeat(100_000)));
            }
            lane.applyAll();
            lane.sql("DELETE FROM parents");
            Replays replays = new Replays(lane.database, lane.pipeline);
            List<Long> id = replays.ask(
                    List.of(new Replays.Request("main", 1, new TreeSet<>(List.of(TableId.parse("parents"))), false)));
            AtomicBoolean stopped = new AtomicBoolean();
            // The rest does not fit into one answer of the broker.
            try (Sink sink =
                    lane.sink(lane.settings(2), Map.of("fetch.max.bytes", 1, "max.partition.fetch.bytes", 1), point -> {
                        if (point.equals("replay lock")
                                && replays.read(id).get(0).done() >= 2
                                && stopped.compareAndSet(false, true)) {
                            kafka.stop();
                        }
                    })) {
                CompletableFuture<Void> end = TestLane.start(sink);
                TestLane.await(
                        "the sink to say that it waits",
                        () -> end.isDone()
                                || String.valueOf(sink.status().message()).contains("waiting for Kafka"));
                assertThat(sink.status().state()).isEqualTo(SinkStatus.State.REPLAYING);
                kafka.start();
                TestLane.await(
                        "the replay to end",
                        () -> end.isDone() || !replays.read(id).get(0).isUnderWay());
                sink.stop();
                end.join();
            }
            assertThat(replays.read(id).get(0).isDone()).isTrue();
            assertThat(lane.one("SELECT count(*) FROM parents")).isEqualTo("10");
        }
    }

    /** Of the sink's consumer. */
    private static int connections(TestLane lane) {
        try {
            ObjectName metrics =
                    new ObjectName("kafka.consumer:type=consumer-metrics,client-id=sluice-sink-" + lane.topic);
            Object count = ManagementFactory.getPlatformMBeanServer().getAttribute(metrics, "connection-count");
            return ((Double) count).intValue();
        } catch (JMException e) {
            throw new IllegalStateException(e);
        }
    }
}
