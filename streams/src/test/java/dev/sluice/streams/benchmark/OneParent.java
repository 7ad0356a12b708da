package dev.sluice.streams.benchmark;

import static dev.sluice.streams.testing.TableBuilder.table;

import dev.sluice.embedded.EmbeddedKafka;
import dev.sluice.schemas.event.Event;
import dev.sluice.schemas.event.OrderedHeader;
import dev.sluice.schemas.registry.InMemorySchemaRegistry;
import dev.sluice.schemas.relational.Catalog;
import dev.sluice.schemas.relational.Table;
import dev.sluice.streams.LaneRunner;
import dev.sluice.streams.LaneSettings;
import dev.sluice.streams.LaneStatus;
import dev.sluice.streams.gate.ForeignKeyRules;
import dev.sluice.streams.testing.Events;
import dev.sluice.streams.testing.LaneTopics;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Children without number wait for one parent, then it comes. What is measured is what must not happen: that a commit waits for all of them, and that
 * memory grows with them. The source's heartbeats go on meanwhile, as they do.
 */
final class OneParent {
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final Duration HEARTBEAT = Duration.ofMillis(500);
    private static final int BATCH = 5_000;

    /**
     * What was measured.
     *
     * @param waitPerSecond children published, decided and waiting
     * @param releasePerSecond from the parent's event to the last release that a reader of committed records saw
     * @param longestGapMillis between two of those
     * @param heapOfTenth MiB in use by lane, broker and benchmark while a tenth of the children waits
     * @param heapOfAll MiB while all wait
     */
    record Result(
            int children,
            double waitPerSecond,
            double releasePerSecond,
            double longestGapMillis,
            long heapOfTenth,
            long heapOfAll) {}

    private final Table parent = table("parent").bigint("id").key("id").build();
    private final Table child = table("child")
            .bigint("id")
            .text("note")
            .bigint("p")
            .key("id")
            .refers("p", "parent", "id")
            .build();
    private final int children;
    private final LaneTopics topics;
    private long sequence;

    private OneParent(int children, LaneTopics topics) {
        this.children = children;
        this.topics = topics;
    }

    static Result measure(int children, Path dir) throws InterruptedException {
        InMemorySchemaRegistry registry = new InMemorySchemaRegistry();
        try (EmbeddedKafka kafka = EmbeddedKafka.start(dir.resolve("kafka"));
                LaneTopics topics = LaneTopics.create(kafka.bootstrapServers(), "oneparent", registry)) {
            OneParent measurement = new OneParent(children, topics);
            LaneSettings settings = LaneSettings.of(
                            "oneparent", Events.INCARNATION, "main", 1, dir.resolve("state"), topics.clientProperties())
                    .withReplicationFactor(1);
            Catalog catalog = Catalog.of(List.of(measurement.parent, measurement.child));
            try (LaneRunner runner =
                    LaneRunner.start(settings, catalog, ForeignKeyRules.NONE, registry, failure -> {})) {
                return measurement.measure(runner);
            }
        }
    }

    private Result measure(LaneRunner runner) throws InterruptedException {
        long start = System.nanoTime();
        publishChildren(children / 10, runner);
        double seconds = seconds(start);
        long heapOfTenth = heap();
        start = System.nanoTime();
        publishChildren(children, runner);
        seconds += seconds(start);
        long heapOfAll = heap();
        Releases releases = new Releases();
        Thread reader = new Thread(() -> topics.readOrdered(releases::see), "reader");
        reader.start();
        start = System.nanoTime();
        topics.publish(List.of(Events.upsert(parent, ++sequence, true, 1L)));
        while (reader.isAlive()) {
            status(runner);
            topics.publish(List.of(Events.heartbeat(++sequence)));
            reader.join(HEARTBEAT.toMillis());
        }
        return new Result(
                children,
                children / seconds,
                children / seconds(start),
                releases.longestGap.get() / 1e6,
                heapOfTenth,
                heapOfAll);
    }

    private void publishChildren(int upTo, LaneRunner runner) {
        List<Event> batch = new ArrayList<>();
        while (sequence < upTo) {
            batch.add(Events.upsert(child, ++sequence, sequence % 10 == 0, sequence, "some text", 1L));
            if (batch.size() == BATCH || sequence == upTo) {
                topics.publish(batch);
                batch.clear();
            }
        }
        topics.await(PATIENCE, () -> status(runner).waiting() == upTo);
    }

    /** Releases as a reader of committed records sees them. */
    private final class Releases {
        private final AtomicLong longestGap = new AtomicLong();
        private long last;
        private int count;

        private boolean see(ConsumerRecord<byte[], byte[]> record) {
            if (!OrderedHeader.of(record.headers()).isRelease()) {
                return true;
            }
            long now = System.nanoTime();
            if (count++ > 0) {
                longestGap.accumulateAndGet(now - last, Math::max);
            }
            last = now;
            return count < children;
        }
    }

    private static LaneStatus status(LaneRunner runner) {
        LaneStatus status = runner.status();
        if (status.failure() != null) {
            throw new IllegalStateException(status.failure());
        }
        return status;
    }

    private static double seconds(long since) {
        return (System.nanoTime() - since) / 1e9;
    }

    private static long heap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() >> 20;
    }
}
