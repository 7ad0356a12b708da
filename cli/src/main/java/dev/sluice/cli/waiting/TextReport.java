package dev.sluice.cli.waiting;

import dev.sluice.sinks.postgresql.control.WaitingList;
import java.io.PrintWriter;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** One line per row, then the totals. */
final class TextReport implements WaitingReport {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final PrintWriter out;
    private String pipeline = "";
    private long shown;

    TextReport(PrintWriter out) {
        this.out = out;
    }

    @Override
    public void begin(String name) {
        pipeline = name;
    }

    @Override
    public void row(WaitingList.Row row) {
        shown++;
        out.printf(
                Locale.ROOT,
                "%s  %-5s  %s %s  %s%s%n",
                TIME.format(row.since()),
                row.kind().text(),
                row.table(),
                row.key(),
                Cause.of(row.reason()).text(),
                row.accepted() ? "  (accepted)" : "");
    }

    @Override
    public void end(WaitingList.Totals totals) {
        if (totals.rows() == 0) {
            out.println("nothing of pipeline " + pipeline + " waits");
            return;
        }
        if (shown < totals.rows()) {
            out.printf(Locale.ROOT, "… and %d more; show more with --limit%n", totals.rows() - shown);
        }
        out.printf(
                Locale.ROOT,
                "%d waiting, %d stale, %d held; %d accepted%n",
                totals.waiting(),
                totals.stale(),
                totals.held(),
                totals.accepted());
    }

    @Override
    public void close() {
        out.flush();
    }
}
