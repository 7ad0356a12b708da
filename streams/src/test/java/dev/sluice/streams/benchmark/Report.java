package dev.sluice.streams.benchmark;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The result as Markdown. */
final class Report {
    private static final String BEGIN = "<!-- measured: written by TopologyBenchmark -->";
    private static final String END = "<!-- end of measured -->";

    private Report() {}

    static String line(Throughput.Result result) {
        return String.format(
                Locale.ROOT,
                "| %s | %,d | %,d | %,.0f | %,.0f |",
                result.workload().name(),
                result.events(),
                result.workload().goal(),
                result.perSecond(),
                result.perLaneSecond());
    }

    static String line(Latency.Result latency) {
        return String.format(
                Locale.ROOT,
                "Latency at 1,000 events/s, producer and lane both committing every 20 ms, %s, %,d events after warm-up: p50 %.1f ms, p99 %.1f ms, worst %.1f ms.",
                latency.workload().name(),
                latency.events(),
                latency.p50(),
                latency.p99(),
                latency.worst());
    }

    static String line(OneParent.Result result) {
        return String.format(
                Locale.ROOT,
                "One parent of %,d children that wait for it: %,.0f per second begin to wait, %,.0f per second are released, never more than %.0f ms between two commits with releases; heap in use with a tenth of them waiting %d MiB, with all of them %d MiB.",
                result.children(),
                result.waitPerSecond(),
                result.releasePerSecond(),
                result.longestGapMillis(),
                result.heapOfTenth(),
                result.heapOfAll());
    }

    static String of(List<Throughput.Result> throughput, Latency.Result latency, OneParent.Result oneParent) {
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT,
                "Java %s, %d processors, %d MiB of heap for lane, broker and benchmark; load average %.1f at the end, of which about 2 is the benchmark's own.",
                Runtime.version().feature(),
                Runtime.getRuntime().availableProcessors(),
                Runtime.getRuntime().maxMemory() >> 20,
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage()));
        lines.add("");
        lines.add("| workload | events | goal per s | per s on the wall | per s of the lane's thread |");
        lines.add("|---|---:|---:|---:|---:|");
        throughput.forEach(result -> lines.add(line(result)));
        lines.add("");
        lines.add(line(latency));
        lines.add("");
        lines.add(line(oneParent));
        lines.add("");
        lines.addAll(parts(throughput));
        return String.join("\n", lines);
    }

    static List<String> parts(List<Throughput.Result> throughput) {
        List<String> lines = new ArrayList<>();
        StringBuilder head = new StringBuilder("| time of the lane's thread, % |");
        StringBuilder rule = new StringBuilder("|---|");
        for (Throughput.Result result : throughput) {
            head.append(' ').append(result.workload().name()).append(" |");
            rule.append("---:|");
        }
        lines.add(head.toString());
        lines.add(rule.toString());
        for (LaneProfile.Part part : LaneProfile.Part.values()) {
            StringBuilder line = new StringBuilder("| " + part.title() + " |");
            throughput.forEach(result -> line.append(
                    String.format(Locale.ROOT, " %.0f |", 100 * result.parts().getOrDefault(part, 0.0))));
            lines.add(line.toString());
        }
        return lines;
    }

    /** In the place of an earlier result; what people wrote around it stays. */
    static void write(String report, Path file) throws IOException {
        String text = Files.exists(file) ? Files.readString(file) : BEGIN + "\n" + END + "\n";
        int from = text.indexOf(BEGIN) + BEGIN.length();
        int to = text.indexOf(END);
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, text.substring(0, from) + "\n" + report + "\n" + text.substring(to));
    }
}
