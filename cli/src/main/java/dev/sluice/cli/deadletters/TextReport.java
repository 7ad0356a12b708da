package dev.sluice.cli.deadletters;

import dev.sluice.sinks.postgresql.control.DeadLetterList.Letter;
import dev.sluice.sinks.postgresql.control.DeadLetterList.Totals;
import java.io.PrintWriter;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** One line per letter, then the totals. */
final class TextReport implements LetterReport {
    static final DateTimeFormatter TIME =
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
    public void letter(Letter letter) {
        shown++;
        out.printf(
                Locale.ROOT,
                "#%d  %s  %s  %s %s  %s: %s%n",
                letter.id(),
                TIME.format(letter.createdAt()),
                letter.state().text(),
                letter.table(),
                letter.key(),
                letter.reason(),
                letter.message());
    }

    @Override
    public void end(Totals totals) {
        if (totals.letters() == 0) {
            out.println("no such dead letter of pipeline " + pipeline);
            return;
        }
        if (shown < totals.letters()) {
            out.printf(Locale.ROOT, "… and %d more; show more with --limit%n", totals.letters() - shown);
        }
        out.printf(
                Locale.ROOT,
                "%d open, %d superseded, %d retried, %d discarded%n",
                totals.open(),
                totals.superseded(),
                totals.retried(),
                totals.discarded());
    }

    @Override
    public void close() {
        out.flush();
    }
}
