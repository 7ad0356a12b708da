package dev.sluice.cli.run;

import dev.sluice.producers.api.Publisher;
import dev.sluice.sinks.postgresql.Sink;
import dev.sluice.streams.LaneRunner;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a pipeline has started, closed in the opposite order: watch, publisher, topology, sink, lease, stations. */
final class Parts {
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private volatile @Nullable Publisher publisher;
    private volatile @Nullable LaneRunner lane;
    private volatile @Nullable Sink sink;
    private volatile @Nullable TargetWatch watch;

    <T extends AutoCloseable> T opened(T part) {
        synchronized (open) {
            open.push(part);
        }
        return part;
    }

    void startSink(Sink started, Ending ending) {
        sink = started;
        startThread("sink", started::run, started::stop, started, ending);
    }

    void startLane(LaneRunner started) {
        lane = opened(started);
    }

    void startPublisher(Publisher started, Ending ending) {
        publisher = started;
        startThread("publisher", started::run, started::stop, started, ending);
    }

    void startWatch(TargetWatch started) {
        watch = opened(started);
    }

    private void startThread(String part, Runnable run, Runnable stop, AutoCloseable resource, Ending ending) {
        Thread thread = new Thread(() -> ending.watch(part, run), "sluice-" + part);
        thread.start();
        opened(() -> {
            stop.run();
            thread.join();
            resource.close();
        });
    }

    Publisher publisher() {
        return Objects.requireNonNull(publisher, "not started");
    }

    LaneRunner lane() {
        return Objects.requireNonNull(lane, "not started");
    }

    Sink sink() {
        return Objects.requireNonNull(sink, "not started");
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
