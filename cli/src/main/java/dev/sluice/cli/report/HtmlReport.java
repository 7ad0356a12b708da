package dev.sluice.cli.report;

import static dev.sluice.cli.report.HtmlPage.text;

import dev.sluice.sinks.postgresql.control.DeadLetterList.Content;
import dev.sluice.sinks.postgresql.control.RowOutcomes;
import dev.sluice.sinks.postgresql.control.RowOutcomes.Snapshot;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** One page that needs nothing beside it. Whatever comes from configuration or data goes through {@link HtmlPage#text}. */
final class HtmlReport {
    private final Report report;
    private final StringBuilder page = new StringBuilder();

    private HtmlReport(Report report) {
        this.report = report;
    }

    static String of(Report report) {
        HtmlReport html = new HtmlReport(report);
        html.write();
        return html.page.toString();
    }

    private void write() {
        RowOutcomes outcomes = report.outcomes();
        page.append(HtmlPage.head("Sluice report: " + report.pipeline()));
        page.append("""
                <h1>What became of every row: %s</h1>
                <p class="meta">pipeline id <code>%s</code> · source %s · prepared %s · as of %s</p>
                <p class="verdict %s">%s</p>
                """.formatted(
                        text(report.pipeline()),
                        text(outcomes.pipeline().pipelineId()),
                        text(outcomes.pipeline().sourceKind()),
                        HtmlPage.time(outcomes.pipeline().createdAt()),
                        HtmlPage.time(outcomes.readAt()),
                        outcomes.verdict().name().toLowerCase(Locale.ROOT),
                        text(Phrases.verdict(outcomes))));
        totals(outcomes);
        outcomes.tables().forEach(this::table);
        page.append(HtmlPage.END);
    }

    private void totals(RowOutcomes outcomes) {
        page.append("<table>\n<thead><tr><th>table</th>");
        OutcomeTable.HEADLINE.forEach(
                name -> page.append("<th class=\"n\">").append(name).append("</th>"));
        page.append("</tr></thead>\n<tbody>\n");
        for (RowOutcomes.Table table : outcomes.tables()) {
            String name = table.id() + (table.isLoading() ? " (" + table.phase() + ")" : "");
            row("", name, table.snapshot());
        }
        row(" class=\"total\"", "total", outcomes.total());
        page.append("</tbody>\n</table>\n");
        page.append(
                "<p class=\"note\">rows read = loaded + transformed + waiting + quarantined + gone. Gone: the source deleted them before they could be applied.</p>\n");
    }

    private void row(String attributes, String name, Snapshot rows) {
        page.append("<tr").append(attributes).append("><td>").append(text(name)).append("</td>");
        OutcomeTable.numbers(rows).forEach(this::number);
        page.append("</tr>\n");
    }

    private void number(long number) {
        page.append(String.format(Locale.ROOT, "<td class=\"n\">%,d</td>", number));
    }

    private void table(RowOutcomes.Table table) {
        page.append("<h2>").append(text(table.id().toString())).append("</h2>\n");
        if (table.isLoading()) {
            page.append("<p class=\"note\">The snapshot is not over: these are figures so far.</p>\n");
        }
        page.append("<p class=\"note\">Followed: ")
                .append(text(Phrases.followed(table.followed())))
                .append(".</p>\n");
        if (table.rules().isEmpty()
                && table.waiting().isEmpty()
                && table.quarantines().isEmpty()) {
            return;
        }
        page.append(
                "<table>\n<thead><tr><th>outcome</th><th>why</th><th class=\"n\">snapshot</th><th class=\"n\">followed</th><th>rows, for example</th></tr></thead>\n<tbody>\n");
        table.rules().forEach(rule -> rule(table, rule));
        table.waiting().forEach(waiting -> waiting(table, waiting));
        table.quarantines().forEach(this::quarantine);
        page.append("</tbody>\n</table>\n");
    }

    private void rule(RowOutcomes.Table table, RowOutcomes.Rule rule) {
        begin("transformed", Phrases.rule(rule));
        page.append("<td class=\"n\" colspan=\"2\">")
                .append(Phrases.values(rule.values()))
                .append("</td>");
        end(code(report.keys(table.id(), rule.samples())));
    }

    private void waiting(RowOutcomes.Table table, RowOutcomes.Waiting waiting) {
        begin(waiting.nulled() ? "set to NULL" : "waiting", Phrases.waiting(waiting));
        number(waiting.snapshotRows());
        number(waiting.followedRows());
        end(code(report.keys(table.id(), waiting.samples())));
    }

    private void quarantine(RowOutcomes.Quarantine quarantine) {
        String letGo = quarantine.discarded() == 0 ? "" : " (" + quarantine.discarded() + " let go by a person)";
        begin("quarantined", Phrases.quarantine(quarantine) + letGo);
        number(quarantine.snapshotRows() + quarantine.discarded());
        number(quarantine.followedRows());
        end(quarantine.samples().stream().map(this::sample).collect(Collectors.joining("<br>")));
    }

    private String sample(Content sample) {
        String values = report.row(sample)
                .map(row -> "<br><code>" + text(row.toString()) + "</code>")
                .orElse("");
        return "<code>" + text(report.key(sample)) + "</code> "
                + text(Phrases.message(sample.letter().message())) + values;
    }

    private void begin(String outcome, String why) {
        page.append("<tr><td>")
                .append(outcome)
                .append("</td><td>")
                .append(text(why))
                .append("</td>");
    }

    private void end(String samples) {
        page.append("<td>").append(samples).append("</td></tr>\n");
    }

    private static String code(List<String> keys) {
        return keys.stream().map(key -> "<code>" + text(key) + "</code>").collect(Collectors.joining(" "));
    }
}
