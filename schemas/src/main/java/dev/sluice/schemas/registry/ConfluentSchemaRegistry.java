package dev.sluice.schemas.registry;

import io.confluent.kafka.schemaregistry.ParsedSchema;
import io.confluent.kafka.schemaregistry.avro.AvroSchema;
import io.confluent.kafka.schemaregistry.client.CachedSchemaRegistryClient;
import io.confluent.kafka.schemaregistry.client.SchemaRegistryClient;
import io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;

/** A Confluent-compatible registry over HTTP, through Confluent's own client. */
public final class ConfluentSchemaRegistry implements SchemaRegistry {
    private static final int CACHED_SCHEMAS = 10_000;

    private final String url;
    private final SchemaRegistryClient client;

    private ConfluentSchemaRegistry(String url, SchemaRegistryClient client) {
        this.url = url;
        this.client = client;
    }

    /**
     * @param url one or more base addresses, separated by commas
     * @param properties the client's own settings, e.g. {@code basic.auth.credentials.source} and {@code basic.auth.user.info}
     */
    public static ConfluentSchemaRegistry connect(String url, Map<String, ?> properties) {
        return new ConfluentSchemaRegistry(
                url, new CachedSchemaRegistryClient(List.of(url.split(",")), CACHED_SCHEMAS, properties));
    }

    @Override
    public int register(String subject, Schema schema) {
        try {
            return client.register(subject, new AvroSchema(schema));
        } catch (RestClientException e) {
            throw refused("schema registry " + url + " refused the schema of subject " + subject, e);
        } catch (IOException e) {
            throw unreachable(e);
        }
    }

    @Override
    public Schema schema(int id) {
        try {
            ParsedSchema parsed = client.getSchemaById(id);
            if (parsed instanceof AvroSchema avro) {
                return avro.rawSchema();
            }
            throw new SchemaRegistryException(
                    "schema " + id + " of registry " + url + " is " + parsed.schemaType() + ", not AVRO");
        } catch (RestClientException e) {
            throw refused("schema registry " + url + " does not give schema " + id, e);
        } catch (IOException e) {
            throw unreachable(e);
        }
    }

    private static SchemaRegistryException refused(String what, RestClientException e) {
        return new SchemaRegistryException(what + ": " + e.getMessage() + " (code " + e.getErrorCode() + ")", e);
    }

    private SchemaRegistryException unreachable(IOException e) {
        return new SchemaRegistryException("schema registry " + url + " cannot be reached: " + e.getMessage(), e);
    }
}
