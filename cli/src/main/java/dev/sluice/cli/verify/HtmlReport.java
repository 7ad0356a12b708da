package dev.sluice.cli.verify;

import static dev.sluice.cli.report.HtmlPage.text;

import dev.sluice.cli.report.HtmlPage;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.verification.CheckResult;
import dev.sluice.verification.Difference;
import dev.sluice.verification.Mode;
import dev.sluice.verification.Result;
import dev.sluice.verification.TableResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.concurrent.atomic.AtomicLong;

/** A page to be kept. Whatever comes from configuration or data goes through {@link HtmlPage#text}. */
final class HtmlReport {
    private static final int KEYS = 1_000;

    private final Report report;
    private final Writer out;

    private HtmlReport(Report report, Writer out) {
        this.report = report;
        this.out = out;
    }

    static void write(Report report, Writer out) throws IOException {
        try {
            new HtmlReport(report, out).write();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private void write() throws IOException {
        Result result = report.result();
        out.write(HtmlPage.head("Sluice verification: " + result.pipeline()));
        out.write("""
                <h1>Verification: %s</h1>
                <p class="meta">source <code>%s</code> · target <code>%s</code> · comparison %s · begun %s%s · %s</p>
                <p class="meta">%s, %s · exit code %s%s</p>
                <p class="verdict %s">%s</p>
                """.formatted(
                        text(result.pipeline()),
                        text(report.made().source()),
                        text(report.made().target()),
                        result.id(),
                        HtmlPage.time(result.startedAt()),
                        result.endedAt() == null ? ", not done" : ", done " + HtmlPage.time(result.endedAt()),
                        text(report.made().version()),
                        text(Phrases.mode(result)),
                        text(Phrases.circumstances(result, report.coverage())),
                        report.exitCode(),
                        report.made().strict() ? ", with --fail-on-mismatch" : "",
                        colour(),
                        text(report.verdict())));
        figures(result);
        for (TableResult table : result.tables()) {
            table(table);
        }
        checks(result);
        leftOut();
        out.write("<p class=\"meta\">Made by <code>" + text(report.made().command()) + "</code>, "
                + HtmlPage.time(report.made().at()) + "</p>\n");
        out.write(HtmlPage.END);
    }

    private String colour() {
        if (report.exitCode() == 0) {
            // Green is for what was compared as a whole.
            return report.result().mode() == Mode.FULL && report.coverage().isWhole() ? "complete" : "partial";
        }
        return report.exitCode() == ErrorKind.DIFFERENT.exitCode() ? "wrong" : "open";
    }

    private void figures(Result result) throws IOException {
        out.write("<table>\n<thead><tr><th>table</th>");
        for (String name : new String[] {"source", "target", "equal", "time", "rows/s"}) {
            out.write("<th class=\"n\">" + name + "</th>");
        }
        out.write("<th>differing</th></tr></thead>\n<tbody>\n");
        for (TableResult table : result.tables()) {
            out.write("<tr><td>" + text(table.table().toString()) + "</td>");
            number(Phrases.number(table.sourceRows()));
            number(Phrases.number(table.targetRows()));
            number(Phrases.equalKeys(result, table));
            number(Phrases.time(table.active()));
            number(Phrases.rowsPerSecond(result, table));
            out.write("<td>" + text(Phrases.counts(table)) + (table.done() ? "" : " so far") + "</td></tr>\n");
        }
        out.write("</tbody>\n</table>\n");
    }

    private void number(String number) throws IOException {
        out.write("<td class=\"n\">" + number + "</td>");
    }

    private void table(TableResult table) throws IOException {
        out.write("<h2>" + text(table.table().toString()) + "</h2>\n");
        if (report.result().mode() != Mode.COUNTS) {
            note("Checksum of the source <code>" + table.sourceChecksum() + "</code>, of the target <code>"
                    + table.targetChecksum() + "</code>, " + text(Phrases.checksums(table)) + ".");
        }
        if (table.sequence() > 0) {
            note("Compared up to sequence " + Phrases.number(table.sequence()) + " of its lane"
                    + (table.endedAt() == null ? "" : ", " + HtmlPage.time(table.endedAt())) + ".");
        }
        if (table.note() != null) {
            note(text(table.note()));
        }
        if (table.repaired() > 0) {
            note("Differed, and equal since: " + Phrases.keys(table.repaired()) + ".");
        }
        if (!table.counts().isEmpty() && report.result().mode() != Mode.COUNTS) {
            keys(table);
        }
    }

    private void note(String html) throws IOException {
        out.write("<p class=\"note\">" + html + "</p>\n");
    }

    private void keys(TableResult table) throws IOException {
        out.write("<table>\n<thead><tr><th>verdict</th><th>key</th><th>columns</th></tr></thead>\n<tbody>\n");
        AtomicLong written = new AtomicLong();
        report.forEachWhile(table.table(), difference -> {
            key(difference);
            return written.incrementAndGet() < KEYS;
        });
        out.write("</tbody>\n</table>\n");
        long all = table.counts().values().stream().mapToLong(Long::longValue).sum();
        if (all > written.get()) {
            note("And " + Phrases.number(all - written.get()) + " more: <code>" + text(report.query(table.table()))
                    + "</code>");
        }
    }

    private void key(Difference difference) {
        StringBuilder columns = new StringBuilder(text(String.join(", ", difference.columns())));
        for (int i = 0; i < difference.sourceValues().size(); i++) {
            columns.append("<br>")
                    .append(text(difference.columns().get(i)))
                    .append(": source <code>")
                    .append(text(Phrases.value(difference.sourceValues().get(i))))
                    .append("</code>, target <code>")
                    .append(text(Phrases.value(difference.targetValues().get(i))))
                    .append("</code>");
        }
        try {
            out.write("<tr><td>" + Phrases.name(difference.verdict()) + "</td><td><code>" + text(difference.key())
                    + "</code></td><td>" + columns + "</td></tr>\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void checks(Result result) throws IOException {
        if (result.checks().isEmpty()) {
            return;
        }
        out.write("<h2>Checks by SQL</h2>\n<table>\n<tbody>\n");
        for (CheckResult check : result.checks()) {
            out.write("<tr><td>" + text(check.name()) + "</td><td>" + text(Phrases.check(check)) + "</td></tr>\n");
        }
        out.write("</tbody>\n</table>\n");
    }

    private void leftOut() throws IOException {
        if (!report.coverage().notCompared().isEmpty()) {
            note("Not compared: " + text(report.coverage().notCompared().toString()) + ".");
        }
        if (!report.coverage().checksNotMade().isEmpty()) {
            note("Checks not made: " + text(report.coverage().checksNotMade().toString()) + ".");
        }
    }
}
