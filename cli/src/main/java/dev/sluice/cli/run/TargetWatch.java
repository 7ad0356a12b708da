package dev.sluice.cli.run;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads the target's own account of a pipeline again and again. A target that is away keeps nobody waiting here and ends nothing: how long it may be away
 * is the sink's to decide. Thread-safe.
 */
final class TargetWatch implements AutoCloseable {
    private final Supplier<PipelineStatus> read;
    private final Consumer<RuntimeException> failed;
    private final ScheduledExecutorService looks;
    private volatile Reading latest;

    /**
     * @param account the last one that could be read
     * @param problem why it is not the present one; null when it is
     */
    record Reading(PipelineStatus account, @Nullable String problem) {}

    private TargetWatch(Supplier<PipelineStatus> read, Consumer<RuntimeException> failed) {
        this.read = read;
        this.failed = failed;
        this.latest = new Reading(read.get(), null);
        this.looks = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "sluice-target-watch");
            thread.setDaemon(true);
            return thread;
        });
    }

    /**
     * Reads once at once.
     *
     * @param failed told of failures that are not the target's, from a background thread
     * @throws SluiceException when the first reading fails
     */
    static TargetWatch start(Supplier<PipelineStatus> read, Duration every, Consumer<RuntimeException> failed) {
        TargetWatch watch = new TargetWatch(read, failed);
        // The task catches what can happen; nobody waits for its end.
        ScheduledFuture<?> unused = watch.looks.scheduleWithFixedDelay(
                watch::look, every.toMillis(), every.toMillis(), TimeUnit.MILLISECONDS);
        return watch;
    }

    /** Never waits. */
    Reading latest() {
        return latest;
    }

    private void look() {
        try {
            latest = new Reading(read.get(), null);
        } catch (RuntimeException e) {
            if (looks.isShutdown()) {
                return;
            }
            if (e instanceof SluiceException known && known.kind() == ErrorKind.TARGET) {
                latest = new Reading(latest.account(), known.getMessage());
            } else {
                failed.accept(e);
            }
        }
    }

    @Override
    public void close() {
        looks.shutdownNow();
    }
}
