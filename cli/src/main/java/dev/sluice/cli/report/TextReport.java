package dev.sluice.cli.report;

import dev.sluice.sinks.postgresql.control.DeadLetterList.Content;
import dev.sluice.sinks.postgresql.control.RowOutcomes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The totals, then by table what rules changed, what waits and what is quarantined. */
final class TextReport {
    private final Report report;
    private final List<String> lines = new ArrayList<>();

    private TextReport(Report report) {
        this.report = report;
    }

    static List<String> of(Report report) {
        TextReport text = new TextReport(report);
        text.write();
        return text.lines;
    }

    private void write() {
        RowOutcomes outcomes = report.outcomes();
        lines.addAll(OutcomeTable.text(outcomes.tables()));
        outcomes.tables().forEach(this::table);
        lines.add("");
        lines.add(Phrases.verdict(outcomes));
    }

    private void table(RowOutcomes.Table table) {
        List<String> before = List.copyOf(lines);
        lines.add("");
        lines.add(table.id() + (table.isLoading() ? " (" + table.phase() + ": figures so far)" : ""));
        int headlines = lines.size();
        for (RowOutcomes.Rule rule : table.rules()) {
            line(
                    "transformed",
                    Phrases.rule(rule) + ": " + Phrases.values(rule.values()),
                    Phrases.samples(report.keys(table.id(), rule.samples()), rule.values()));
        }
        for (RowOutcomes.Waiting waiting : table.waiting()) {
            long all = waiting.snapshotRows() + waiting.followedRows();
            line(
                    waiting.nulled() ? "set to NULL" : "waiting",
                    Phrases.waiting(waiting) + ": " + Phrases.numbers(waiting.snapshotRows(), waiting.followedRows()),
                    Phrases.samples(report.keys(table.id(), waiting.samples()), all));
        }
        table.quarantines().forEach(this::quarantine);
        if (table.followed().upserts() + table.followed().deletes() > 0) {
            line("followed", Phrases.followed(table.followed()), "");
        }
        if (lines.size() == headlines && !table.isLoading()) {
            lines.subList(before.size(), lines.size()).clear();
        }
    }

    private void quarantine(RowOutcomes.Quarantine quarantine) {
        long all = quarantine.snapshotRows() + quarantine.discarded() + quarantine.followedRows();
        String discarded = quarantine.discarded() == 0 ? "" : ", " + quarantine.discarded() + " of them let go";
        line(
                "quarantined",
                Phrases.quarantine(quarantine) + ": "
                        + Phrases.numbers(quarantine.snapshotRows() + quarantine.discarded(), quarantine.followedRows())
                        + discarded,
                "");
        for (Content sample : quarantine.samples()) {
            lines.add(String.format(
                    Locale.ROOT,
                    "      #%d %s  %s",
                    sample.letter().id(),
                    report.key(sample),
                    Phrases.message(sample.letter().message())));
            report.row(sample)
                    .ifPresent(row -> row.properties()
                            .forEach(column -> lines.add("          " + column.getKey() + " = " + column.getValue())));
        }
        if (all > quarantine.samples().size()) {
            lines.add("      … see: sluice dead-letters list --reason " + quarantine.reason());
        }
    }

    private void line(String outcome, String what, String samples) {
        lines.add(String.format(Locale.ROOT, "  %-11s  %s", outcome, what)
                + (samples.isEmpty() ? "" : ", e.g. " + samples));
    }
}
