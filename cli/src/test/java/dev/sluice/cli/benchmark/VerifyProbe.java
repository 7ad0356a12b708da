package dev.sluice.cli.benchmark;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryUsage;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Looks at a comparison while it runs: processors by part, heap behind collections, and the age of the target's oldest transaction. */
final class VerifyProbe implements AutoCloseable {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final int LOOK_MILLIS = 50;

    private final ScheduledExecutorService looks = Executors.newSingleThreadScheduledExecutor();
    private final Connection target;
    private final ProcessHandle pipeline;
    private final ProcessHandle server;
    private final Map<Long, Long> reading = new HashMap<>();
    private final Map<Long, Long> comparing = new HashMap<>();
    private final long processBegan = processNanos();
    private final long pipelineBegan;
    private final Map<Long, Long> serverBegan = new HashMap<>();
    private final Map<Long, Long> serverNow = new HashMap<>();
    private long largestHeap;
    private long oldestMillis;

    private VerifyProbe(Connection target, ProcessHandle pipeline, ProcessHandle server) {
        this.target = target;
        this.pipeline = pipeline;
        this.server = server;
        this.pipelineBegan = nanos(pipeline);
        servers(serverBegan);
    }

    static VerifyProbe start(String url, ProcessHandle pipeline, ProcessHandle server) throws SQLException {
        VerifyProbe probe = new VerifyProbe(DriverManager.getConnection(url), pipeline, server);
        var unused = probe.looks.scheduleWithFixedDelay(probe::look, 0, LOOK_MILLIS, TimeUnit.MILLISECONDS);
        return probe;
    }

    private synchronized void look() {
        for (ThreadInfo thread : THREADS.getThreadInfo(THREADS.getAllThreadIds())) {
            long nanos = thread == null ? -1 : THREADS.getThreadCpuTime(thread.getThreadId());
            if (nanos >= 0 && thread.getThreadName().equals("verify-source")) {
                reading.put(thread.getThreadId(), nanos);
            } else if (nanos >= 0 && thread.getThreadName().equals("verify")) {
                comparing.put(thread.getThreadId(), nanos);
            }
        }
        servers(serverNow);
        long heap = 0;
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            MemoryUsage behind = pool.getCollectionUsage();
            heap += behind == null ? 0 : behind.getUsed();
        }
        largestHeap = Math.max(largestHeap, heap);
        try (ResultSet row = target.createStatement().executeQuery("""
                SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0) * 1000 FROM pg_stat_activity
                WHERE pid <> pg_backend_pid() AND application_name LIKE 'sluice%'""")) {
            row.next();
            oldestMillis = Math.max(oldestMillis, row.getLong(1));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private void servers(Map<Long, Long> into) {
        Stream.concat(Stream.of(server), server.descendants())
                .forEach(process -> into.put(process.pid(), nanos(process)));
    }

    private static long nanos(ProcessHandle process) {
        return process.info().totalCpuDuration().map(Duration::toNanos).orElse(0L);
    }

    private static long processNanos() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    synchronized VerifyRound finish(int rows, long nanos) {
        long used = serverNow.entrySet().stream()
                .mapToLong(process -> process.getValue() - serverBegan.getOrDefault(process.getKey(), 0L))
                .sum();
        long read = reading.values().stream().mapToLong(Long::longValue).sum();
        long compared = comparing.values().stream().mapToLong(Long::longValue).sum();
        return new VerifyRound(
                rows,
                nanos,
                read,
                compared,
                Math.max(0, processNanos() - processBegan - read - compared),
                used,
                nanos(pipeline) - pipelineBegan,
                largestHeap,
                oldestMillis);
    }

    @Override
    public void close() throws SQLException {
        looks.shutdownNow();
        target.close();
    }
}
