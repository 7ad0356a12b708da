package dev.sluice.verification;

import dev.sluice.producers.api.ChangeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/** Some tables at once, each of the threads with a source of its own. The first failure stops the others at their next step, and is the one that is thrown. */
final class Workers {
    private final Supplier<ChangeSource> sources;
    private final int threads;

    Workers(Supplier<ChangeSource> sources, int threads) {
        this.sources = sources;
        this.threads = threads;
    }

    /** What is done with a table. */
    interface Work {
        void run(TableTask task, SourceReader source);
    }

    /** @param stop tells the others to stop */
    void forEach(List<TableTask> tasks, Work work, Runnable stop) {
        Queue<TableTask> left = new ConcurrentLinkedQueue<>(tasks);
        ExecutorService pool = Executors.newFixedThreadPool(Math.max(1, Math.min(threads, tasks.size())), runnable -> {
            Thread thread = new Thread(runnable, "verify");
            thread.setDaemon(true);
            return thread;
        });
        AtomicReference<Throwable> first = new AtomicReference<>();
        Runnable stopAll = () -> {
            stop.run();
            // Some may wait for the pipeline, which may take its time.
            pool.shutdownNow();
        };
        try {
            List<Future<?>> working = new ArrayList<>();
            for (int i = 0; i < Math.min(threads, tasks.size()); i++) {
                working.add(pool.submit(() -> work(left, work, first, stopAll)));
            }
            await(working, first, stopAll);
        } finally {
            pool.shutdownNow();
        }
    }

    private void work(Queue<TableTask> left, Work work, AtomicReference<Throwable> first, Runnable stop) {
        try (SourceReader source = new SourceReader(sources)) {
            TableTask task = left.poll();
            while (task != null) {
                work.run(task, source);
                task = left.poll();
            }
        } catch (RuntimeException | Error e) {
            // The others fail because they are told to stop, which says nothing.
            first.compareAndSet(null, e);
            left.clear();
            stop.run();
            throw e;
        }
    }

    private static void await(List<Future<?>> working, AtomicReference<Throwable> first, Runnable stop) {
        boolean interrupted = false;
        for (Future<?> worker : working) {
            while (!worker.isDone()) {
                try {
                    worker.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                    stop.run();
                } catch (ExecutionException e) {
                    first.compareAndSet(null, e.getCause());
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (first.get() instanceof RuntimeException failure) {
            throw failure;
        }
        if (first.get() instanceof Error error) {
            throw error;
        }
    }
}
