package dev.sluice.cli.waiting;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.sluice.cli.Json;
import dev.sluice.sinks.postgresql.control.WaitingList;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;

/** One object: the rows, then the totals. */
final class JsonReport implements WaitingReport {
    private final PrintWriter out;
    private final JsonGenerator json;

    JsonReport(PrintWriter out) {
        this.out = out;
        try {
            json = Json.MAPPER.createGenerator(out).useDefaultPrettyPrinter();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writing that may fail. */
    private interface Writing {
        void run() throws IOException;
    }

    private static void write(Writing writing) {
        try {
            writing.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void begin(String pipeline) {
        write(() -> {
            json.writeStartObject();
            json.writeStringField("pipeline", pipeline);
            json.writeArrayFieldStart("rows");
        });
    }

    @Override
    public void row(WaitingList.Row row) {
        write(() -> {
            json.writeStartObject();
            json.writeStringField("table", row.table().toString());
            json.writeStringField("key", row.key());
            json.writeStringField("kind", row.kind().text());
            json.writeFieldName("waitsFor");
            json.writeTree(Cause.of(row.reason()).json());
            json.writeStringField("since", row.since().toString());
            json.writeBooleanField("accepted", row.accepted());
            json.writeEndObject();
        });
    }

    @Override
    public void end(WaitingList.Totals totals) {
        write(() -> {
            json.writeEndArray();
            json.writeNumberField("waiting", totals.waiting());
            json.writeNumberField("stale", totals.stale());
            json.writeNumberField("held", totals.held());
            json.writeNumberField("accepted", totals.accepted());
            json.writeEndObject();
            json.flush();
            out.println();
        });
    }

    @Override
    public void close() {
        write(json::close);
        out.flush();
    }
}
