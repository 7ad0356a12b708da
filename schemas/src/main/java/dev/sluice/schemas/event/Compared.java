package dev.sluice.schemas.event;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a control event of kind {@code COMPARE} says of the source, at its place in the lane: by {@link KeyText}, the row as {@link RowText}, or nothing where the source has none. Keys of rows that cannot be given (the source could
 * not convert them, several rows have them, or the row is too large for an event) are in {@code refused}, with the reason.
 */
public record Compared(Map<String, Optional<String>> rows, Map<String, String> refused) {
    /** Several rows of the source have the key. */
    public static final String SEVERAL_ROWS = "several-rows";

    /** The row is too large for an event. */
    public static final String TOO_LARGE = "too-large";

    private static final String ROWS = "rows";

    private static final String REFUSED = "refused";
    /** Of one entry: brackets, quotation marks and commas. */
    private static final int ENTRY_BYTES = 8;

    public Compared {
        rows = new LinkedHashMap<>(rows);
        refused = new LinkedHashMap<>(refused);
    }

    /**
     * How it stands in the event: attribute {@value Control#COMPARED} is a JSON object {@code {"rows": [["key", "row"], ["key", null], …], "refused": [["key", "reason"], …]}}, so that a later Sluice can say more; fields that are not
     * known are ignored.
     */
    public Map<String, String> attributes() {
        ObjectNode node = JsonValues.JSON.createObjectNode();
        ArrayNode present = node.putArray(ROWS);
        rows.forEach((key, row) -> present.addArray().add(key).add(row.orElse(null)));
        ArrayNode without = node.putArray(REFUSED);
        refused.forEach((key, reason) -> without.addArray().add(key).add(reason));
        try {
            return Map.of(Control.COMPARED, JsonValues.JSON.writeValueAsString(node));
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How many bytes of the event an entry takes. */
    public static long bytes(String key, @Nullable String rowOrReason) {
        return ENTRY_BYTES + length(key) + (rowOrReason == null ? 0 : length(rowOrReason));
    }

    private static long length(String text) {
        return JsonStringEncoder.getInstance().quoteAsUTF8(text).length;
    }

    /**
     * What an event of kind {@code COMPARE} says; nothing where it refuses its signal.
     *
     * @throws EventFormatException when it is no such event, or not as {@link #attributes} writes it; does not quote it
     */
    public static Compared of(Control control) {
        String text = control.attributes().get(Control.COMPARED);
        if (control.kind() != Control.Kind.COMPARE || (text == null && control.refused() == null)) {
            throw new EventFormatException(
                    "a control event of kind " + control.kind() + " does not say what it compares");
        }
        Map<String, Optional<String>> rows = new LinkedHashMap<>();
        Map<String, String> refused = new LinkedHashMap<>();
        if (text != null) {
            JsonNode node = parse(text);
            for (JsonNode entry : node.path(ROWS)) {
                rows.put(text(entry, 0), entry.path(1).isNull() ? Optional.empty() : Optional.of(text(entry, 1)));
            }
            for (JsonNode entry : node.path(REFUSED)) {
                refused.put(text(entry, 0), text(entry, 1));
            }
        }
        return new Compared(rows, refused);
    }

    private static JsonNode parse(String text) {
        try {
            return JsonValues.JSON.readTree(text);
        } catch (JsonProcessingException e) {
            // Its message would quote values.
            throw malformed();
        }
    }

    private static String text(JsonNode entry, int index) {
        JsonNode value = entry.path(index);
        if (!value.isTextual()) {
            throw malformed();
        }
        return value.textValue();
    }

    private static EventFormatException malformed() {
        return new EventFormatException("attribute " + Control.COMPARED
                + " of a compare event holds pairs of a key and a row, found something else");
    }
}
