package dev.sluice.producers.sqlite;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.schemas.relational.Column;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** Values that a conversion with a mistake would have made instead. */
final class Mutations {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Mutations() {}

    static List<Object> of(Column column, Object stored, Object value) {
        return switch (column.type()) {
            case BOOLEAN -> List.of(!(Boolean) value);
            case INT16, INT32 -> List.of((Integer) value + 1, -(Integer) value - 1);
            case INT64 -> List.of((Long) value + 1, -(Long) value - 1);
            case FLOAT32 -> floats((Float) value);
            case FLOAT64 -> doubles((Double) value);
            case DECIMAL -> decimals(stored, (String) value);
            case TEXT -> texts(column, (String) value);
            case BYTES -> bytes((byte[]) value);
            case UUID -> uuids((UUID) value);
            case DATE -> List.of((Integer) value + 1, (Integer) value - 1, (Integer) value + 365);
            case TIME -> List.of((Long) value + 1, (Long) value - 1, (Long) value + 1_000_000);
            case TIMESTAMP, TIMESTAMPTZ -> times(stored, (Long) value);
            case JSON -> stored instanceof Double real ? List.of(next(real)) : json((String) value);
            case NATIVE -> List.of();
        };
    }

    private static List<Object> floats(float value) {
        return Float.isInfinite(value)
                ? List.of(-value, 0f)
                : List.of(Math.nextUp(value), Math.nextDown(value), value + 1 == value ? -value : value + 1);
    }

    private static List<Object> doubles(double value) {
        return Double.isInfinite(value) ? List.of(-value, 0.0) : List.of(Math.nextUp(value), Math.nextDown(value));
    }

    private static List<Object> decimals(Object stored, String value) {
        if (!Character.isDigit(value.charAt(value.length() - 1))) {
            return List.of("0", value.equals("NaN") ? "Infinity" : "NaN");
        } else if (stored instanceof Double real) {
            return List.of(next(real));
        }
        BigDecimal number = new BigDecimal(value);
        return List.of(
                number.add(number.ulp()).toPlainString(),
                number.subtract(number.ulp()).toPlainString(),
                number.add(BigDecimal.ONE).toPlainString());
    }

    private static String next(double real) {
        return new BigDecimal(real > 0 ? Math.nextDown(real) : Math.nextUp(real)).toPlainString();
    }

    private static List<Object> texts(Column column, String value) {
        List<Object> others = new ArrayList<>(List.of(value + "x", "x" + value));
        if (!column.nativeType().endsWith(")")) {
            others.add(value + " ");
        }
        String content = value.replaceFirst(" +$", "");
        if (!content.isEmpty()) {
            others.add(content.substring(0, content.length() - 1));
            others.add(" " + value);
            char first = content.charAt(0);
            char other = Character.isUpperCase(first) ? Character.toLowerCase(first) : Character.toUpperCase(first);
            if (other != first) {
                others.add(other + value.substring(1));
            }
        }
        return others;
    }

    private static List<Object> bytes(byte[] value) {
        byte[] longer = java.util.Arrays.copyOf(value, value.length + 1);
        return List.of(longer);
    }

    private static List<Object> uuids(UUID value) {
        List<Object> others = new ArrayList<>();
        for (int bit = 0; bit < 64; bit += 3) {
            others.add(new UUID(value.getMostSignificantBits() ^ (1L << bit), value.getLeastSignificantBits()));
            others.add(new UUID(value.getMostSignificantBits(), value.getLeastSignificantBits() ^ (1L << bit)));
        }
        return others;
    }

    private static List<Object> times(Object stored, long value) {
        List<Object> others = new ArrayList<>();
        for (long shift : new long[] {
            TimeUnit.HOURS.toMicros(4), -TimeUnit.HOURS.toMicros(4), 1_000_000, -1_000_000, TimeUnit.DAYS.toMicros(1)
        }) {
            others.add(value + shift);
        }
        if (!(stored instanceof Double)) {
            others.add(value + 1);
            others.add(value - 1);
            others.add(value / 1_000 == value ? value + 1 : value / 1_000);
        }
        return others;
    }

    private static List<Object> json(String value) {
        try {
            List<Object> others = new ArrayList<>();
            JsonNode document = JSON.readTree(value);
            if (document instanceof ObjectNode object) {
                object.properties().forEach(member -> {
                    others.add(object.deepCopy().without(member.getKey()).toString());
                    others.add(object.deepCopy().put(member.getKey(), "other").toString());
                    others.add(object.deepCopy().put(member.getKey() + "?", 1).toString());
                });
            } else if (document instanceof ArrayNode array && !array.isEmpty()) {
                others.add(array.deepCopy().add(1).toString());
                ArrayNode shorter = array.deepCopy();
                shorter.remove(0);
                others.add(shorter.toString());
            } else if (document.isNumber()) {
                others.add(document.decimalValue().add(BigDecimal.ONE).toString());
                others.add("\"" + document + "\"");
            } else if (document.isTextual()) {
                others.add(JSON.writeValueAsString(document.textValue() + " "));
            }
            others.add("[" + value + "]");
            return others;
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }
}
