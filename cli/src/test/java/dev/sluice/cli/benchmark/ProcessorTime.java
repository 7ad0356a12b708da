package dev.sluice.cli.benchmark;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Which part of a pipeline used the processors: threads of this process by their names, PostgreSQL's processes, and what is left as the JVM's own (collector, compilers,
 * RocksDB's native threads). Looked at again and again, because threads and processes end.
 */
final class ProcessorTime {
    /** A part of the whole. */
    enum Part {
        PRODUCER("producer"),
        BROKER("broker"),
        TOPOLOGY("topology"),
        SINK("sink"),
        POSTGRESQL("PostgreSQL"),
        OTHER("other threads"),
        JVM("collector, compilers, RocksDB");

        private final String text;

        Part(String text) {
            this.text = text;
        }

        String text() {
            return text;
        }
    }

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private static final long WORTH_NAMING = 20_000_000;

    private final Map<Long, Part> parts = new HashMap<>();
    private final Map<Long, String> names = new HashMap<>();
    private final Map<Long, Long> threadStart = new HashMap<>();
    private final Map<Long, Long> threadNanos = new HashMap<>();
    private final Map<Long, Long> processStart = new HashMap<>();
    private final Map<Long, Long> processNanos = new HashMap<>();
    private final long start = processNanos();

    private final ProcessHandle server;

    /** @param server the process that all of PostgreSQL's stem from */
    ProcessorTime(ProcessHandle server) {
        this.server = server;
        look();
        threadStart.putAll(threadNanos);
        processStart.putAll(processNanos);
    }

    private static long processNanos() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    void look() {
        for (ThreadInfo thread : THREADS.getThreadInfo(THREADS.getAllThreadIds())) {
            long nanos = thread == null ? -1 : THREADS.getThreadCpuTime(thread.getThreadId());
            if (nanos >= 0) {
                names.putIfAbsent(thread.getThreadId(), thread.getThreadName());
                parts.putIfAbsent(thread.getThreadId(), part(thread.getThreadName()));
                threadNanos.put(thread.getThreadId(), nanos);
            }
        }
        Stream.concat(Stream.of(server), server.descendants()).forEach(process -> {
            Optional<Duration> used = process.info().totalCpuDuration();
            used.ifPresent(time -> processNanos.put(process.pid(), time.toNanos()));
        });
    }

    private static Part part(String thread) {
        if (thread.startsWith("sluice-publisher") || thread.contains("| sluice-") || thread.contains("publisher")) {
            return Part.PRODUCER;
        } else if (thread.contains("streams.") || thread.contains("StreamThread")) {
            return Part.TOPOLOGY;
        } else if (thread.startsWith("sluice-sink")
                || thread.startsWith("sluice-load")
                || thread.startsWith("sluice-read")) {
            return Part.SINK;
        } else if (thread.startsWith("data-plane")
                || thread.startsWith("kafka-")
                || thread.startsWith("TxnMarker")
                || thread.startsWith("AddPartitions")
                || thread.startsWith("group-coordinator")
                || thread.startsWith("quorum-")
                || thread.startsWith("raft-")
                || thread.startsWith("ReplicaFetcher")
                || thread.startsWith("LogDirFailure")
                || thread.startsWith("transaction-log")) {
            return Part.BROKER;
        }
        return Part.OTHER;
    }

    /** Nanoseconds since this was made; what {@link #look} has seen last. */
    Map<Part, Long> nanos() {
        Map<Part, Long> used = new EnumMap<>(Part.class);
        long threads = 0;
        for (Map.Entry<Long, Long> thread : threadNanos.entrySet()) {
            long nanos = thread.getValue() - threadStart.getOrDefault(thread.getKey(), 0L);
            used.merge(parts.getOrDefault(thread.getKey(), Part.OTHER), nanos, Long::sum);
            threads += nanos;
        }
        used.put(Part.JVM, Math.max(0, processNanos() - start - threads));
        processNanos.forEach(
                (pid, nanos) -> used.merge(Part.POSTGRESQL, nanos - processStart.getOrDefault(pid, 0L), Long::sum));
        return used;
    }

    /** Threads under {@link Part#OTHER} that used more than 20 ms, to see whether one of them belongs elsewhere. */
    Map<String, Long> others() {
        Map<String, Long> others = new TreeMap<>();
        threadNanos.forEach((id, nanos) -> {
            long used = nanos - threadStart.getOrDefault(id, 0L);
            if (parts.get(id) == Part.OTHER && used > WORTH_NAMING) {
                others.merge(names.getOrDefault(id, "?"), used / 1_000_000, Long::sum);
            }
        });
        return others;
    }
}
