package dev.sluice.cli.demo;

import dev.sluice.cli.verify.WholeComparison;
import dev.sluice.verification.Difference;
import dev.sluice.verification.TableResult;
import dev.sluice.verification.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What the demo showed.
 *
 * @param catchUp from the end of the backfill until everything written up to then was applied
 * @param latency from commit to visible, where it was measured
 * @param drain from the application's end until everything was applied
 * @param wall of the whole demo
 */
record Summary(
        WholeComparison comparison,
        WriterTotals written,
        Following following,
        Duration catchUp,
        Optional<Percentiles> latency,
        Duration drain,
        Duration wall) {
    private static final String ROW = "%-22s %12s %12s %12s   %s";

    /** The table and the figures, line by line. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("");
        lines.add(ROW.formatted("table", "rows", "PostgreSQL", "written", "verdict"));
        for (TableResult table : comparison.result().tables()) {
            lines.add(row(
                    table.table().name(),
                    table.sourceRows(),
                    table.targetRows(),
                    written.rowsByTable().getOrDefault(table.table().name(), 0L),
                    verdict(table)));
            comparison.first().getOrDefault(table.table(), List.of()).stream()
                    .map(Summary::listed)
                    .forEach(lines::add);
        }
        long targetRows = comparison.result().tables().stream()
                .mapToLong(TableResult::targetRows)
                .sum();
        String all = comparison.result().equal() ? "every row is equal" : "NOT EQUAL";
        lines.add(row(
                "total",
                comparison.result().tables().stream()
                        .mapToLong(TableResult::sourceRows)
                        .sum(),
                targetRows,
                written.rows(),
                all));
        lines.add("");
        lines.add("backfill  %,d rows in %s, %,.0f rows/s; caught up with the application %s later"
                .formatted(
                        following.backfilledRows(),
                        Rates.seconds(following.backfillTime()),
                        Rates.perSecond(following.backfilledRows(), following.backfillTime()),
                        Rates.seconds(catchUp)));
        lines.add("followed  %,d events in %s; the application committed %,d transactions with %,d rows meanwhile"
                .formatted(
                        following.events(),
                        Rates.seconds(following.followedTime()),
                        written.transactions(),
                        written.rows()));
        lines.add("lag       " + percentiles(following.lag()));
        latency.ifPresent(p ->
                lines.add("latency   " + percentiles(p) + " from commit to visible, " + p.seen() + " transactions"));
        lines.add("drain     " + Rates.seconds(drain));
        lines.add("wall time " + Rates.seconds(wall));
        return lines;
    }

    private static String row(String name, long rows, long targetRows, long written, String verdict) {
        return String.format(
                Locale.ROOT,
                ROW,
                name,
                String.format(Locale.ROOT, "%,d", rows),
                String.format(Locale.ROOT, "%,d", targetRows),
                String.format(Locale.ROOT, "%,d", written),
                verdict);
    }

    private static String verdict(TableResult table) {
        if (table.equal()) {
            return "equal";
        }
        return table.counts().entrySet().stream()
                .sorted(java.util.Map.Entry.comparingByKey())
                .map(count -> count.getValue() + " " + name(count.getKey()))
                .collect(Collectors.joining(", "));
    }

    private static String listed(Difference difference) {
        return "    " + name(difference.verdict()) + " " + difference.key()
                + (difference.columns().isEmpty() ? "" : " in " + String.join(", ", difference.columns()));
    }

    private static String name(Verdict verdict) {
        return verdict.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static String percentiles(Percentiles percentiles) {
        return "p50 " + percentiles.at(50).map(Rates::millis).orElse("?") + ", p99 "
                + percentiles.at(99).map(Rates::millis).orElse("?");
    }
}
