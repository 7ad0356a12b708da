package dev.sluice.streams.benchmark;

import dev.sluice.embedded.EmbeddedKafka;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.registry.InMemorySchemaRegistry;
import dev.sluice.streams.LaneRunner;
import dev.sluice.streams.LaneSettings;
import dev.sluice.streams.testing.Events;
import dev.sluice.streams.testing.LaneTopics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;

/**
 * From the moment at which the producer appends an event to the moment at which a reader of committed records has its decision, at 1,000 events per
 * second. Producer and lane commit every 20 ms, so either waits 10 ms on average.
 */
final class Latency {
    private static final long NANOS_PER_EVENT = 1_000_000;
    private static final long TRANSACTION_NANOS = LaneSettings.DEFAULT_COMMIT_INTERVAL.toNanos();

    /** Milliseconds. */
    record Result(Workload workload, int events, double p50, double p99, double worst) {}

    private final Workload workload;
    private final int warmUp;
    private final long[] sentAt;
    private final long[] seenAt;

    private Latency(Workload workload, int warmUp) {
        this.workload = workload;
        this.warmUp = warmUp;
        this.sentAt = new long[workload.count() + 1];
        this.seenAt = new long[workload.count() + 1];
    }

    /** @param warmUp events that are not counted */
    static Result measure(Workload workload, int warmUp, Path dir) throws InterruptedException {
        InMemorySchemaRegistry registry = new InMemorySchemaRegistry();
        Latency latency = new Latency(workload, warmUp);
        try (EmbeddedKafka kafka = EmbeddedKafka.start(dir.resolve("kafka"));
                LaneTopics topics = LaneTopics.create(kafka.bootstrapServers(), "latency", registry)) {
            LaneSettings settings = LaneSettings.of(
                            "latency", Events.INCARNATION, "main", 1, dir.resolve("state"), topics.clientProperties())
                    .withReplicationFactor(1);
            try (LaneRunner runner =
                    LaneRunner.start(settings, workload.catalog(), workload.rules(), registry, failure -> {})) {
                Thread reader = new Thread(() -> latency.read(topics), "reader");
                reader.start();
                latency.publish(topics);
                reader.join(Duration.ofMinutes(1).toMillis());
                if (runner.status().failure() != null || reader.isAlive()) {
                    throw new IllegalStateException("not every event came through: " + runner.status());
                }
            }
        }
        return latency.result();
    }

    private void publish(LaneTopics topics) {
        long start = System.nanoTime();
        int sequence = 1;
        while (sequence <= workload.count()) {
            long end = System.nanoTime() + TRANSACTION_NANOS;
            topics.begin();
            while (sequence <= workload.count() && System.nanoTime() < end) {
                long due = start + sequence * NANOS_PER_EVENT;
                while (System.nanoTime() < due) {
                    LockSupport.parkNanos(due - System.nanoTime());
                }
                sentAt[sequence] = System.nanoTime();
                topics.send(System.currentTimeMillis(), workload.events().apply(sequence));
                sequence++;
            }
            topics.commit();
        }
    }

    private void read(LaneTopics topics) {
        topics.readOrdered(record -> {
            OrderedHeader header = OrderedHeader.of(record.headers());
            if (!header.isRelease()) {
                seenAt[(int) header.sequence()] = System.nanoTime();
            }
            return header.sequence() < workload.count();
        });
    }

    private Result result() {
        double[] millis = new double[workload.count() - warmUp];
        for (int i = 0; i < millis.length; i++) {
            millis[i] = (seenAt[warmUp + 1 + i] - sentAt[warmUp + 1 + i]) / 1e6;
        }
        Arrays.sort(millis);
        return new Result(
                workload,
                millis.length,
                millis[millis.length / 2],
                millis[(int) (millis.length * 0.99)],
                millis[millis.length - 1]);
    }
}
