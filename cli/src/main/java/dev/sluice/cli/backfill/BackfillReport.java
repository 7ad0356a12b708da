package dev.sluice.cli.backfill;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.cli.Json;
import dev.sluice.cli.backfill.ExtraRows.Outcome;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.sinks.postgresql.control.PipelineStatus.TableStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a backfill has come to.
 *
 * @param tables as the target has them at the end
 * @param extra by table, of those that were searched
 */
record BackfillReport(String pipeline, Standing standing, List<TableStatus> tables, Map<TableId, Outcome> extra) {
    /** Of one that was only asked for. */
    static String asked(String pipeline, Standing standing) {
        return Json.print(root(pipeline, standing).put("waitedFor", false));
    }

    BackfillReport {
        tables = List.copyOf(tables);
        extra = Map.copyOf(extra);
    }

    /** Whether rows of the tables wait or are dead letters. */
    boolean isIncomplete() {
        return tables.stream().anyMatch(t -> t.waiting() + t.stale() + t.held() + t.openDeadLetters() > 0);
    }

    List<String> text() {
        int width = tables.stream()
                .mapToInt(t -> t.table().toString().length())
                .max()
                .orElse(5);
        String row = "%-" + Math.max(5, width) + "s %12s %12s %10s %12s";
        List<String> lines = new ArrayList<>();
        lines.add(String.format(Locale.ROOT, row, "table", "rows read", "extra left", "waiting", "dead letters"));
        for (TableStatus table : tables) {
            Outcome outcome = extra.get(table.table());
            lines.add(String.format(
                    Locale.ROOT,
                    row,
                    table.table(),
                    table.snapshotRows(),
                    outcome == null || outcome.obstacle() != null ? "-" : outcome.left(),
                    table.waiting() + table.stale() + table.held(),
                    table.openDeadLetters()));
        }
        for (TableStatus table : tables) {
            Outcome outcome = extra.get(table.table());
            if (outcome != null) {
                remark(table.table(), outcome, lines);
            }
        }
        return lines;
    }

    private static void remark(TableId table, Outcome outcome, List<String> lines) {
        if (outcome.obstacle() != null) {
            lines.add(table + ": rows that the source has no more were not looked for, because " + outcome.obstacle()
                    + "; sluice verify finds them");
        } else if (outcome.kept() > 0) {
            lines.add(
                    table + ": " + outcome.kept()
                            + " rows that the source had no more are still there: rows refer to them (sluice waiting list), or they came back."
                            + " If what referred to them was taken out of the target by hand, a backfill of that table with --truncate lets them go");
        }
    }

    String json() {
        ObjectNode root = root(pipeline, standing);
        root.put("waitedFor", true);
        ArrayNode nodes = root.putArray("tables");
        tables.forEach(table -> node(nodes.addObject(), table));
        root.put("incomplete", isIncomplete());
        return Json.print(root);
    }

    private static ObjectNode root(String pipeline, Standing standing) {
        ObjectNode root = Json.object();
        root.put("pipeline", pipeline);
        root.put("signal", standing.signal());
        root.put("attached", standing.attached());
        return root;
    }

    private void node(ObjectNode node, TableStatus table) {
        node.put("table", table.table().toString());
        node.put("rowsRead", table.snapshotRows());
        node.put("rejected", table.rejected());
        node.put("waiting", table.waiting());
        node.put("stale", table.stale());
        node.put("held", table.held());
        node.put("deadLetters", table.openDeadLetters());
        Outcome outcome = extra.get(table.table());
        if (outcome != null) {
            node.put("extraLeft", outcome.left());
            node.put("extraKept", outcome.kept());
            node.put("extraNotLookedFor", outcome.obstacle());
        }
    }
}
