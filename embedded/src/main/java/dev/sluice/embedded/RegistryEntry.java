package dev.sluice.embedded;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import org.jspecify.annotations.Nullable;

/** One acknowledged change of the schema registry, as it stands in its log. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = RegistryEntry.Header.class, name = "header"),
    @JsonSubTypes.Type(value = RegistryEntry.Registered.class, name = "registered"),
    @JsonSubTypes.Type(value = RegistryEntry.Deleted.class, name = "deleted"),
    @JsonSubTypes.Type(value = RegistryEntry.Configured.class, name = "configured")
})
sealed interface RegistryEntry {
    /** The first entry of a log. */
    record Header(String format, int version) implements RegistryEntry {
        static final Header CURRENT = new Header("sluice-schema-registry", 1);
    }

    /** A subject's new version; the id is new or that of an equal schema. */
    record Registered(String subject, int version, int id, String schema) implements RegistryEntry {}

    /** All versions of a subject: hidden, or gone when permanent. Their ids stay. */
    record Deleted(String subject, boolean permanent) implements RegistryEntry {}

    /** The level of a subject, or of all others when there is none; no level takes a subject's own back. */
    record Configured(@Nullable String subject, @Nullable Compatibility level) implements RegistryEntry {}
}
