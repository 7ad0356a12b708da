package dev.sluice.streams.benchmark;

import dev.sluice.embedded.EmbeddedKafka;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.registry.InMemorySchemaRegistry;
import dev.sluice.streams.LaneRunner;
import dev.sluice.streams.LaneSettings;
import dev.sluice.streams.LaneStatus;
import dev.sluice.streams.testing.Events;
import dev.sluice.streams.testing.LaneTopics;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Everything is in {@code changes} before the lane starts; the clock runs from its first decision to its last. */
final class Throughput {
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final int BATCH = 5_000;

    /**
     * What was measured.
     *
     * @param seconds on the wall
     * @param laneSeconds of the lane's thread on a processor
     */
    record Result(
            Workload workload, long events, double seconds, double laneSeconds, Map<LaneProfile.Part, Double> parts) {
        double perSecond() {
            return events / seconds;
        }

        /** What the thread would do if it never waited for the broker or a processor. */
        double perLaneSecond() {
            return events / laneSeconds;
        }
    }

    private Throughput() {}

    static Result measure(Workload workload, Path dir) throws IOException {
        InMemorySchemaRegistry registry = new InMemorySchemaRegistry();
        try (EmbeddedKafka kafka = EmbeddedKafka.start(dir.resolve("kafka"));
                LaneTopics topics = LaneTopics.create(kafka.bootstrapServers(), "benchmark", registry)) {
            publish(topics, workload);
            LaneSettings settings = LaneSettings.of(
                            "benchmark", Events.INCARNATION, "main", 1, dir.resolve("state"), topics.clientProperties())
                    .withReplicationFactor(1);
            try (LaneRunner runner =
                            LaneRunner.start(settings, workload.catalog(), workload.rules(), registry, failure -> {});
                    LaneProfile profile = LaneProfile.start()) {
                return measure(workload, topics, runner, profile);
            }
        }
    }

    private static Result measure(Workload workload, LaneTopics topics, LaneRunner runner, LaneProfile profile)
            throws IOException {
        topics.await(
                PATIENCE,
                () -> runner.status().nextSequence() > 1 || runner.status().failure() != null);
        long begin = runner.status().nextSequence();
        long start = System.nanoTime();
        long busy = laneNanos();
        topics.await(PATIENCE, () -> isDone(runner.status(), workload.count()));
        double seconds = (System.nanoTime() - start) / 1e9;
        double laneSeconds = (laneNanos() - busy) / 1e9;
        return new Result(workload, workload.count() - begin, seconds, laneSeconds, profile.stop());
    }

    private static boolean isDone(LaneStatus status, int events) {
        if (status.failure() != null) {
            throw new IllegalStateException(status.failure());
        }
        return status.nextSequence() > events && status.waiting() == 0;
    }

    private static void publish(LaneTopics topics, Workload workload) {
        List<Event> batch = new ArrayList<>();
        for (long sequence = 1; sequence <= workload.count(); sequence++) {
            batch.add(workload.events().apply(sequence));
            if (batch.size() == BATCH || sequence == workload.count()) {
                topics.publish(batch);
                batch.clear();
            }
        }
    }

    private static long laneNanos() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        return Arrays.stream(threads.getAllThreadIds())
                .filter(id -> {
                    ThreadInfo info = threads.getThreadInfo(id);
                    return info != null && LaneProfile.isLanes(info.getThreadName());
                })
                .map(threads::getThreadCpuTime)
                .max()
                .orElse(0);
    }
}
