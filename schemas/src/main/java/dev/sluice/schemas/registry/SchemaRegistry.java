package dev.sluice.schemas.registry;

import org.apache.avro.Schema;

/** Gives schemas ids that every reader of a topic can resolve. Implementations are thread-safe. */
public interface SchemaRegistry {
    /**
     * The id of a schema under a subject; registers it when it is new. Idempotent.
     *
     * @throws SchemaRegistryException when it is not compatible with the subject's earlier ones, or the registry cannot be reached
     */
    int register(String subject, Schema schema);

    /**
     * The schema that was registered under an id.
     *
     * @throws SchemaRegistryException when there is none, or the registry cannot be reached
     */
    Schema schema(int id);
}
