package dev.sluice.cli.run;

import dev.sluice.producers.api.PublisherStatus;
import dev.sluice.sinks.postgresql.control.PipelineStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What became of every row that was read, table by table; read = loaded + waiting + quarantined. */
public final class Summary {
    private record Line(String table, long read, long loaded, long waiting, long quarantined) {}

    private final List<Line> lines;

    private Summary(List<Line> lines) {
        this.lines = lines;
    }

    public static Summary of(Snapshot snapshot) {
        List<Line> lines = new ArrayList<>();
        for (PipelineStatus.TableStatus table : snapshot.target().tables()) {
            long read = snapshot.published(table.table())
                    .map(PublisherStatus.TableStatus::rowsRead)
                    .orElse(table.snapshotRows());
            long waiting = table.waiting();
            long quarantined = table.openDeadLetters();
            lines.add(new Line(
                    table.table().toString(), read, Math.max(0, read - waiting - quarantined), waiting, quarantined));
        }
        return new Summary(lines);
    }

    /** A table for people, with the total below. */
    public List<String> text() {
        List<Line> all = new ArrayList<>(lines);
        all.add(new Line(
                "total",
                lines.stream().mapToLong(Line::read).sum(),
                lines.stream().mapToLong(Line::loaded).sum(),
                lines.stream().mapToLong(Line::waiting).sum(),
                lines.stream().mapToLong(Line::quarantined).sum()));
        int width = all.stream().mapToInt(l -> l.table().length()).max().orElse(5);
        String row = "%-" + width + "s %12s %12s %10s %12s";
        List<String> text = new ArrayList<>();
        text.add(String.format(Locale.ROOT, row, "table", "rows read", "loaded", "waiting", "quarantined"));
        for (Line line : all) {
            text.add(String.format(
                    Locale.ROOT, row, line.table(), line.read(), line.loaded(), line.waiting(), line.quarantined()));
        }
        return text;
    }
}
