package dev.sluice.producers.api;

import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Writes transactions in a thread of its own, as fast as the reader lets it: never far ahead, so that reads and writes meet all the way. */
final class ConcurrentWriter implements AutoCloseable {
    private static final int AHEAD = 3;

    private final Semaphore permits = new Semaphore(0);
    private final Thread thread;
    private volatile Throwable failure;
    private volatile boolean closed;

    ConcurrentWriter(SourceFixture fixture, History history, WriteLoad load, int transactions) {
        thread = new Thread(() -> write(fixture, history, load, transactions), "contract-writer");
        thread.setDaemon(true);
        thread.start();
    }

    /** Lets the writer do one more transaction while the caller goes on. */
    void allow() {
        if (permits.availablePermits() < AHEAD) {
            permits.release();
        }
    }

    boolean isDone() {
        if (failure != null) {
            throw new AssertionError("the writer beside the source failed", failure);
        }
        return !thread.isAlive();
    }

    @Override
    public void close() {
        closed = true;
        permits.release(AHEAD);
        try {
            thread.join(TimeUnit.SECONDS.toMillis(30));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(SourceFixture fixture, History history, WriteLoad load, int transactions) {
        try {
            for (int i = 0; i < transactions; i++) {
                permits.acquire();
                if (closed) {
                    return;
                }
                List<Write> writes = load.next();
                history.add(writes);
                fixture.transact(writes);
            }
        } catch (Throwable e) {
            failure = e;
        }
    }
}
