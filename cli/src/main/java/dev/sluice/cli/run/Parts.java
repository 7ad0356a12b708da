package dev.sluice.cli.run;

import dev.sluice.producers.api.Publisher;
import dev.sluice.sinks.postgresql.Sink;
import dev.sluice.streams.LaneRunner;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What a pipeline has started, closed in the opposite order: watch, publisher, topologies, sinks, lease, stations. */
final class Parts {
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Map<String, LaneRunner> topologies = new ConcurrentHashMap<>();
    private final Map<String, Sink> sinks = new ConcurrentHashMap<>();
    private volatile @Nullable Publisher publisher;
    private volatile @Nullable TargetWatch watch;

    <T extends AutoCloseable> T opened(T part) {
        synchronized (open) {
            open.push(part);
        }
        return part;
    }

    void startSink(String lane, Sink started, Ending ending, LaneEndings lanes) {
        sinks.put(lane, started);
        Runnable run = () -> ending.watchLane(lane, started::run, lanes);
        startThread("sink-" + lane, run, started::stop, started);
    }

    void startTopology(String lane, LaneRunner started) {
        topologies.put(lane, opened(started));
    }

    void startPublisher(Publisher started, Ending ending) {
        publisher = started;
        startThread("publisher", () -> ending.watch("publisher", started::run), started::stop, started);
    }

    void startWatch(TargetWatch started) {
        watch = opened(started);
    }

    private void startThread(String part, Runnable run, Runnable stop, AutoCloseable resource) {
        Thread thread = new Thread(run, "sluice-" + part);
        thread.start();
        opened(() -> {
            stop.run();
            thread.join();
            resource.close();
        });
    }

    /** Null when another process runs it. */
    @Nullable
    Publisher publisher() {
        return publisher;
    }

    /** As far as this process runs it. */
    LaneSnapshot lane(String name, @Nullable RuntimeException failure) {
        LaneRunner topology = topologies.get(name);
        Sink sink = sinks.get(name);
        return new LaneSnapshot(
                name,
                topology == null ? null : topology.status(),
                sink == null ? null : sink.status(),
                failure == null ? null : String.valueOf(failure.getMessage()));
    }

    TargetWatch watch() {
        return Objects.requireNonNull(watch, "not started");
    }

    /** Every part is closed even when another one fails to. */
    void close() {
        RuntimeException failure = null;
        for (AutoCloseable part = next(); part != null; part = next()) {
            try {
                part.close();
            } catch (Exception e) {
                if (e instanceof InterruptedException) {
                    Thread.currentThread().interrupt();
                }
                if (failure == null) {
                    failure = e instanceof RuntimeException known ? known : new IllegalStateException(e);
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** A failure to close must not hide why. */
    void closeAfter(Throwable cause) {
        try {
            close();
        } catch (RuntimeException e) {
            cause.addSuppressed(e);
        }
    }

    private @Nullable AutoCloseable next() {
        synchronized (open) {
            return open.poll();
        }
    }
}
