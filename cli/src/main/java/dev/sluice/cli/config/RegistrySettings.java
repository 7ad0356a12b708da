package dev.sluice.cli.config;

import java.net.URI;
import java.util.Optional;

/**
 * A Confluent-compatible schema registry.
 *
 * @param url one or more addresses, separated by commas; empty for the embedded registry
 * @param properties of Confluent's client, e.g. {@code basic.auth.credentials.source} and {@code basic.auth.user.info}
 */
public record RegistrySettings(Optional<String> url, ClientProperties properties) {
    static RegistrySettings from(Section section) {
        RegistrySettings settings = new RegistrySettings(
                section.optional("url", RegistrySettings::checkedUrl), section.properties("properties"));
        if (!section.has("url") && section.has("properties")) {
            section.problem("properties", "has no effect without schema-registry.url; add that or remove this");
        }
        section.refuseOtherKeys();
        return settings;
    }

    public boolean embedded() {
        return url.isEmpty();
    }

    private static String checkedUrl(String text) {
        for (String part : text.split(",", -1)) {
            String scheme = URI.create(part.trim()).getScheme();
            if (!"http".equals(scheme) && !"https".equals(scheme)) {
                throw new IllegalArgumentException("expected an address that begins with http:// or https://");
            }
        }
        return text;
    }
}
