package dev.sluice.sinks.postgresql.apply;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A change's row as JSON, format {@value #FORMAT}: an object of the delivered columns in the table's order. Numbers and booleans stand bare, bytes as
 * {@code "\\x…"} hexadecimal, dates and times as the numbers of {@link dev.sluice.schemas.relational.LogicalType}, floats that JSON has no number for,
 * and everything else, as strings. A delete has its key's columns, a truncate none.
 */
final class RowJson {
    static final String FORMAT = "sluice-json/1";

    private static final JsonFactory JSON = new JsonFactory();

    private RowJson() {}

    static byte[] encode(RowChange change) {
        int[] columns = columns(change);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            for (int index : columns) {
                json.writeFieldName(change.table().column(index).name());
                write(json, change.row()[index]);
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static int[] columns(RowChange change) {
        return switch (change.change().op()) {
            case TRUNCATE -> new int[0];
            case DELETE -> change.table().keyIndexes();
            case CREATE, UPDATE, READ -> change.delivered();
        };
    }

    private static void write(JsonGenerator json, @Nullable Object value) throws IOException {
        if (value == null) {
            json.writeNull();
        } else if (value instanceof Integer number) {
            json.writeNumber(number);
        } else if (value instanceof Long number) {
            json.writeNumber(number);
        } else if (value instanceof Boolean truth) {
            json.writeBoolean(truth);
        } else if (value instanceof Double number && Double.isFinite(number)) {
            json.writeNumber(number);
        } else if (value instanceof Float number && Float.isFinite(number)) {
            json.writeNumber(number);
        } else if (value instanceof byte[] bytes) {
            json.writeString("\\x" + HexFormat.of().formatHex(bytes));
        } else {
            json.writeString(value.toString());
        }
    }
}
