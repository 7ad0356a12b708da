package dev.sluice.sinks.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.embedded.RestartableKafka;
import dev.sluice.sinks.postgresql.apply.FaultPoints;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import javax.management.JMException;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The brokers are away for a while. */
@Execution(ExecutionMode.CONCURRENT)
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
