package dev.sluice.producers.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.schemas.relational.Column;
import dev.sluice.schemas.relational.Table;
import java.util.HexFormat;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Keys of a signal: {@link dev.sluice.schemas.event.KeyText} read back into values. */
final class SignalKeys {
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /** As it travels; an exponent would let a few characters stand for gigabytes. */
    private static final Pattern DECIMAL = Pattern.compile("-?[0-9]+(\\.[0-9]+)?|NaN|-?Infinity");

    private SignalKeys() {}

    /** @throws IllegalArgumentException when the text is no key of the table; says why, without its values */
    static @Nullable Object[] parse(Table table, String text) {
        JsonNode array = array(table, text);
        int[] indexes = table.keyIndexes();
        if (array.size() != indexes.length) {
            throw new IllegalArgumentException("a key of table " + table.id() + " has the " + indexes.length
                    + " values of " + table.primaryKey() + ", not " + array.size());
        }
        @Nullable Object[] key = new @Nullable Object[indexes.length];
        for (int i = 0; i < key.length; i++) {
            key[i] = value(table, table.columns().get(indexes[i]), array.get(i));
        }
        return key;
    }

    private static JsonNode array(Table table, String text) {
        JsonNode array = null;
        try {
            array = JSON.readTree(text);
        } catch (JsonProcessingException e) {
            // Its message would quote the key.
        }
        if (array == null || !array.isArray()) {
            throw new IllegalArgumentException("a key of table " + table.id() + " is a JSON array of its values");
        }
        return array;
    }

    private static Object value(Table table, Column column, JsonNode node) {
        Object value = null;
        try {
            value = value(column, node);
        } catch (IllegalArgumentException e) {
            // Its message would quote the key.
        }
        if (value == null) {
            throw new IllegalArgumentException("key column " + column.name() + " of table " + table.id() + " is "
                    + column.type() + ", which the signal's value is not");
        }
        return value;
    }

    /** Null for a value of another kind. */
    private static @Nullable Object value(Column column, JsonNode node) {
        return switch (column.type()) {
            case BOOLEAN -> node.isBoolean() ? node.booleanValue() : null;
            case INT16, INT32, DATE -> node.canConvertToInt() && node.isIntegralNumber() ? node.intValue() : null;
            case INT64, TIME, TIMESTAMP, TIMESTAMPTZ ->
                node.canConvertToLong() && node.isIntegralNumber() ? node.longValue() : null;
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
}
