package dev.sluice.embedded;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * A request to the schema registry.
 *
 * @param path the decoded segments, so that a subject may contain anything
 * @param query undecoded; only flags are looked for
 * @param body an empty object when there was none
 */
record RegistryRequest(String method, List<String> path, String query, JsonNode body) {
    static RegistryRequest of(String method, URI uri, JsonNode body) {
        List<String> path = Arrays.stream(uri.getRawPath().split("/"))
                .filter(segment -> !segment.isEmpty())
                // In a path a plus sign is a plus sign.
                .map(segment -> URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8))
                .toList();
        return new RegistryRequest(method, path, uri.getRawQuery() == null ? "" : uri.getRawQuery(), body);
    }

    /** Whether method and path are these; {@code *} stands for any segment. */
    boolean is(String method, String... pattern) {
        if (!this.method.equals(method) || path.size() != pattern.length) {
            return false;
        }
        for (int i = 0; i < pattern.length; i++) {
            if (!pattern[i].equals("*") && !pattern[i].equals(path.get(i))) {
                return false;
            }
        }
        return true;
    }

    boolean flag(String name) {
        return Arrays.asList(query.split("&")).contains(name + "=true");
    }
}
