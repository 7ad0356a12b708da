package dev.sluice.cli.verify;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.verification.ComparisonReport;
import dev.sluice.verification.Difference;
import dev.sluice.verification.TableReport;
import dev.sluice.verification.Verdict;
import java.util.Locale;

/** A comparison as text and as JSON. */
final class VerifyReport {
    private static final ObjectMapper JSON = new ObjectMapper();

    private VerifyReport() {}

    static String text(ComparisonReport report) {
        int width = report.tables().stream()
                .mapToInt(t -> t.table().toString().length())
                .max()
                .orElse(5);
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "%-" + Math.max(5, width) + "s %12s %12s %12s  %s",
                "table",
                "source",
                "target",
                "equal",
                "differing"));
        for (TableReport table : report.tables()) {
            text.append(String.format(
                    Locale.ROOT,
                    "%n%-" + Math.max(5, width) + "s %12d %12d %12d  %s",
                    table.table(),
                    table.sourceRows(),
                    table.targetRows(),
                    table.matched(),
                    verdicts(table)));
            for (Difference difference : table.listed()) {
                text.append(String.format("%n    %s %s", name(difference.verdict()), difference.key()));
                if (!difference.columns().isEmpty()) {
                    text.append(": ").append(String.join(", ", difference.columns()));
                }
                difference.targetValues().forEach(value -> text.append(String.format("%n        %s", value)));
            }
        }
        text.append(String.format("%n%s", report.equal() ? "every row is equal" : "not every row is equal"));
        return text.toString();
    }

    private static String verdicts(TableReport table) {
        StringBuilder text = new StringBuilder();
        for (Verdict verdict : Verdict.values()) {
            if (table.count(verdict) > 0) {
                text.append(text.isEmpty() ? "" : ", ")
                        .append(table.count(verdict))
                        .append(' ')
                        .append(name(verdict));
            }
        }
        return text.isEmpty() ? "-" : text.toString();
    }

    static String json(ComparisonReport report) {
        ObjectNode root = JSON.createObjectNode();
        root.put("equal", report.equal());
        root.put("explained", report.explained());
        ArrayNode tables = root.putArray("tables");
        for (TableReport table : report.tables()) {
            ObjectNode node = tables.addObject();
            node.put("table", table.table().toString());
            node.put("sourceRows", table.sourceRows());
            node.put("targetRows", table.targetRows());
            node.put("equalRows", table.matched());
            ObjectNode counts = node.putObject("counts");
            for (Verdict verdict : Verdict.values()) {
                counts.put(name(verdict), table.count(verdict));
            }
            ArrayNode keys = node.putArray("differences");
            for (Difference difference : table.listed()) {
                ObjectNode entry = keys.addObject();
                entry.put("verdict", name(difference.verdict()));
                entry.put("key", difference.key());
                ArrayNode columns = entry.putArray("columns");
                difference.columns().forEach(columns::add);
                ArrayNode values = entry.putArray("values");
                difference.targetValues().forEach(values::add);
            }
        }
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String name(Verdict verdict) {
        return verdict.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
