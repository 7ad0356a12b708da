package dev.sluice.cli.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/** The rounds as two tables of Markdown, between two marks of a file that people write around them. */
final class SqliteReport {
    private static final String BEGIN = "<!-- figures -->";
    private static final String END = "<!-- end of figures -->";
    private static final double SECOND = 1e9;

    private SqliteReport() {}

    static String of(int rows, List<SqliteRound> rounds) {
        StringBuilder text = new StringBuilder();
        text.append(String.format(Locale.ROOT, "| %,d rows |", rows));
        for (int i = 1; i <= rounds.size(); i++) {
            text.append(" round ").append(i).append(" |");
        }
        text.append("\n|---|").append("---:|".repeat(rounds.size()));
        line(
                text,
                rounds,
                "COPY on one connection, rows/s",
                r -> String.format(Locale.ROOT, "%,d", r.copyRowsPerSecond()));
        line(text, rounds, "Sluice from SQLite, rows/s", r -> String.format(Locale.ROOT, "%,d", r.rowsPerSecond()));
        line(text, rounds, "of COPY", r -> percent(r.copyNanos(), r.loadNanos()));
        line(
                text,
                rounds,
                "processors busy",
                r -> String.format(Locale.ROOT, "%.2f", total(r.processors()) / (double) r.loadNanos()));
        for (ProcessorTime.Part part : ProcessorTime.Part.values()) {
            line(text, rounds, "processor time: " + part.text(), r -> {
                long nanos = r.processors().getOrDefault(part, 0L);
                return String.format(Locale.ROOT, "%.1f s, %s", nanos / SECOND, percent(nanos, total(r.processors())));
            });
        }
        return text.toString();
    }

    private static long total(Map<ProcessorTime.Part, Long> processors) {
        return processors.values().stream().mapToLong(Long::longValue).sum();
    }

    private static String percent(long part, long whole) {
        return String.format(Locale.ROOT, "%.0f %%", 100.0 * part / whole);
    }

    private static void line(
            StringBuilder text, List<SqliteRound> rounds, String name, Function<SqliteRound, String> cell) {
        text.append("\n| ").append(name).append(" |");
        rounds.forEach(round -> text.append(' ').append(cell.apply(round)).append(" |"));
    }

    static void write(String report, Path file) throws IOException {
        String before = Files.readString(file);
        int begin = before.indexOf(BEGIN) + BEGIN.length();
        String after = before.substring(0, begin) + "\n" + report + "\n" + before.substring(before.indexOf(END));
        Files.writeString(file, after);
    }
}
