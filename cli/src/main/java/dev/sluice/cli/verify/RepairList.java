package dev.sluice.cli.verify;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.sluice.cli.Json;
import dev.sluice.cli.report.MaskedKeys;
import dev.sluice.runtime.ErrorKind;
import dev.sluice.runtime.SluiceException;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.verification.Difference;
import dev.sluice.verification.TableTask;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** What {@code --repair} would ask the source for, by the newest comparison of each table. Sends nothing. */
final class RepairList {
    private final String pipeline;
    private final List<TableTask> tables;
    private final Map<TableId, Long> newest;
    private final Engine engine;
    private final MaskedKeys masks;
    private long all;

    /**
     * @param newest by table the comparison
     * @throws SluiceException of kind REFUSED when a table was never compared
     */
    RepairList(String pipeline, List<TableTask> tables, Map<TableId, Long> newest, Engine engine, MaskedKeys masks) {
        List<TableId> never = tables.stream()
                .map(TableTask::id)
                .filter(table -> !newest.containsKey(table))
                .toList();
        if (!never.isEmpty()) {
            throw SluiceException.of(
                    ErrorKind.REFUSED,
                    "nothing is known of the keys of " + never + ": compare them first with: sluice verify");
        }
        this.pipeline = pipeline;
        this.tables = List.copyOf(tables);
        this.newest = Map.copyOf(newest);
        this.engine = engine;
        this.masks = masks;
    }

    /** How the command ends: 3 where there is something to be repaired. */
    int text(PrintWriter out) {
        for (TableTask table : tables) {
            long before = all;
            forEach(table.id(), difference -> {
                if (all++ == before) {
                    out.println(table.id() + ", comparison " + newest.get(table.id()));
                }
                out.println("    " + Phrases.name(difference.verdict()) + " "
                        + Phrases.plain(masks.shown(table.id(), difference.key())));
            });
            if (table.adopted() && all > before) {
                out.println("    (of an adopted table, extra rows that Sluice did not write stay)");
            }
        }
        out.println(Phrases.keys(all) + " would be read again from the source; nothing was sent");
        return exitCode();
    }

    int json(PrintWriter out) {
        try (JsonGenerator json = Json.MAPPER.createGenerator(out).useDefaultPrettyPrinter()) {
            json.writeStartObject();
            json.writeStringField("pipeline", pipeline);
            json.writeBooleanField("dryRun", true);
            json.writeArrayFieldStart("tables");
            for (TableTask table : tables) {
                json.writeStartObject();
                json.writeStringField("table", table.id().toString());
                json.writeNumberField("verification", newest.getOrDefault(table.id(), 0L));
                json.writeBooleanField("adopted", table.adopted());
                json.writeArrayFieldStart("keys");
                forEach(table.id(), difference -> key(json, table.id(), difference));
                json.writeEndArray();
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeNumberField("repairable", all);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        out.println();
        return exitCode();
    }

    private void key(JsonGenerator json, TableId table, Difference difference) {
        try {
            all++;
            json.writeStartObject();
            json.writeStringField("verdict", Phrases.name(difference.verdict()));
            json.writeStringField("key", masks.shown(table, difference.key()));
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void forEach(TableId table, Consumer<Difference> each) {
        engine.forEachWhile(newest.getOrDefault(table, 0L), table, difference -> {
            if (difference.verdict().isRepairable()) {
                each.accept(difference);
            }
            return true;
        });
    }

    private int exitCode() {
        return all == 0 ? 0 : ErrorKind.DIFFERENT.exitCode();
    }
}
