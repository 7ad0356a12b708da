package dev.sluice.streams.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * How fast one lane is on its one thread, against the embedded broker in the same process. Arguments: events per workload (500,000 unless given), the
 * Markdown file to write the result into (printed only unless given). With {@code -Donly=waits} only workloads with this in their name; with {@code -Donly=latency} or {@code -Donly=one parent} only that. CONTRIBUTING.md says how to run it.
 */
public final class TopologyBenchmark {
    private static final int EVENTS = 500_000;
    private static final int WARM_UP_EVENTS = 60_000;
    private static final int LATENCY_WARM_UP = 20_000;
    private static final int LATENCY_EVENTS = 60_000;
    private static final int CHILDREN = 1_000_000;

    private TopologyBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        int events = arguments.length == 0 ? EVENTS : Integer.parseInt(arguments[0]);
        String only = System.getProperty("only");
        if (only != null) {
            some(only, events);
            return;
        }
        String report = Report.of(throughput("", events), latency(), oneParent());
        System.out.println(report);
        if (arguments.length > 1) {
            Report.write(report, Path.of(arguments[1]));
        }
    }

    private static void some(String only, int events) throws Exception {
        if ("latency".equals(only)) {
            System.out.println(Report.line(latency()));
        } else if ("one parent".equals(only)) {
            System.out.println(Report.line(oneParent()));
        } else {
            System.out.println(String.join("\n", Report.parts(throughput(only, events))));
        }
    }

    private static List<Throughput.Result> throughput(String only, int events) throws IOException {
        for (Workload workload : workloads(only, WARM_UP_EVENTS)) {
            throughput(workload);
        }
        List<Throughput.Result> results = new ArrayList<>();
        for (Workload workload : workloads(only, events)) {
            Throughput.Result result = throughput(workload);
            System.out.println(Report.line(result));
            results.add(result);
        }
        return results;
    }

    private static List<Workload> workloads(String only, int events) {
        return Workload.all(events).stream()
                .filter(workload -> workload.name().contains(only))
                .toList();
    }

    private static Throughput.Result throughput(Workload workload) throws IOException {
        Path dir = Files.createTempDirectory("topology-benchmark");
        try {
            return Throughput.measure(workload, dir);
        } finally {
            delete(dir);
        }
    }

    private static Latency.Result latency() throws Exception {
        Workload workload = Workload.parentsFirst("two foreign keys, child state", 0, 1, LATENCY_EVENTS, false);
        Path dir = Files.createTempDirectory("topology-benchmark");
        try {
            return Latency.measure(workload, LATENCY_WARM_UP, dir);
        } finally {
            delete(dir);
        }
    }

    private static OneParent.Result oneParent() throws Exception {
        Path dir = Files.createTempDirectory("topology-benchmark");
        try {
            return OneParent.measure(CHILDREN, dir);
        } finally {
            delete(dir);
        }
    }

    private static void delete(Path dir) throws IOException {
        try (Stream<Path> files = Files.walk(dir)) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(file);
            }
        }
    }
}
