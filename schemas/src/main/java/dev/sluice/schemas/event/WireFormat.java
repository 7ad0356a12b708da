package dev.sluice.schemas.event;

import dev.sluice.schemas.registry.SchemaRegistryException;
import java.nio.ByteBuffer;

/** Confluent's wire format: a zero byte, the schema's id as four bytes big-endian, the Avro binary. */
final class WireFormat {
    static final int HEADER_BYTES = 5;

    private WireFormat() {}

    static void putHeader(java.io.ByteArrayOutputStream out, int schemaId) {
        out.write(0);
        out.write(schemaId >>> 24);
        out.write(schemaId >>> 16);
        out.write(schemaId >>> 8);
        out.write(schemaId);
    }

    static int schemaId(byte[] record) {
        if (record.length < HEADER_BYTES || record[0] != 0) {
            throw new SchemaRegistryException("a record does not begin with the wire format's zero byte and schema id");
        }
        return ByteBuffer.wrap(record, 1, 4).getInt();
    }
}
