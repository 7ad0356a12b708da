package dev.sluice.cli.deadletters;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.cli.Json;
import dev.sluice.sinks.postgresql.control.DeadLetterList.Letter;
import dev.sluice.sinks.postgresql.control.DeadLetterList.Totals;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** One object: the letters, then the totals. */
final class JsonReport implements LetterReport {
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

    /** A letter as every command shows it. */
    static ObjectNode node(Letter letter) {
        ObjectNode node = Json.MAPPER.createObjectNode();
        node.put("id", letter.id());
        node.put("table", letter.table().toString());
        node.put("key", letter.key());
        node.put("state", letter.state().text());
        node.put("op", letter.op());
        node.put("column", letter.column());
        node.put("reason", letter.reason());
        node.put("message", letter.message());
        node.put("lane", letter.lane());
        node.put("sequence", letter.sequence());
        node.put("createdAt", letter.createdAt().toString());
        node.put("askedAt", text(letter.askedAt()));
        node.put("settledAt", text(letter.settledAt()));
        node.put("settledBy", letter.settledBy());
        node.put("why", letter.why());
        return node;
    }

    private static @Nullable String text(@Nullable Instant time) {
        return time == null ? null : time.toString();
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
            json.writeArrayFieldStart("deadLetters");
        });
    }

    @Override
    public void letter(Letter letter) {
        write(() -> json.writeTree(node(letter)));
    }

    @Override
    public void end(Totals totals) {
        write(() -> {
            json.writeEndArray();
            json.writeNumberField("open", totals.open());
            json.writeNumberField("superseded", totals.superseded());
            json.writeNumberField("retried", totals.retried());
            json.writeNumberField("discarded", totals.discarded());
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
