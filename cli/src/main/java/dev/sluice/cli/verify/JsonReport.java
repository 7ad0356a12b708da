package dev.sluice.cli.verify;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.sluice.cli.Json;
import dev.sluice.schemas.relational.TableId;
import dev.sluice.verification.CheckResult;
import dev.sluice.verification.Difference;
import dev.sluice.verification.Mode;
import dev.sluice.verification.Result;
import dev.sluice.verification.TableResult;
import dev.sluice.verification.Verdict;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One object; its names stay. Written piece by piece, because it has every key. */
final class JsonReport {
    private final Report report;
    private final JsonGenerator json;

    private JsonReport(Report report, JsonGenerator json) {
        this.report = report;
        this.json = json;
    }

    /** What it writes to stays open. */
    static void write(Report report, Writer out) throws IOException {
        try (JsonGenerator json = Json.MAPPER.createGenerator(out).useDefaultPrettyPrinter()) {
            new JsonReport(report, json).write();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        out.write(System.lineSeparator());
        out.flush();
    }

    private void write() throws IOException {
        Result result = report.result();
        json.writeStartObject();
        json.writeStringField("pipeline", result.pipeline());
        json.writeNumberField("verification", result.id());
        json.writeStringField("version", report.made().version());
        json.writeStringField("command", report.made().command());
        json.writeStringField("source", report.made().source());
        json.writeStringField("target", report.made().target());
        json.writeStringField("mode", result.mode().name().toLowerCase(Locale.ROOT));
        json.writeNumberField("samplePercent", result.samplePercent());
        json.writeBooleanField("live", result.live());
        json.writeBooleanField("startedMeanwhile", report.coverage().startedMeanwhile());
        time("startedAt", result.startedAt());
        time("endedAt", result.endedAt());
        time("recheckedAt", result.recheckedAt());
        json.writeBooleanField("equal", result.equal());
        json.writeBooleanField(
                "explained", !result.differs() && !result.unsettled() && (result.equal() || isExplained(result)));
        json.writeBooleanField("differs", result.differs());
        json.writeBooleanField("unsettled", result.unsettled());
        json.writeStringField("message", report.verdict());
        json.writeNumberField("exitCode", report.exitCode());
        json.writeArrayFieldStart("tables");
        for (TableResult table : result.tables()) {
            table(table);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("checks");
        for (CheckResult check : result.checks()) {
            check(check);
        }
        json.writeEndArray();
        texts(
                "tablesNotCompared",
                report.coverage().notCompared().stream().map(TableId::toString).toList());
        texts("checksNotMade", report.coverage().checksNotMade());
        json.writeEndObject();
    }

    private static boolean isExplained(Result result) {
        return result.count(Verdict.Kind.EXPLAINED) > 0;
    }

    private void table(TableResult table) throws IOException {
        json.writeStartObject();
        json.writeStringField("table", table.table().toString());
        json.writeBooleanField("done", table.done());
        number("compared", isCounted() ? -1 : table.compared());
        json.writeNumberField("sourceRows", table.sourceRows());
        json.writeNumberField("targetRows", table.targetRows());
        number("equalRows", isCounted() ? -1 : table.matched());
        json.writeObjectFieldStart("counts");
        for (Verdict verdict : Verdict.values()) {
            json.writeNumberField(Phrases.name(verdict), table.count(verdict));
        }
        json.writeEndObject();
        json.writeNumberField("repaired", table.repaired());
        json.writeStringField("sourceChecksum", table.sourceChecksum().toString());
        json.writeStringField("targetChecksum", table.targetChecksum().toString());
        json.writeBooleanField("checksumsOfOneMoment", table.quiet());
        json.writeNumberField("sequence", table.sequence());
        json.writeNumberField("seconds", table.active().toMillis() / 1e3);
        number("rowsPerSecond", isCounted() ? -1 : Math.round(table.rowsPerSecond()));
        time("endedAt", table.endedAt());
        json.writeStringField("note", table.note());
        json.writeArrayFieldStart("differences");
        if (!table.counts().isEmpty()) {
            report.forEachWhile(table.table(), this::difference);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private boolean difference(Difference difference) {
        try {
            json.writeStartObject();
            json.writeStringField("verdict", Phrases.name(difference.verdict()));
            json.writeStringField("key", difference.key());
            texts("columns", difference.columns());
            texts("sourceValues", difference.sourceValues());
            texts("targetValues", difference.targetValues());
            json.writeEndObject();
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void texts(String name, List<? extends @Nullable String> texts) throws IOException {
        json.writeArrayFieldStart(name);
        for (String text : texts) {
            json.writeString(text);
        }
        json.writeEndArray();
    }

    private void check(CheckResult check) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", check.name());
        json.writeStringField("outcome", check.outcome().name().toLowerCase(Locale.ROOT));
        number("sourceRows", check.sourceRows());
        number("targetRows", check.targetRows());
        json.writeStringField("message", check.message());
        json.writeEndObject();
    }

    /** Nobody looked at keys. */
    private boolean isCounted() {
        return report.result().mode() == Mode.COUNTS;
    }

    /** @param number below 0 where there is none */
    private void number(String name, long number) throws IOException {
        if (number < 0) {
            json.writeNullField(name);
        } else {
            json.writeNumberField(name, number);
        }
    }

    private void time(String name, @Nullable Instant instant) throws IOException {
        json.writeStringField(name, instant == null ? null : instant.toString());
    }
}
