package dev.sluice.producers.sqlite;

import dev.sluice.producers.api.CapturedTable;
import dev.sluice.producers.api.SourceRecord;
import dev.sluice.runtime.Finding;
import dev.sluice.schemas.event.Op;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Tries the conversions on a table's first and last rows: which would be refused, and how many values rules would change. */
final class ValuesCheck {
    private static final int SAMPLE_ROWS = 2_000;

    private final CapturedTable table;
    private final Map<String, Integer> refused = new TreeMap<>();
    private final Map<String, Integer> changed = new TreeMap<>();

    private ValuesCheck(CapturedTable table) {
        this.table = table;
    }

    static List<Finding> of(Session session, SqliteSettings settings, CapturedTable table, TableInfo info)
            throws SQLException {
        ValuesCheck check = new ValuesCheck(table);
        try (Evaluator evaluator = Evaluator.of(session)) {
            RowSelection selection = evaluator.selection(session, table, info);
            SelectedRows rows = new SelectedRows(selection, new RowConverter(table, settings.realTimestamps()));
            Sample.read(session, info, selection.logged(), SAMPLE_ROWS, image -> {
                SourceRecord record = rows.upsert(Op.READ, image);
                if (record != null) {
                    check.add(record);
                }
            });
        }
        return check.findings();
    }

    private void add(SourceRecord record) {
        if (record instanceof SourceRecord.Refused row) {
            refused.merge(row.reason() + ": " + row.message(), 1, Integer::sum);
        } else if (record instanceof SourceRecord.Row row) {
            row.transformed().forEach(mark -> changed.merge(mark.column() + " " + mark.rule(), 1, Integer::sum));
        }
    }

    private List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        String subject = "table " + table.sourceName();
        refused.forEach((why, rows) -> findings.add(Finding.warning(
                "values-do-not-convert",
                subject,
                rows + " of the rows read become dead letters: " + why,
                "correct them in the source, choose a type that holds them, or give the column a rule")));
        if (!changed.isEmpty()) {
            String counts = changed.entrySet().stream()
                    .map(entry -> entry.getKey() + " " + entry.getValue())
                    .collect(Collectors.joining(", "));
            findings.add(Finding.info(
                    "values-change",
                    subject,
                    "of the rows read, values come in another notation or are changed by rules (column, rule, values): "
                            + counts,
                    "see docs/conversions.md for the rules; change tables." + table.sourceName()
                            + ".columns or values where one is not meant"));
        }
        return findings;
    }
}
