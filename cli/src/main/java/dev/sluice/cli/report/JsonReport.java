package dev.sluice.cli.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.cli.Json;
import dev.sluice.sinks.postgresql.control.DeadLetterList.Content;
import dev.sluice.sinks.postgresql.control.RowOutcomes;
import dev.sluice.sinks.postgresql.control.RowOutcomes.Snapshot;
import java.util.List;
import java.util.Locale;

/** One object; its names stay. */
final class JsonReport {
    private JsonReport() {}

    static ObjectNode of(Report report) {
        RowOutcomes outcomes = report.outcomes();
        ObjectNode root = Json.object();
        root.put("pipeline", report.pipeline());
        root.put("pipelineId", outcomes.pipeline().pipelineId());
        root.put("readAt", outcomes.readAt().toString());
        root.put("verdict", outcomes.verdict().name().toLowerCase(Locale.ROOT));
        root.put("message", Phrases.verdict(outcomes));
        rows(root.putObject("total"), outcomes.total());
        ArrayNode tables = root.putArray("tables");
        outcomes.tables().forEach(table -> table(tables.addObject(), report, table));
        return root;
    }

    private static void rows(ObjectNode node, Snapshot rows) {
        node.put("rowsRead", rows.read());
        node.put("loaded", rows.loaded());
        node.put("transformed", rows.transformed());
        node.put("setToNull", rows.nulled());
        node.put("waiting", rows.waiting());
        node.put("quarantined", rows.quarantined());
        node.put("discarded", rows.discarded());
        node.put("gone", rows.gone());
    }

    private static void table(ObjectNode node, Report report, RowOutcomes.Table table) {
        node.put("table", table.id().toString());
        node.put("phase", table.phase());
        rows(node, table.snapshot());
        node.put("problem", table.problem());
        RowOutcomes.Followed followed = table.followed();
        node.putObject("followed")
                .put("upserts", followed.upserts())
                .put("deletes", followed.deletes())
                .put("transformed", followed.transformed())
                .put("setToNull", followed.nulled())
                .put("waiting", followed.waiting())
                .put("quarantined", followed.quarantined());
        ArrayNode rules = node.putArray("rules");
        for (RowOutcomes.Rule rule : table.rules()) {
            ObjectNode entry = rules.addObject();
            entry.put("column", rule.column()).put("rule", rule.rule()).put("values", rule.values());
            samples(entry, report.keys(table.id(), rule.samples()));
        }
        ArrayNode waiting = node.putArray("waitingFor");
        table.waiting().forEach(reason -> waiting(waiting.addObject(), report, table, reason));
        ArrayNode quarantined = node.putArray("quarantinedBecause");
        table.quarantines().forEach(reason -> quarantine(quarantined.addObject(), report, reason));
    }

    private static void waiting(ObjectNode node, Report report, RowOutcomes.Table table, RowOutcomes.Waiting reason) {
        node.put("kind", reason.kind());
        node.put("reason", reason.why());
        node.put("foreignKey", reason.foreignKey());
        node.put("parent", reason.parent());
        node.put("setToNull", reason.nulled());
        node.put("snapshotRows", reason.snapshotRows());
        node.put("followedRows", reason.followedRows());
        samples(node, report.keys(table.id(), reason.samples()));
    }

    private static void quarantine(ObjectNode node, Report report, RowOutcomes.Quarantine reason) {
        node.put("reason", reason.reason());
        node.put("column", reason.column());
        node.put("snapshotRows", reason.snapshotRows());
        node.put("discarded", reason.discarded());
        node.put("followedRows", reason.followedRows());
        ArrayNode samples = node.putArray("samples");
        for (Content sample : reason.samples()) {
            ObjectNode entry = samples.addObject();
            entry.put("id", sample.letter().id());
            entry.put("key", report.key(sample));
            entry.put("message", Phrases.message(sample.letter().message()));
            report.row(sample).ifPresent(row -> entry.set("row", row));
        }
    }

    private static void samples(ObjectNode node, List<String> keys) {
        ArrayNode samples = node.putArray("samples");
        keys.forEach(samples::add);
    }
}
