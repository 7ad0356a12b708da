package dev.sluice.schemas.event;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.schemas.relational.LogicalType;
import java.util.HexFormat;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads back what {@link KeyText} and {@link RowText} write. Nothing that it says quotes a value. */
final class JsonValues {
    /** What comes was bounded where it was written: by the size of a record. */
    static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxStringLength(Integer.MAX_VALUE)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /** As it travels; an exponent would let a few characters stand for gigabytes. */
    private static final Pattern DECIMAL = Pattern.compile("-?[0-9]+(\\.[0-9]+)?|NaN|-?Infinity");

    private JsonValues() {}

    /** Null for a text that is no JSON array, or more than one. */
    static @Nullable JsonNode array(String text) {
        try {
            JsonNode node = JSON.readTree(text);
            return node != null && node.isArray() ? node : null;
        } catch (JsonProcessingException e) {
            // Its message would quote the text.
            return null;
        }
    }

    /** Null for a value of another type, and for NULL. */
    static @Nullable Object value(LogicalType type, JsonNode node) {
        try {
            return read(type, node);
        } catch (IllegalArgumentException e) {
            // Its message would quote the value.
            return null;
        }
    }

    private static @Nullable Object read(LogicalType type, JsonNode node) {
        return switch (type) {
            case BOOLEAN -> node.isBoolean() ? node.booleanValue() : null;
            case INT16 ->
                isInteger(node) && node.intValue() == (short) node.intValue() ? (Object) node.intValue() : null;
            case INT32, DATE -> isInteger(node) ? node.intValue() : null;
            case INT64, TIME, TIMESTAMP, TIMESTAMPTZ ->
                node.isIntegralNumber() && node.canConvertToLong() ? node.longValue() : null;
            case FLOAT32 -> node.isTextual() ? Float.valueOf(node.textValue()) : null;
            case FLOAT64 -> node.isTextual() ? Double.valueOf(node.textValue()) : null;
            case DECIMAL ->
                node.isTextual() && DECIMAL.matcher(node.textValue()).matches() ? node.textValue() : null;
            case TEXT, JSON, NATIVE -> node.isTextual() && node.textValue().indexOf('\0') < 0 ? node.textValue() : null;
            case UUID -> node.isTextual() ? UUID.fromString(node.textValue()) : null;
            case BYTES ->
                node.isTextual() && node.textValue().startsWith("\\x")
                        ? HexFormat.of().parseHex(node.textValue().substring(2))
                        : null;
        };
    }

    private static boolean isInteger(JsonNode node) {
        return node.isIntegralNumber() && node.canConvertToInt();
    }
}
