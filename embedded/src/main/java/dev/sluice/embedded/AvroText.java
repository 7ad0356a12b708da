package dev.sluice.embedded;

import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;

/** Avro schemas as text. */
final class AvroText {
    private AvroText() {}

    /** A schema that somebody wants to register. */
    static Schema offered(String text) {
        try {
            return new Schema.Parser().parse(text);
        } catch (AvroRuntimeException e) {
            throw RegistryError.invalidSchema(String.valueOf(e.getMessage()));
        }
    }

    /** A schema that was accepted before, by whatever version of Avro. */
    static Schema stored(String text) {
        return new Schema.Parser().setValidateDefaults(false).parse(text);
    }
}
