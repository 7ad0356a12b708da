package dev.sluice.cli.verify;

import dev.sluice.verification.Difference;
import dev.sluice.verification.Mode;
import dev.sluice.verification.TableResult;
import dev.sluice.verification.Verdict;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/** For people; line by line. */
final class TextReport {
    private static final int EXAMPLES = 20;

    private final Report report;
    private final Consumer<String> out;
    private boolean hidesValues;

    private TextReport(Report report, Consumer<String> out) {
        this.report = report;
        this.out = out;
    }

    static void write(Report report, Consumer<String> out) {
        new TextReport(report, line -> out.accept(Phrases.plain(line))).write();
    }

    private void write() {
        figures();
        report.result().tables().forEach(this::keys);
        if (report.result().mode() != Mode.COUNTS) {
            checksums();
        }
        if (!report.result().checks().isEmpty()) {
            out.accept("checks");
            report.result().checks().forEach(check -> out.accept("    " + check.name() + ": " + Phrases.check(check)));
        }
        out.accept("comparison " + report.result().id() + ": " + Phrases.mode(report.result()) + ", "
                + Phrases.circumstances(report.result(), report.coverage()));
        if (hidesValues) {
            out.accept("both values: sluice verify --recheck --show-values");
        }
        out.accept(report.verdict());
    }

    private void figures() {
        int width = report.result().tables().stream()
                .mapToInt(table -> table.table().toString().length())
                .max()
                .orElse(5);
        String row = "%-" + Math.max(5, width) + "s %13s %13s %13s %11s %9s  %s";
        out.accept(
                String.format(Locale.ROOT, row, "table", "source", "target", "equal", "time", "rows/s", "differing"));
        for (TableResult table : report.result().tables()) {
            out.accept(String.format(
                    Locale.ROOT,
                    row,
                    table.table(),
                    Phrases.number(table.sourceRows()),
                    Phrases.number(table.targetRows()),
                    Phrases.equalKeys(report.result(), table),
                    Phrases.time(table.active()),
                    Phrases.rowsPerSecond(report.result(), table),
                    Phrases.counts(table) + (table.done() ? "" : " so far")));
        }
    }

    private void keys(TableResult table) {
        if (!table.counts().isEmpty() || table.note() != null || table.repaired() > 0) {
            out.accept(table.table().toString());
        }
        if (table.note() != null) {
            out.accept("    " + table.note());
        }
        if (table.repaired() > 0) {
            out.accept("    " + Phrases.keys(table.repaired()) + " differed and "
                    + (table.repaired() == 1 ? "is" : "are") + " equal since");
        }
        Map<Verdict, List<Difference>> examples = report.examples(table, EXAMPLES);
        examples.values().forEach(some -> some.forEach(this::key));
        long listed = examples.values().stream().mapToLong(List::size).sum();
        long all = table.counts().values().stream().mapToLong(Long::longValue).sum();
        if (all > listed && report.result().mode() != Mode.COUNTS) {
            out.accept("    and " + Phrases.number(all - listed) + " more: " + report.query(table.table()));
        }
    }

    private void key(Difference difference) {
        String columns = difference.columns().isEmpty() ? "" : ": " + String.join(", ", difference.columns());
        out.accept("    " + Phrases.name(difference.verdict()) + " " + difference.key() + columns);
        hidesValues |=
                !difference.columns().isEmpty() && difference.sourceValues().isEmpty();
        for (int i = 0; i < difference.sourceValues().size(); i++) {
            out.accept("        " + difference.columns().get(i) + ": source "
                    + Phrases.value(difference.sourceValues().get(i)) + ", target "
                    + Phrases.value(difference.targetValues().get(i)));
        }
    }

    private void checksums() {
        for (TableResult table : report.result().tables()) {
            out.accept(table.table() + ": checksum " + table.sourceChecksum()
                    + (table.sourceChecksum().equals(table.targetChecksum())
                            ? " on both sides, "
                            : " of the source, " + table.targetChecksum() + " of the target, ")
                    + Phrases.checksums(table));
        }
    }
}
