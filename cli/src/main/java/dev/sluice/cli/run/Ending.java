package dev.sluice.cli.run;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Why a pipeline ends: somebody asked for it, or its first part failed. What fails later fails because of that. Thread-safe. */
final class Ending {
    private final CountDownLatch latch = new CountDownLatch(1);
    private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();

    /** Runs a part to its end; its failure is the pipeline's. */
    void watch(String part, Runnable work) {
        try {
            work.run();
            request();
        } catch (RuntimeException e) {
            failed(e);
        } catch (Error e) {
            failed(new IllegalStateException("the " + part + " died: " + e, e));
        }
    }

    /** As {@link #watch} for a part of one lane: its failure is the lane's. */
    void watchLane(String lane, Runnable work, LaneEndings lanes) {
        try {
            work.run();
            request();
        } catch (RuntimeException e) {
            lanes.failed(lane, e);
        } catch (Error e) {
            failed(new IllegalStateException("the sink of lane " + lane + " died: " + e, e));
        }
    }

    void failed(RuntimeException e) {
        RuntimeException first = failure.get();
        if (!failure.compareAndSet(null, e) && first != null && first != e) {
            first.addSuppressed(e);
        }
        latch.countDown();
    }

    void request() {
        latch.countDown();
    }

    boolean isRequested() {
        return latch.getCount() == 0;
    }

    /** @return whether it is to end */
    boolean await(Duration time) throws InterruptedException {
        return latch.await(time.toMillis(), TimeUnit.MILLISECONDS);
    }

    Optional<RuntimeException> failure() {
        return Optional.ofNullable(failure.get());
    }
}
