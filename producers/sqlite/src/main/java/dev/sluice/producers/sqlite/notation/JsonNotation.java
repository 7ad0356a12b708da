package dev.sluice.producers.sqlite.notation;

import static dev.sluice.producers.sqlite.notation.ColumnNotation.same;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import dev.sluice.producers.api.Notation.Answer;
import java.math.BigDecimal;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;

/**
 * JSON: the same text, or the same document as {@code jsonb} keeps it (numbers by value, members in any order, of equal names the last).
 *
 * @param verbatim whether the column keeps a document as it is written
 */
record JsonNotation(boolean verbatim) implements ColumnNotation {
    private static final ObjectReader JSON = new ObjectMapper(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(Integer.MAX_VALUE)
                            .maxStringLength(Integer.MAX_VALUE)
                            .maxNameLength(Integer.MAX_VALUE)
                            .maxNumberLength(Integer.MAX_VALUE)
                            .build())
                    .build())
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .readerFor(JsonNode.class);

    @Override
    public Answer compare(Object stored, Object value) {
        String json = (String) value;
        if (stored instanceof String text) {
            return same(text.equals(json) || (!verbatim && isSame(text, json)));
        } else if (stored instanceof Long integer) {
            return same(json.equals(Long.toString(integer)));
        }
        return same(stored instanceof Double real && isNumber(real, json));
    }

    private static boolean isNumber(double real, String json) {
        try {
            return new BigDecimal(json).doubleValue() == real;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static boolean isSame(String text, String json) {
        try {
            return isSame(JSON.readTree(text), JSON.readTree(json));
        } catch (JsonProcessingException e) {
            return false;
        }
    }

    /** Without recursion: documents may be as deep as PostgreSQL takes them. */
    private static boolean isSame(JsonNode stored, JsonNode value) {
        Deque<JsonNode> left = new ArrayDeque<>();
        left.push(stored);
        left.push(value);
        while (!left.isEmpty()) {
            JsonNode one = left.pop();
            JsonNode other = left.pop();
            if (one.getNodeType() != other.getNodeType() || one.size() != other.size()) {
                return false;
            } else if (one.isObject()) {
                for (Map.Entry<String, JsonNode> member : one.properties()) {
                    JsonNode same = other.get(member.getKey());
                    if (same == null) {
                        return false;
                    }
                    left.push(same);
                    left.push(member.getValue());
                }
            } else if (one.isArray()) {
                for (int i = 0; i < one.size(); i++) {
                    left.push(other.get(i));
                    left.push(one.get(i));
                }
            } else if (!isSameValue(one, other)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isSameValue(JsonNode one, JsonNode other) {
        if (!one.isNumber()) {
            return one.equals(other);
        }
        if (isSmall(one) && isSmall(other)) {
            return one.longValue() == other.longValue();
        }
        return one.decimalValue().compareTo(other.decimalValue()) == 0;
    }

    private static boolean isSmall(JsonNode number) {
        return number.isInt() || number.isLong();
    }
}
