package dev.sluice.embedded;

import org.jspecify.annotations.Nullable;

/**
 * Where the running parts of a data directory can be reached; a part that is not embedded is null.
 *
 * @param pid the process that runs them
 * @param bootstrapServers of the Kafka broker
 * @param jdbcUrl of the PostgreSQL, with its password
 * @param schemaRegistryUrl of the schema registry
 */
public record Addresses(
        long pid,
        @Nullable String bootstrapServers,
        @Nullable String jdbcUrl,
        @Nullable String schemaRegistryUrl) {
    /** Without the password. */
    @Override
    public String toString() {
        String postgres = jdbcUrl == null ? null : jdbcUrl.replaceAll("\\?.*", "");
        return "Addresses[pid=%d, bootstrapServers=%s, jdbcUrl=%s, schemaRegistryUrl=%s]"
                .formatted(pid, bootstrapServers, postgres, schemaRegistryUrl);
    }
}
