package dev.sluice.cli.config;

import java.util.Map;
import java.util.TreeMap;

/** Properties handed through to a client library. Any of them may be a secret, so only their names are printed. */
public record ClientProperties(Map<String, String> values) {
    public static final ClientProperties NONE = new ClientProperties(Map.of());

    public ClientProperties {
        values = Map.copyOf(values);
    }

    @Override
    public String toString() {
        return new TreeMap<>(values).keySet().toString();
    }
}
