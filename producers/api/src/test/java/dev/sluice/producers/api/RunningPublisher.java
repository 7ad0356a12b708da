package dev.sluice.producers.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.producers.api.PublisherStatus.Phase;
import dev.sluice.runtime.SluiceException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A publisher in a thread of its own. */
final class RunningPublisher implements AutoCloseable {
    private final Publisher publisher;
    private final CompletableFuture<Void> outcome = new CompletableFuture<>();

    private RunningPublisher(Publisher publisher) {
        this.publisher = publisher;
    }

    static RunningPublisher start(Publisher publisher) {
        RunningPublisher running = new RunningPublisher(publisher);
        Thread thread = new Thread(running::run, "publisher");
        thread.setDaemon(true);
        thread.start();
        return running;
    }

    private void run() {
        try {
            publisher.run();
            outcome.complete(null);
        } catch (Throwable e) {
            outcome.completeExceptionally(e);
        }
    }

    PublisherStatus status() {
        return publisher.status();
    }

    /** Waits until everything that the store holds is published. */
    RunningPublisher caughtUp(ListStore store) {
        Await.until("the publisher has caught up", () -> {
            requireAlive();
            PublisherStatus now = status();
            String end = ListStore.position(store.size(), 0).toString();
            return now.phase() == Phase.FOLLOWING && now.position().equals(end);
        });
        return this;
    }

    void requireAlive() {
        if (outcome.isCompletedExceptionally()) {
            throw new AssertionError("the publisher failed", failure());
        }
    }

    /** Waits until it has ended by itself, with an exception. */
    Throwable failure() {
        try {
            outcome.get(40, TimeUnit.SECONDS);
            throw new AssertionError("the publisher ended without a failure");
        } catch (ExecutionException e) {
            return e.getCause();
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError("the publisher did not end", e);
        }
    }

    SluiceException refusal() {
        assertThat(failure()).isInstanceOf(SluiceException.class);
        return (SluiceException) failure();
    }

    /** Stops it and waits for a good end. */
    PublisherStatus stop() throws Exception {
        publisher.stop();
        outcome.get(40, TimeUnit.SECONDS);
        return status();
    }

    @Override
    public void close() {
        publisher.close();
    }
}
