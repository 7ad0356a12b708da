package dev.sluice.sinks.postgresql.apply;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Threads that work against the target at once, each over a connection of its own. */
final class Workers implements AutoCloseable {
    private final ExecutorService threads;

    Workers(int count, String name) {
        this.threads = Executors.newFixedThreadPool(count, task -> new Thread(task, name));
    }

    /** All of them, the results in order; when one fails the others are waited for all the same, so that none outlives a repetition. */
    <T> List<T> together(List<Callable<T>> tasks) throws SQLException {
        if (tasks.size() == 1) {
            return List.of(call(tasks.get(0)));
        }
        List<Future<T>> futures = tasks.stream().map(threads::submit).toList();
        List<T> results = new ArrayList<>();
        Throwable failure = null;
        for (Future<T> future : futures) {
            try {
                results.add(future.get());
            } catch (ExecutionException e) {
                failure = with(failure, e.getCause() == null ? e : e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                failure = with(failure, e);
            }
        }
        rethrow(failure);
        return results;
    }

    private static <T> T call(Callable<T> task) throws SQLException {
        try {
            return task.call();
        } catch (SQLException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static Throwable with(@Nullable Throwable first, Throwable next) {
        if (first == null) {
            return next;
        }
        first.addSuppressed(next);
        return first;
    }

    private static void rethrow(@Nullable Throwable failure) throws SQLException {
        if (failure instanceof SQLException sql) {
            throw sql;
        }
        if (failure instanceof RuntimeException runtime) {
            throw runtime;
        }
        if (failure instanceof Error error) {
            throw error;
        }
        if (failure != null) {
            throw new IllegalStateException(failure);
        }
    }

    /** Tasks under way end first. */
    @Override
    public void close() {
        threads.shutdown();
    }
}
