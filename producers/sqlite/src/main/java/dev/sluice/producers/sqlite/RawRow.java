package dev.sluice.producers.sqlite;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.sluice.producers.sqlite.LargeRows.LeftOut;
import dev.sluice.producers.sqlite.StoredValue.RawText;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stored row that could not be converted, as it goes to the dead letters. Format {@code sqlite-json/1}: an object with one member per column, in order:
 * {@code null}, {@code {"integer":"5"}}, {@code {"real":"1.5"}} (also {@code Infinity}, {@code -Infinity}), {@code {"text":"…"}}, {@code {"blob":"<hex>"}}, and for
 * text with NUL or invalid UTF-8 {@code {"text-bytes":"<hex of its UTF-8 bytes>"}}. A value too large to be read stands as {@code {"left-out-bytes":"<how many>"}}. Numbers are strings, so that no reader rounds them.
 */
final class RawRow {
    static final String FORMAT = "sqlite-json/1";

    private static final JsonFactory JSON = new JsonFactory();

    private RawRow() {}

    static byte[] of(List<String> columns, @Nullable Object[] values) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(256);
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            for (int i = 0; i < values.length; i++) {
                json.writeFieldName(columns.get(i));
                write(json, values[i]);
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static void write(JsonGenerator json, @Nullable Object value) throws IOException {
        if (value == null) {
            json.writeNull();
        } else if (value instanceof Long) {
            member(json, "integer", value.toString());
        } else if (value instanceof Double) {
            member(json, "real", value.toString());
        } else if (value instanceof byte[] array) {
            member(json, "blob", HexFormat.of().formatHex(array));
        } else if (value instanceof RawText rawText) {
            member(json, "text-bytes", HexFormat.of().formatHex(rawText.bytes()));
        } else if (value instanceof LeftOut leftOut) {
            member(json, "left-out-bytes", Long.toString(leftOut.bytes()));
        } else if (((String) value).indexOf('\0') >= 0) {
            byte[] bytes = ((String) value).getBytes(StandardCharsets.UTF_8);
            member(json, "text-bytes", HexFormat.of().formatHex(bytes));
        } else {
            member(json, "text", (String) value);
        }
    }

    private static void member(JsonGenerator json, String storageClass, String text) throws IOException {
        json.writeStartObject();
        json.writeStringField(storageClass, text);
        json.writeEndObject();
    }
}
