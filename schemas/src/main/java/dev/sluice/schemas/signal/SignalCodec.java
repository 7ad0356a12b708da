package dev.sluice.schemas.signal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.schemas.relational.TableId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A signal as a JSON object {@code {"id": …, "type": "refresh", "tables": ["schema.table"], "keys": ["[1]"], "by": …}}, of a backfill also {@code "where"} and
 * {@code "truncate"}. Fields that it does not know are ignored, so that a later Sluice can say more; a type that it does not know is no signal.
 */
public final class SignalCodec {
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private SignalCodec() {}

    public static byte[] encode(Signal signal) {
        ObjectNode node = JSON.createObjectNode();
        node.put("id", signal.id());
        node.put("type", signal.type().name().toLowerCase(Locale.ROOT));
        ArrayNode tables = node.putArray("tables");
        signal.tables().forEach(table -> tables.add(table.toString()));
        ArrayNode keys = node.putArray("keys");
        signal.keys().forEach(keys::add);
        if (signal.where() != null) {
            node.put("where", signal.where());
        }
        if (signal.truncate()) {
            node.put("truncate", true);
        }
        node.put("by", signal.by());
        try {
            return JSON.writeValueAsBytes(node);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @throws IllegalArgumentException when the bytes are no signal; says why, without the bytes */
    public static Signal decode(byte @Nullable [] bytes) {
        JsonNode node = parse(bytes);
        return new Signal(
                text(node, "id"),
                type(text(node, "type")),
                texts(node, "tables").stream().map(SignalCodec::table).toList(),
                texts(node, "keys"),
                node.hasNonNull("where") ? text(node, "where") : null,
                flag(node, "truncate"),
                node.hasNonNull("by") ? text(node, "by") : "");
    }

    private static JsonNode parse(byte @Nullable [] bytes) {
        if (bytes == null) {
            throw new IllegalArgumentException("a signal is a JSON object, found a record without a value");
        }
        try {
            JsonNode node = JSON.readTree(bytes);
            if (node == null || !node.isObject()) {
                throw new IllegalArgumentException("a signal is a JSON object, found "
                        + (node == null ? "nothing" : node.getNodeType().name().toLowerCase(Locale.ROOT)));
            }
            return node;
        } catch (IOException e) {
            throw new IllegalArgumentException("a signal is a JSON object, found something that is no JSON", e);
        }
    }

    private static Signal.Type type(String name) {
        for (Signal.Type type : Signal.Type.values()) {
            if (type.name().equalsIgnoreCase(name)) {
                return type;
            }
        }
        throw new IllegalArgumentException(
                "a signal is of type refresh, compare, drain or backfill, not '" + name + "'");
    }

    private static TableId table(String name) {
        try {
            return TableId.parse(name);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("a signal names tables as schema.table, not '" + name + "'", e);
        }
    }

    private static String text(JsonNode node, String field) {
        JsonNode value = node.path(field);
        if (!value.isTextual()) {
            throw new IllegalArgumentException("a signal needs the text field '" + field + "'");
        }
        return value.textValue();
    }

    private static boolean flag(JsonNode node, String field) {
        JsonNode value = node.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return false;
        }
        if (!value.isBoolean()) {
            throw new IllegalArgumentException("a signal's field '" + field + "' is true or false");
        }
        return value.booleanValue();
    }

    private static List<String> texts(JsonNode node, String field) {
        JsonNode values = node.path(field);
        if (values.isMissingNode() || values.isNull()) {
            return List.of();
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode value : values) {
            texts.add(value.isTextual() ? value.textValue() : "");
        }
        if (!values.isArray() || texts.contains("")) {
            throw new IllegalArgumentException("a signal's field '" + field + "' is an array of texts");
        }
        return texts;
    }
}
