package dev.sluice.streams;

import static dev.sluice.streams.testing.TableBuilder.table;

import dev.sluice.embedded.EmbeddedKafka;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.registry.InMemorySchemaRegistry;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Table;
import dev.sluice.streams.testing.Events;
import dev.sluice.streams.testing.LaneTopics;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongFunction;

/**
 * Events per second through one lane against the embedded broker: everything is in {@code changes} before the lane starts. Arguments: number of events.
 * Not a test; run its main.
 */
public final class TopologyBenchmark {
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final int PARENTS = 10_000;

    private final Table leaf =
            table("leaf").bigint("id").text("a").text("b").bigint("c").key("id").build();
    private final Table left = table("left").bigint("id").key("id").build();
    private final Table right = table("right").bigint("id").key("id").build();
    private final Table child = table("child")
            .bigint("id")
            .text("a")
            .text("b")
            .bigint("c")
            .bigint("l")
            .bigint("r")
            .key("id")
            .refers("l", "left", "id")
            .refers("r", "right", "id")
            .build();
    private final Catalog catalog = Catalog.of(List.of(leaf, left, right, child));
    private final InMemorySchemaRegistry registry = new InMemorySchemaRegistry();
    private final String bootstrapServers;
    private final Path dir;

    private TopologyBenchmark(String bootstrapServers, Path dir) {
        this.bootstrapServers = bootstrapServers;
        this.dir = dir;
    }

    public static void main(String[] arguments) throws Exception {
        int events = arguments.length == 0 ? 500_000 : Integer.parseInt(arguments[0]);
        Path dir = Files.createTempDirectory("topology-benchmark");
        try (EmbeddedKafka kafka = EmbeddedKafka.start(dir.resolve("kafka"))) {
            TopologyBenchmark benchmark = new TopologyBenchmark(kafka.bootstrapServers(), dir);
            benchmark.measure("warmup", events / 5, benchmark::leafRow);
            benchmark.measure("leaf", events, benchmark::leafRow);
            benchmark.measure("child", events, benchmark::childRow);
            benchmark.measure("waiting", events / 2, sequence -> benchmark.orphanRow(sequence, events / 2));
        }
    }

    private Event leafRow(long sequence) {
        return Events.upsert(leaf, sequence, sequence % 10 == 0, sequence, "some text", "some more text", sequence);
    }

    private Event childRow(long sequence) {
        if (sequence <= 2 * PARENTS) {
            return Events.upsert(sequence <= PARENTS ? left : right, sequence, true, sequence % PARENTS);
        }
        return child(sequence, sequence * 31 % PARENTS, sequence * 17 % PARENTS);
    }

    /** Every child waits before its parents come. */
    private Event orphanRow(long sequence, long count) {
        if (sequence > count - 2 * PARENTS) {
            return Events.upsert(sequence > count - PARENTS ? left : right, sequence, true, sequence % PARENTS);
        }
        return child(sequence, sequence * 31 % PARENTS, sequence * 17 % PARENTS);
    }

    private Event child(long sequence, long l, long r) {
        return Events.upsert(
                child, sequence, sequence % 10 == 0, sequence, "some text", "some more text", sequence, l, r);
    }

    private void measure(String name, int events, LongFunction<Event> row) {
        try (LaneTopics topics = LaneTopics.create(bootstrapServers, name, registry)) {
            publish(topics, events, row);
            LaneSettings settings = LaneSettings.of(
                            name, Events.INCARNATION, "main", 1, dir.resolve(name), topics.clientProperties())
                    .withReplicationFactor(1);
            try (LaneRunner runner = LaneRunner.start(settings, catalog, registry, failure -> {})) {
                topics.await(PATIENCE, () -> runner.status().nextSequence() > 1);
                long begin = runner.status().nextSequence();
                long start = System.nanoTime();
                long busy = laneThreadNanos();
                topics.await(
                        PATIENCE,
                        () -> runner.status().nextSequence() > events
                                && runner.status().waiting() == 0);
                double seconds = (System.nanoTime() - start) / 1e9;
                double cpuSeconds = (laneThreadNanos() - busy) / 1e9;
                long measured = events - begin;
                System.out.printf(
                        "%-8s %,9d events %6.2f s %,9.0f events/s; %6.2f s of the lane's thread, %,9.0f events per second of it%n",
                        name, measured, seconds, measured / seconds, cpuSeconds, measured / cpuSeconds);
            }
        }
    }

    /** Comparable on a busy machine, where time on the wall is not. */
    private static long laneThreadNanos() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        return Arrays.stream(threads.getAllThreadIds())
                .filter(id -> {
                    ThreadInfo info = threads.getThreadInfo(id);
                    return info != null && info.getThreadName().endsWith("-StreamThread-1");
                })
                .map(threads::getThreadCpuTime)
                .max()
                .orElse(0);
    }

    private static void publish(LaneTopics topics, int events, LongFunction<Event> row) {
        List<Event> batch = new ArrayList<>();
        for (long sequence = 1; sequence <= events; sequence++) {
            batch.add(row.apply(sequence));
            if (batch.size() == 5_000 || sequence == events) {
                topics.publish(batch);
                batch.clear();
            }
        }
    }
}
