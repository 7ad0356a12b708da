package dev.sluice.cli.benchmark;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * One comparison. Times in nanoseconds; those of parts are of processors.
 *
 * @param other of the comparing process: collector, compilers, Kafka's clients
 * @param pipeline the process of {@code sluice run} beside it
 * @param largestHeap bytes behind a collection
 * @param oldestMillis age of the target's oldest transaction of Sluice
 */
record VerifyRound(
        int rows,
        long nanos,
        long reading,
        long comparing,
        long other,
        long server,
        long pipeline,
        long largestHeap,
        long oldestMillis) {
    private static final double SECOND = 1e9;

    long rowsPerSecond() {
        return rows * TimeUnit.SECONDS.toNanos(1) / nanos;
    }

    private long processors() {
        return reading + comparing + other + server + pipeline;
    }

    private String part(long part) {
        return String.format(Locale.ROOT, "%.1f s, %.0f %%", part / SECOND, 100.0 * part / processors());
    }

    static String table(int rows, List<VerifyRound> rounds) {
        StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "| %,d rows |", rows));
        for (int i = 1; i <= rounds.size(); i++) {
            text.append(" round ").append(i).append(" |");
        }
        text.append("\n|---|").append("---:|".repeat(rounds.size()));
        line(text, rounds, "rows/s", r -> String.format(Locale.ROOT, "%,d", r.rowsPerSecond()));
        line(text, rounds, "seconds, the whole command", r -> String.format(Locale.ROOT, "%.1f", r.nanos / SECOND));
        line(
                text,
                rounds,
                "processors busy",
                r -> String.format(Locale.ROOT, "%.2f", r.processors() / (double) r.nanos));
        line(text, rounds, "processor time: reading and converting the source", r -> r.part(r.reading));
        line(text, rounds, "processor time: comparing", r -> r.part(r.comparing));
        line(text, rounds, "processor time: PostgreSQL", r -> r.part(r.server));
        line(text, rounds, "processor time: collector, compilers, clients", r -> r.part(r.other));
        line(text, rounds, "processor time: the idle pipeline beside it", r -> r.part(r.pipeline));
        line(text, rounds, "largest heap behind a collection", r -> (r.largestHeap >> 20) + " MiB");
        line(text, rounds, "oldest transaction of the target", r -> r.oldestMillis + " ms");
        return text.toString();
    }

    private static void line(
            StringBuilder text, List<VerifyRound> rounds, String name, Function<VerifyRound, String> cell) {
        text.append("\n| ").append(name).append(" |");
        rounds.forEach(round -> text.append(' ').append(cell.apply(round)).append(" |"));
    }
}
