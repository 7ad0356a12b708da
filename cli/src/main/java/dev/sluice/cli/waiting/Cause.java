package dev.sluice.cli.waiting;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a row waits for: the topology's JSON with {@code reason}, {@code foreign_key} or {@code foreign_keys}, {@code table} and {@code key}, or any other text. */
final class Cause {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ObjectNode json;

    private Cause(ObjectNode json) {
        this.json = json;
    }

    static Cause of(@Nullable String reason) {
        ObjectNode node = JSON.createObjectNode();
        if (reason == null) {
            return new Cause(node);
        }
        try {
            return JSON.readTree(reason) instanceof ObjectNode object
                    ? new Cause(object)
                    : new Cause(node.put("reason", reason));
        } catch (JsonProcessingException e) {
            return new Cause(node.put("reason", reason));
        }
    }

    ObjectNode json() {
        return json;
    }

    /** E.g. {@code waits for public.regions [3] (cities_region_fk)}. */
    String text() {
        List<String> keys = new ArrayList<>();
        if (json.has("foreign_key")) {
            keys.add(json.get("foreign_key").asText());
        }
        json.path("foreign_keys").forEach(key -> keys.add(key.asText()));
        JsonNode reason = json.path("reason");
        StringBuilder text = new StringBuilder(
                reason.isMissingNode() ? "waits for" : reason.asText().replace('-', ' ') + ":");
        if (!json.has("table")) {
            return reason.asText("").isEmpty() ? "" : reason.asText();
        }
        text.append(' ').append(json.get("table").asText());
        text.append(' ').append(json.path("key"));
        return keys.isEmpty() ? text.toString() : text + String.format(Locale.ROOT, " (%s)", String.join(", ", keys));
    }
}
