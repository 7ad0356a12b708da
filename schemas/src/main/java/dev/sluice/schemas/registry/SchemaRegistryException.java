package dev.sluice.schemas.registry;

/** The registry refused or could not be reached; the message names the subject or id and the registry's own words. */
public final class SchemaRegistryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public SchemaRegistryException(String message) {
        super(message);
    }

    public SchemaRegistryException(String message, Throwable cause) {
        super(message, cause);
    }
}
