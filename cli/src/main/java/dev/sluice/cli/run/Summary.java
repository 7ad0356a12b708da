package dev.sluice.cli.run;

import dev.sluice.producers.api.PublisherStatus;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What became of every row that was read, table by table: read = loaded + waiting + quarantined. Of the loaded ones some may be stale (an older version) or
 * held (deleted in the source). {@code transformed} counts values, not rows: those that a rule changed, in every event that was applied so far.
 */
public final class Summary {
    private static final List<String> HEADLINE =
            List.of("table", "rows read", "loaded", "waiting", "quarantined", "stale", "held", "transformed");

    @SuppressWarnings("ArrayRecordComponent")
    private record Line(String table, long[] counts) {}

    private final List<Line> lines;

    private Summary(List<Line> lines) {
        this.lines = lines;
    }

    public static Summary of(Snapshot snapshot) {
        return new Summary(snapshot.target().tables().stream()
                .map(table -> line(snapshot, table))
                .toList());
    }

    /** A row that came after the first load may wait or be quarantined too; it was read then, from the log. */
    private static Line line(Snapshot snapshot, PipelineStatus.TableStatus table) {
        long missing = table.waiting() + table.openDeadLetters();
        long read = Math.max(
                missing,
                snapshot.published(table.table())
                        .map(PublisherStatus.TableStatus::rowsRead)
                        .orElse(table.snapshotRows()));
        return new Line(table.table().toString(), new long[] {
            read,
            read - missing,
            table.waiting(),
            table.openDeadLetters(),
            table.stale(),
            table.held(),
            table.transformed()
        });
    }

    /** A table for people, with the total below. */
    public List<String> text() {
        long[] total = new long[HEADLINE.size() - 1];
        for (Line line : lines) {
            Arrays.setAll(total, i -> total[i] + line.counts()[i]);
        }
        List<Line> all = new ArrayList<>(lines);
        all.add(new Line("total", total));
        int width = all.stream().mapToInt(l -> l.table().length()).max().orElse(5);
        List<String> text = new ArrayList<>();
        text.add(row(width, HEADLINE.get(0), HEADLINE.subList(1, HEADLINE.size())));
        for (Line line : all) {
            text.add(row(
                    width, line.table(), Arrays.stream(line.counts()).boxed().toList()));
        }
        return text;
    }

    private static String row(int width, String table, List<?> cells) {
        StringBuilder row = new StringBuilder(String.format(Locale.ROOT, "%-" + width + "s", table));
        cells.forEach(cell -> row.append(String.format(Locale.ROOT, " %11s", cell)));
        return row.toString();
    }
}
