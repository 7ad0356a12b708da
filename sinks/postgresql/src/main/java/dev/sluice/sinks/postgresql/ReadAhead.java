package dev.sluice.sinks.postgresql;

import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.sinks.postgresql.ordered.Batch;
import dev.sluice.sinks.postgresql.ordered.OrderedReader;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** While a backlog is there the next batch is read during the writing of this one; otherwise reading waits, and takes what came meanwhile. Used by one thread. */
final class ReadAhead implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ReadAhead.class);
    private static final int CLOSE_SECONDS = 30;

    private final OrderedReader reader;
    private final String topic;
    private final ExecutorService thread;
    private @Nullable Future<Batch> next;

    ReadAhead(OrderedReader reader, String topic) {
        this.reader = reader;
        this.topic = topic;
        this.thread = Executors.newSingleThreadExecutor(task -> new Thread(task, "sluice-read-" + topic));
    }

    /** Begins to read what follows, where it may be read before the batch is applied. */
    void behind(Batch batch, int rows) {
        next = batch.full() && batch.complete() ? thread.submit(() -> reader.nextSoon(rows)) : null;
    }

    /** What follows; empty when nothing came for a moment. */
    Batch next(int rows) {
        Future<Batch> begun = next;
        next = null;
        return begun == null ? reader.nextSoon(rows) : await(begun);
    }

    private static Batch await(Future<Batch> next) {
        try {
            return next.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw SluiceException.of(ErrorKind.BUG, "the sink's thread was interrupted; stop() ends it", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof SluiceException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    @Override
    public void close() {
        reader.wakeup();
        thread.shutdown();
        try {
            if (!thread.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("Reading of {} did not end in time", topic);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
